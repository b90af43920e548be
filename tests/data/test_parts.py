import re

import numpy as np
import pytest

from tenfold.data.dataset import Split
from tenfold.data.load import load_dataset
from tenfold.data.parts import Parts, to_dataset
from tenfold.errors import DataError


def split(labels: list[int]) -> Split:
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Split(images, np.array(labels, np.int32), tuple(f"{i}.png" for i in range(len(labels))))


def test_a_test_part_is_kept():
    dataset = to_dataset("d", Parts(split([0, 1]), split([1, 0, 1]), ("a", "b"), ("note",)))
    assert (len(dataset.train), len(dataset.test), dataset.notes) == (2, 3, ("note",))


def test_without_one_a_fifth_of_each_class_is_cut_off():
    dataset = to_dataset("d", Parts(split([0] * 10 + [1] * 20), None, ("a", "b")))
    assert np.bincount(dataset.train.labels).tolist() == [8, 16]
    assert np.bincount(dataset.test.labels).tolist() == [2, 4]
    assert sorted(dataset.train.files + dataset.test.files) == sorted(split([0] * 30).files)
    assert all(
        f"{image.item()}.png" == file for image, file in zip(dataset.test.images, dataset.test.files, strict=True)
    )
    assert dataset.notes == (
        "There is no test part: 6 of 30 images (20% of each class) were cut off as one, always the same.",
    )


def test_a_class_without_test_images_is_noted():
    dataset = to_dataset("d", Parts(split([0, 1]), split([1]), ("a", "b")))
    assert dataset.notes == ("The test part has no images of a.",)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (Parts(split([0, 0]), None, ("a",)), "d: only the class 'a' was found; a classifier needs at least two"),
        (Parts(split([]), None, ()), "d: no class was found"),
        (Parts(split([0, 2]), None, ("a", "b", "c")), "d: no training images of b"),
        (Parts(split([0, 0, 1]), None, ("a", "b")), "class 'b' has a single image, .* needs at least 2"),
    ],
)
def test_classes_that_cannot_be_learnt_are_refused(parts, message):
    with pytest.raises(DataError, match=message):
        to_dataset("d", parts)


def test_a_file_is_named_with_its_path(tmp_path):
    path = tmp_path / "one.npz"
    images = np.zeros((4, 8, 8), np.uint8)
    np.savez(path, x_train=images, y_train=np.zeros(4, int), x_test=images, y_test=np.zeros(4, int))
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: only the class '0' was found"):
        load_dataset(path)
