import gzip

import numpy as np
import pytest

from tenfold.data.idx_folder import find_idx_folder, read_idx_folder
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.errors import DataError

X = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
Y = np.array([2, 1, 2], np.uint8)


def idx_bytes(values: np.ndarray) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape) + values.tobytes()


@pytest.fixture
def write(tmp_path):
    def write_part(part: str, images: np.ndarray = X, labels: np.ndarray = Y, dot: str = "-", packed: bool = False):
        for what, values in (("images", images), ("labels", labels)):
            content = idx_bytes(values)
            name = f"{part}-{what}{dot}idx{values.ndim}-ubyte"
            path = tmp_path / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content) if packed else content)
        return tmp_path

    return write_part


def read(folder) -> Parts:
    return read_idx_folder(folder, ReadOptions(), lambda done, total: None)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("test", ["t10k", "test"])
def test_the_four_files(write, packed, test):
    write("train", packed=packed)
    folder = write(test, X[:1], Y[:1], dot=".", packed=packed)
    assert find_idx_folder(folder) == folder
    parts = read(folder)
    assert np.array_equal(parts.train.images[..., 0], X)
    assert parts.class_names == ("1", "2")
    assert parts.train.labels.tolist() == [1, 0, 1]
    assert parts.test.labels.tolist() == [1]
    assert parts.notes == ()


def test_training_files_alone(write):
    assert read(write("train")).test is None


def test_plain_files_go_before_packed_ones(write):
    write("train", X // 2, packed=True)
    assert np.array_equal(read(write("train")).train.images[..., 0], X)


def test_emnist_is_turned_upright_and_named(write):
    folder = write("emnist-letters-train")
    (folder / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n")
    parts = read(folder)
    assert np.array_equal(parts.train.images[..., 0], X.transpose(0, 2, 1))
    assert parts.class_names == ("A/a", "B/b")
    assert "turned upright" in parts.notes[0]


@pytest.mark.parametrize("text", ["1 x", "1 99999999999"])
def test_a_broken_mapping_is_named(write, text):
    folder = write("emnist-letters-train")
    (folder / "emnist-letters-mapping.txt").write_text(text)
    with pytest.raises(DataError, match=r"emnist-letters-mapping\.txt: cannot be read"):
        read(folder)


def test_several_data_sets_are_refused(write):
    write("emnist-letters-train")
    with pytest.raises(DataError, match="holds several data sets .*emnist-digits-, emnist-letters-"):
        read(write("emnist-digits-train"))


@pytest.mark.parametrize("missing", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_missing_file_is_named(write, missing):
    write("train")
    folder = write("t10k")
    (folder / missing).unlink()
    with pytest.raises(DataError, match=f"the file {missing.replace('t10k', 'test')} is missing"):
        read(folder)


def test_a_missing_training_part_is_named(write):
    with pytest.raises(DataError, match="train-images-idx3-ubyte is missing"):
        read(write("t10k"))


def test_a_truncated_file_is_named(write):
    folder = write("train")
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="train-images-idx3-ubyte: .* truncated"):
        read(folder)


def test_different_lengths_are_refused(write):
    with pytest.raises(DataError, match="the train part has 3 images but 2 labels"):
        read(write("train", labels=Y[:2]))


def test_test_labels_out_of_range_are_refused(write):
    write("train")
    with pytest.raises(DataError, match="the test part has the class '9', which the training part lacks"):
        read(write("t10k", X[:1], np.array([9], np.uint8)))


def test_other_folders_are_no_idx_folders(tmp_path):
    (tmp_path / "train-images.png").touch()
    assert not find_idx_folder(tmp_path)


def test_a_folder_of_the_same_name_beside_a_file_is_passed_over(write):
    folder = write("train", dot=".")
    (folder / "train-images-idx3-ubyte").mkdir()
    assert read(folder).train.images.shape == (3, 4, 5, 1)
    assert not find_idx_folder(folder / "train-images-idx3-ubyte")


@pytest.mark.parametrize("given", [".", "MNIST", "MNIST/raw"])
def test_torchvisions_folders_are_found(write, given):
    root = write("train")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in root.glob("*-ubyte"):
        path.rename(raw / path.name)
    assert find_idx_folder(root / given) == raw
    assert len(read(root / given).train) == 3


def test_several_data_sets_of_torchvision_are_told_apart(write):
    root = write("train")
    for name in ("MNIST", "FashionMNIST"):
        raw = root / name / "raw"
        raw.mkdir(parents=True)
        for path in root.glob("*-ubyte"):
            (raw / path.name).write_bytes(path.read_bytes())
    for path in root.glob("*-ubyte"):
        path.unlink()
    with pytest.raises(DataError, match=r"several data sets\. Give one of them: .*FashionMNIST/raw, .*MNIST/raw"):
        read(root)
