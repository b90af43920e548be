"""Data files of other programs: the command that turns each kind into an .npz."""

from pathlib import Path

_TABLE_OF_PICTURES = (
    "import io, numpy, pandas, PIL.Image; t = pandas.read_{kind}({file}); numpy.savez({npz}, "
    "x_train=numpy.stack([PIL.Image.open(io.BytesIO(i['bytes'])) for i in t['image']]), y_train=t['label'].to_list())"
)
_TFRECORD = (
    "import numpy, tensorflow as tf; "
    "f = dict(image=tf.io.FixedLenFeature([], tf.string), label=tf.io.FixedLenFeature([], tf.int64)); "
    "r = [tf.io.parse_single_example(e, f) for e in tf.data.TFRecordDataset({file})]; numpy.savez({npz}, "
    "x_train=numpy.stack([tf.io.decode_image(i['image']) for i in r]), y_train=[int(i['label']) for i in r])"
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
    """
    if path.suffix.lower() not in _KINDS:
        return None
    kind, code, remark = _KINDS[path.suffix.lower()]
    code = code.format(file=repr(str(path)), npz=repr(str(path.with_suffix(".npz"))))
    return (
        f"{path}: {kind} files are not read. Turn it into an .npz, with the names of its own columns or arrays:\n"
        f'  python -c "{code}"' + (f"\n{remark}" if remark else "")
    )
