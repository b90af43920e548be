import shutil

import numpy as np
import pytest

from tenfold.data import load
from tenfold.data.catalog import CATALOG, load_catalog_entry
from tenfold.data.dataset import Dataset
from tenfold.data.load import load_dataset
from tenfold.errors import DataError


@pytest.mark.parametrize("source", ["mnist", "MNIST", " mnist "])
def test_data_that_comes_along(source):
    dataset = load_dataset(source)
    assert dataset.name == "mnist"
    assert dataset.notes == ()


def test_underscores_and_hyphens_are_one():
    assert load_dataset("Fashion_MNIST").class_names[9] == "Ankle boot"


def test_mnist_is_the_same_data_in_every_form(tmp_path):
    mnist = load_catalog_entry(CATALOG["mnist"])
    train, test = mnist.train.take(np.arange(300)), mnist.test.take(np.arange(100))
    np.savez(
        tmp_path / "digits.npz",
        x_train=train.images, y_train=train.labels, x_test=test.images, y_test=test.labels,
    )  # fmt: skip
    (tmp_path / "table").mkdir()
    (tmp_path / "idx").mkdir()
    for part, split in (("train", train), ("test", test)):
        rows = np.hstack([split.labels[:, np.newaxis], split.images.reshape(len(split), -1)])
        np.savetxt(tmp_path / "table" / f"{part}.csv", rows, "%d", ",")
        for what, values in (("images", split.images[..., 0]), ("labels", split.labels.astype(np.uint8))):
            sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
            content = bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()
            (tmp_path / "idx" / f"{part}-{what}-idx{values.ndim}-ubyte").write_bytes(content)
    forms = [load_dataset(tmp_path / name) for name in ("digits.npz", "table/train.csv", "idx")]
    assert len({form.fingerprint for form in forms}) == 1
    assert np.array_equal(forms[0].train.images, train.images)
    assert [form.name for form in forms] == ["digits", "table", "idx"]


def test_a_folder_of_classes(class_folders):
    dataset = load_dataset(str(class_folders))
    assert (dataset.name, dataset.class_names, dataset.image_shape) == ("letters", ("2", "10"), (8, 8, 1))
    assert (len(dataset.train), len(dataset.test)) == (8, 2)
    assert dataset.notes[-1].startswith("There is no test part: 2 of 10 images")
    assert load_dataset(class_folders).test.files == dataset.test.files


def test_a_path_is_never_taken_for_a_name(class_folders, tmp_path, monkeypatch):
    shutil.copytree(class_folders, tmp_path / "mnist")
    monkeypatch.chdir(tmp_path)
    assert len(load_dataset("mnist").train) == 60_000
    assert len(load_dataset("./mnist").train) == 8


def test_size_and_grey_apply_to_folders(class_folders, draw):
    draw(class_folders / "2" / "colour.png", colour=True)
    dataset = load_dataset(class_folders, size=(4, 6), gray=True)
    assert dataset.image_shape == (4, 6, 1)
    assert "were resized to 4×6 (height×width), as asked for" in dataset.notes[0]
    assert "1 of 11 images had colour and were turned grey" in dataset.notes[1]


def test_size_applies_to_data_that_comes_along(monkeypatch):
    mnist = load_catalog_entry(CATALOG["mnist"])
    few = Dataset("mnist", mnist.train.take(np.arange(9)), mnist.test.take(np.arange(2)), mnist.class_names)
    monkeypatch.setattr(load, "load_catalog_entry", lambda entry: few)
    dataset = load_dataset("mnist", size=(4, 6))
    assert dataset.image_shape == (4, 6, 1)
    assert dataset.train.labels.tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1]
    assert dataset.notes[0].startswith("All 11 images (28×28) were resized to 4×6")


def test_impossible_sizes_are_refused(class_folders):
    with pytest.raises(DataError, match="1 to 1,024"):
        load_dataset(class_folders, size=(0, 5))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("fashion-mnst", r"no such file, folder or data set\. Did you mean 'fashion-mnist'\? Known data sets: mnist,"),
        ("", "An empty name: there is no such file"),
        ("x" * 5000, "no such file"),
        ("~nobody-of-this-name/a", "no such file"),
        ("zebra", r"no such file, folder or data set\. Known data sets"),
        ("https://example.org/a.zip", "is an address; .*Download and unpack"),
    ],
)
def test_unknown_sources(source, message):
    with pytest.raises(DataError, match=message):
        load_dataset(source)


@pytest.mark.parametrize(
    ("name", "message"), [("a.zip", "Unpack it first"), ("a.png", "files of this kind"), ("a", "files of this kind")]
)
def test_other_files_are_refused(tmp_path, name, message):
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / name)


def test_a_column_of_labels_is_asked_of_csv_files_only(class_folders):
    for source in (class_folders, "mnist"):
        with pytest.raises(DataError, match="--label is for CSV files"):
            load_dataset(source, label_column="kind")


@pytest.mark.parametrize(
    ("path", "name"),
    [("my digits!.npz", "my-digits"), ("数字/train.npz", "数字"), ("a/mnist_train.npz", "mnist"), ("a/...npz", "data")],
)
def test_names(tmp_path, path, name):
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as stream:
        np.savez(stream, x_train=np.zeros((4, 2, 2), np.uint8), y_train=np.array([0, 0, 1, 1]))
    assert load_dataset(file).name == name


def test_progress_is_reported(class_folders):
    steps = []
    load_dataset(class_folders, progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (20, 20)
