"""Data files of other programs: the command that turns each kind into an .npz."""

import re
from pathlib import Path

from tenfold.data.listing import list_pictures
from tenfold.data.part_names import part_word
from tenfold.errors import DataError
from tenfold.files import check_downloaded

_TABLE_OF_PICTURES = (
    "import io, numpy, pandas, PIL.Image; t = pandas.read_{kind}({file}); numpy.savez({npz}, "
    "x_train=numpy.stack([PIL.Image.open(io.BytesIO(i['bytes'])) for i in t['image']]), y_train=t['label'].to_list())"
)
_TFRECORD = (
    "import numpy, tensorflow as tf; "
    "f = dict(image=tf.io.FixedLenFeature([], tf.string), label=tf.io.FixedLenFeature([], tf.int64)); "
    "r = [tf.io.parse_single_example(e, f) for e in tf.data.TFRecordDataset(tf.io.gfile.glob({file}))]; "
    "numpy.savez({npz}, x_train=numpy.stack([tf.io.decode_image(i['image']) for i in r]), "
    "y_train=[int(i['label']) for i in r])"
)
_MATLAB = (
    "import numpy, scipy.io; m = scipy.io.loadmat({file}); "
    "numpy.savez({npz}, x_train=numpy.moveaxis(m['X'], -1, 0), y_train=m['y'])"
)
_PICKLE = (
    "import numpy, pickle; d = pickle.load(open({file}, 'rb')); "
    "numpy.savez({npz}, x_train=d['data'], y_train=d['labels'])"
)
_TORCH = "import numpy, torch; x, y = torch.load({file})[:2]; numpy.savez({npz}, x_train=x.numpy(), y_train=y.numpy())"
_HDF5 = (
    "import h5py, numpy; f = h5py.File({file}); numpy.savez({npz}, x_train=f['x_train'][:], y_train=f['y_train'][:])"
)
_NPY = "import numpy; numpy.savez({npz}, x_train=numpy.load({file}), y_train=numpy.load('labels.npy'))"

_CIFAR = (
    "import numpy, pathlib, pickle; "
    "load = lambda names: [pickle.load(open(f, 'rb'), encoding='latin1') for f in pathlib.Path({file}).glob(names)]; "
    "x = lambda b: numpy.concatenate([i['data'] for i in b]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1); "
    "y = lambda b: numpy.concatenate([i['labels'] for i in b]); r, t = load('data_batch_*'), load('test_batch'); "
    "numpy.savez({npz}, x_train=x(r), y_train=y(r), x_test=x(t), y_test=y(t))"
)

_CIFAR_BATCH = re.compile(r"data_batch_[1-5]|test_batch")
_TRUST = "Loading such a file can run any code in it: only do so if you trust it."
_IMAGES_LAST = "This takes images that are counted along the last axis; m['X'] alone is for those along the first."

_KINDS = {
    ".parquet": ("Parquet", _TABLE_OF_PICTURES.replace("{kind}", "parquet"), ""),
    ".feather": ("Feather", _TABLE_OF_PICTURES.replace("{kind}", "feather"), ""),
    **dict.fromkeys((".tfrecord", ".tfrecords"), ("TFRecord", _TFRECORD, "")),
    ".mat": ("MATLAB", _MATLAB, _IMAGES_LAST),
    **dict.fromkeys((".pkl", ".pickle"), ("pickle", _PICKLE, _TRUST)),
    **dict.fromkeys((".pt", ".pth"), ("PyTorch", _TORCH, _TRUST)),
    **dict.fromkeys((".h5", ".hdf5"), ("HDF5", _HDF5, "")),
    ".npy": (".npy", _NPY, ""),
}


def conversion(path: Path) -> str | None:
    """What to do with a file that is data in another format: the command to type; None if it is none of these kinds.

    The names of columns and arrays are those that such files commonly have.

    Raises:
        DataError: It is of these kinds, but Git LFS has not downloaded it.
    """
    file, npz = re.sub(r"-[0-9]{5}-of-[0-9]{5}$", "-*", str(path)), path.with_suffix(".npz")  # one of several
    kind, code, remark = _KINDS.get(Path(file.removesuffix("-*")).suffix.lower(), ("", "", ""))
    if _CIFAR_BATCH.fullmatch(path.name):
        kind, code, remark = "CIFAR-10", _CIFAR, _TRUST
        file, npz = str(path.parent), path.with_name("cifar-10.npz")
    if not kind:
        return None
    if path.is_file():
        with path.open("rb") as content:
            check_downloaded(content.read(100), str(path), DataError)
    code = code.format(file=repr(file), npz=repr(str(npz)))
    return (
        f"{path}: {kind} files are not read. Turn it into an .npz, with the names of its own columns or arrays:\n"
        f'  python -c "{code}"' + (f"\n{remark}" if remark else "")
    )


def advice_on_foreign_files(folder: Path) -> str | None:
    """What to do with a folder that has no pictures, but data in another format; None if it is no such folder."""
    pictures, others = list_pictures(folder)
    others.sort(key=lambda path: part_word(path.name) != "train")
    return None if pictures else next(filter(None, map(conversion, others)), None)
