import pickle
import re
import shlex
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from tenfold.data.foreign_files import conversion
from tenfold.data.load import load_dataset
from tenfold.errors import DataError

X = np.random.default_rng(0).integers(0, 256, (12, 4, 4), np.uint8)
Y = np.repeat([3, 8], 6)


def write_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x_train"], file["y_train"] = X, Y


WRITERS = {
    "a b.mat": lambda path: scipy.io.savemat(path, {"X": np.moveaxis(X, 0, -1), "y": Y[:, np.newaxis]}),
    "a.pkl": lambda path: path.write_bytes(pickle.dumps({"data": X, "labels": Y})),
    "a.h5": write_hdf5,
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_command_in_the_message_makes_an_npz(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    with pytest.raises(DataError, match="files are not read") as raised:
        load_dataset(path)
    (command,) = re.findall(r"^  python (-c .*)$", str(raised.value), re.MULTILINE)
    subprocess.run([sys.executable, *shlex.split(command)], check=True)
    dataset = load_dataset(path.with_suffix(".npz"))
    assert dataset.class_names == ("3", "8")
    assert dataset.image_shape == (4, 4, 1)


def test_the_batches_of_cifar_10_become_one_npz(tmp_path):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 32, 32, 3), np.uint8)
    for number, name in enumerate(("data_batch_1", "data_batch_2", "test_batch")):
        part = images[10 * number : 10 * number + 10].transpose(0, 3, 1, 2).reshape(10, -1)
        (tmp_path / name).write_bytes(pickle.dumps({"data": part, "labels": [0, 1] * 5}))
    with pytest.raises(DataError, match="CIFAR-10 files are not read") as raised:
        load_dataset(tmp_path)
    (command,) = re.findall(r"^  python (-c .*)$", str(raised.value), re.MULTILINE)
    subprocess.run([sys.executable, *shlex.split(command)], check=True)
    dataset = load_dataset(tmp_path / "cifar-10.npz")
    assert np.array_equal(dataset.test.images, images[20:])
    assert len(dataset.train) == 20


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.parquet", "Parquet"),
        ("a.TFRecord", "TFRecord"),
        ("a.tfrecords", "TFRecord"),
        ("a.pt", "PyTorch"),
        ("a.tfrecord-00001-of-00005", "TFRecord"),
    ],
)
def test_other_kinds_are_refused_by_name_with_python_that_compiles(name, kind):
    message = conversion(Path(name))
    assert message.startswith(f"{name}: {kind} files are not read.")
    (command,) = re.findall(r"^  python (-c .*)$", message, re.MULTILINE)
    compile(shlex.split(command)[1], name, "exec")


def test_files_that_tenfold_reads_need_no_conversion():
    assert conversion(Path("a.csv")) is None
