import numpy as np
import pytest

from tenfold.data.npz import read_npz
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.errors import DataError

X = np.arange(2 * 5 * 6, dtype=np.uint8).reshape(2, 5, 6)
Y = np.array([3, 10])


@pytest.fixture
def read(tmp_path):
    def save_and_read(options: ReadOptions = ReadOptions(), **arrays: np.ndarray) -> Parts:  # noqa: B008
        path = tmp_path / "a.npz"
        np.savez_compressed(path, **arrays)
        return read_npz(path, options, lambda done, total: None)

    return save_and_read


def test_keras_layout(read):
    parts = read(x_train=X, y_train=Y, x_test=X[:1], y_test=Y[1:])
    assert np.array_equal(parts.train.images, X[..., np.newaxis])
    assert parts.class_names == ("3", "10")
    assert parts.train.labels.tolist() == [0, 1]
    assert parts.test.labels.tolist() == [1]
    assert parts.notes == ()


def test_without_a_test_part(read):
    assert read(x_train=X, y_train=Y).test is None


def test_floats_one_hot_and_size(read):
    parts = read(ReadOptions((10, 12)), x_train=X / 255, y_train=np.eye(2))
    assert parts.train.images.shape == (2, 10, 12, 1)
    assert parts.class_names == ("0", "1")
    assert parts.notes[0] == "Pixel values 0…1 were scaled to 0…255."
    assert "All 2 images (5×6) were resized to 10×12" in parts.notes[1]


def test_validation_joins_training(read):
    parts = read(
        train_images=X, train_labels=Y[:, np.newaxis], val_images=X[::-1], val_labels=Y[::-1, np.newaxis],
        test_images=X, test_labels=Y[:, np.newaxis],
    )  # fmt: skip
    assert np.array_equal(parts.train.images[..., 0], np.concatenate([X, X[::-1]]))
    assert parts.train.labels.tolist() == [0, 1, 1, 0]
    assert parts.notes == ("The 2 validation images joined the training part.",)


def test_class_names_keep_their_order(read):
    parts = read(x_train=X, y_train=np.array([1, 0]), class_names=np.array(["yes", "no"]))
    assert parts.class_names == ("yes", "no")
    assert parts.train.labels.tolist() == [1, 0]
    assert read(x_train=X, y_train=np.array(["yes", "no"])).class_names == ("no", "yes")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, r"holds the arrays x; expected x_train and y_train"),
        ({}, r"holds the arrays \(none\); expected"),
        ({"x_train": X}, "holds x_train but no y_train"),
        ({"x_train": X, "y_train": Y, "y_test": Y}, "holds y_test but no x_test"),
        ({"x_train": X, "y_train": Y[:1]}, "x_train has 2 images, but y_train has 1 labels"),
        ({"x_train": X - 300.0, "y_train": Y}, "pixel values run from -300"),
        ({"x_train": np.where(X == 40, np.nan, X), "y_train": Y}, "a.npz, x_train: image 1 .* NaN"),
        ({"x_train": X, "y_train": np.array([0, -1])}, "a.npz, y_train: label 1 .* is -1"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 1}, "the test part has the classes '4', '11'"),
        ({"x_train": X, "y_train": Y, "class_names": np.array(["a", "b"])}, "label 0 .* is 3; .* 0 to 1"),
        ({"x_train": X, "y_train": Y, "class_names": np.array(["a", "a"])}, "the same name twice"),
        ({"x_train": X[:, :0], "y_train": Y}, r"a.npz, x_train: has the shape \[2, 0, 6\], .* hold no pixels"),
        ({"x_train": X[0, 0], "y_train": Y}, r"a.npz, x_train: has the shape \[6\]"),
    ],
)
def test_wrong_arrays_are_named(read, arrays, message):
    with pytest.raises(DataError, match=message):
        read(**arrays)


def test_python_objects_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (exec, ("raise SystemExit('executed')",))

    np.savez(tmp_path / "a.npz", x_train=np.array([Trap()], dtype=object), y_train=Y)
    with pytest.raises(DataError, match="holds Python objects"):
        read_npz(tmp_path / "a.npz", ReadOptions(), lambda done, total: None)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no zip at all", None])
def test_damaged_files_are_refused(tmp_path, content):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x_train=X, y_train=Y)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[whole.index(b"x_train.npy") + 60] ^= 0xFF
    path.write_bytes(bytes(damaged) if content is None else content)
    with pytest.raises(DataError, match=r"a\.npz: cannot be read as \.npz"):
        read_npz(path, ReadOptions(), lambda done, total: None)


def test_a_single_array_is_no_npz(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match=r"a\.npz"):
        read_npz(tmp_path / "a.npz", ReadOptions(), lambda done, total: None)
