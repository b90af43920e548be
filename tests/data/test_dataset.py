import numpy as np
import pytest

from tenfold.data.dataset import Dataset, Split
from tenfold.errors import DataError


def split(count: int = 4, shape: tuple[int, ...] = (5, 6, 1), labels: list[int] | None = None) -> Split:
    images = np.arange(count * int(np.prod(shape)), dtype=np.uint8).reshape(count, *shape)
    return Split(images, np.array(labels if labels is not None else [0, 1] * (count // 2), np.int32))


def dataset(train: Split | None = None, test: Split | None = None, names: tuple[str, ...] = ("a", "b")) -> Dataset:
    return Dataset("two", split() if train is None else train, split(2) if test is None else test, names)


def test_taking_images_keeps_labels_and_files_with_them():
    files = Split(split().images, split().labels, ("a", "b", "c", "d")).take(np.array([2, 1]))
    assert np.array_equal(files.images, split().images[[2, 1]])
    assert files.labels.tolist() == [0, 1]
    assert files.files == ("c", "b")
    assert split().take(np.array([0])).files == ()


def test_image_shape_and_length():
    assert dataset().image_shape == (5, 6, 1)
    assert len(dataset().train) == 4


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (Split(np.zeros((2, 5, 6, 1), np.float32), np.zeros(2, np.int32)), "two, training split: images are float32"),
        (Split(np.zeros((2, 5, 6), np.uint8), np.zeros(2, np.int32)), r"uint8 \[2, 5, 6\]; expected uint8"),
        (split(shape=(5, 6, 2)), "1 or 3 channels"),
        (split(shape=(0, 6, 1)), "two, training split: images are 0×6×1, so they hold no pixels"),
        (split(4, labels=[0, 1]), "4 images but 2 labels"),
        (split(0, labels=[]), "no images"),
        (Split(split().images, np.zeros((4, 1), np.int32)), r"labels are int32 \[4, 1\]; expected whole numbers \[n\]"),
        (Split(split().images, split().labels, ("a.png",)), "1 files for 4 labels; expected as many, or none"),
        (split(2, (1025, 1024, 1)), "images are 1025×1024×1; expected at most 1,048,576 pixels"),
        (Split(split().images, np.zeros(4)), r"labels are float64 \[4\]; expected whole numbers"),
        (split(2, labels=[0, 2]), "labels run from 0 to 2, but there are 2 classes; expected 0 to 1"),
        (split(2, labels=[-1, 0]), "labels run from -1 to 0"),
        (split(shape=(6, 6, 1)), "training images are 6×6×1, test images 5×6×1"),
    ],
)
def test_splits_that_do_not_fit_are_refused(train, message):
    with pytest.raises(DataError, match=message):
        dataset(train)


@pytest.mark.parametrize(
    ("names", "message"),
    [(("a", "a"), "two classes are named 'a'"), (("a", "b\n"), "cannot be a class name"), (("a", 1), "1 cannot be")],
)
def test_names_that_no_model_could_hold_are_refused(names, message):
    with pytest.raises(DataError, match=message):
        dataset(names=names)


def test_fingerprint_tells_different_data_apart():
    other_pixel = split()
    other_pixel.images[3, 4, 5, 0] ^= 1
    variants = [
        dataset(),
        dataset(other_pixel),
        dataset(split(labels=[0, 1, 0, 0])),
        dataset(names=("a", "c")),
        dataset(split(2), split(4)),
        dataset(split(shape=(6, 5, 1)), split(2, shape=(6, 5, 1))),
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)


def test_fingerprint_depends_on_content_alone():
    reversed_twice = Split(split().images[::-1][::-1], split().labels.astype(np.int64))
    named = Dataset("other name", reversed_twice, split(2), ("a", "b"), ("a note",))
    assert named.fingerprint == dataset().fingerprint
