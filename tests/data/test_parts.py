import re
from dataclasses import replace

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


@pytest.mark.parametrize(("brightest", "dark"), [(63, True), (64, False)])
def test_a_data_set_that_is_dark_all_over_is_warned_of(brightest, dark):
    train = split([0, 1])
    test = replace(train, images=np.full_like(train.images, brightest))
    warnings = to_dataset("d", Parts(train, test, ("a", "b"))).warnings
    assert any(f"The brightest pixel of all is {brightest} of 255" in warning for warning in warnings) is dark


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


def test_a_test_part_of_another_share_is_told_with_its_reason():
    dataset = to_dataset("d", Parts(split([0, 0, 1, 1]), None, ("a", "b")))
    assert "2 of 4 images (50%, as every class needs one) were cut off" in dataset.notes[0]
    labels = [0] * 20 + [1] * 20
    halves = replace(split(labels), groups=np.repeat([0, 1, 2, 3], 10).astype(np.int32))
    dataset = to_dataset("d", Parts(halves, None, ("a", "b")))
    assert len(dataset.test) == 20
    assert "20 of 40 images (50%, as groups stay whole) were cut off" in dataset.notes[0]


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


def noisy(labels: list[int], seed: int = 0) -> Split:
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 16, 16, 1), np.uint8)
    return Split(images, np.array(labels, np.int32), tuple(f"{seed}/{i}.png" for i in range(len(labels))))


def sides(dataset):
    return set(dataset.train.files), set(dataset.test.files)


def test_shifted_copies_stay_on_one_side_of_the_cut_and_of_the_next():
    parts = noisy([0, 1] * 40)
    parts.images[40:] = np.roll(parts.images[:40], 1, axis=2)
    dataset = to_dataset("d", Parts(parts, None, ("a", "b")))
    for side in sides(dataset):
        numbers = {int(file[2:-4]) for file in side}
        assert numbers == {(number + 40) % 80 for number in numbers}
    assert len(dataset.test) == 16
    assert np.unique(dataset.train.groups, return_counts=True)[1].tolist() == [2] * 32
    assert dataset.notes[0].startswith("80 of 80 images are equal or nearly so to others (40 sets)")


def test_nearly_equal_images_of_two_classes_are_apart_and_equal_ones_together():
    parts = noisy([0, 1] * 40)
    parts.images[1] = np.roll(parts.images[0], 1, axis=1)
    parts.images[3] = parts.images[2]
    dataset = to_dataset("d", Parts(parts, parts, ("a", "b")))
    groups = dict(zip(dataset.train.files, dataset.train.groups, strict=True))
    assert groups["0/0.png"] != groups["0/1.png"]
    assert groups["0/2.png"] == groups["0/3.png"]


def test_a_class_that_is_mostly_alike_is_cut_through_and_that_is_told():
    parts = noisy([0] * 40 + [1] * 20)
    for number in range(41, 60):
        parts.images[number] = parts.images[40] // 2 + number
    dataset = to_dataset("d", Parts(parts, None, ("a", "b")))
    assert np.bincount(dataset.test.labels).tolist() == [8, 4]
    assert dataset.warnings == (
        "Most images of b are equal or nearly so, and are on both sides of every cut: what was learnt by heart counts "
        "as recognised, and the accuracy is too high.",
    )


def test_copies_in_the_users_own_test_part_are_told_louder_the_more_there_are():
    train, test = noisy([0, 1] * 100), noisy([0, 1] * 100, seed=1)
    test.images[:2] = np.clip(train.images[:2].astype(int) + 9, 0, 255)
    found = "2 of the 200 test images also occur, exactly or nearly so, among the training images"
    assert to_dataset("d", Parts(train, test, ("a", "b"))).warnings == (
        f"{found}: the accuracy is too high. tenfold data check names them.",
    )
    test.images[0] = 0
    dataset = to_dataset("d", Parts(train, test, ("a", "b")))
    assert dataset.warnings == ()
    assert "1 of the 200 test images also occurs, exactly" in dataset.notes[0]


def test_groups_of_the_user_and_copies_are_one_mechanism():
    parts = noisy([0, 1] * 40)
    parts.images[79] = parts.images[1]
    groups = (np.arange(80) // 4).astype(np.int32)
    dataset = to_dataset("d", Parts(replace(parts, groups=groups), None, ("a", "b")))
    for side in sides(dataset):
        numbers = {int(file[2:-4]) for file in side}
        assert len({number // 4 for number in numbers}) * 4 == len(numbers)
    assert len(np.unique(dataset.train.groups)) in (15, 16)
    assert ("0/79.png" in dataset.test.files) == ("0/0.png" in dataset.test.files)


def test_where_groups_leave_nothing_to_cut_off_the_data_is_refused():
    groups = np.array([0, 1, 0, 1], np.int32)
    parts = Parts(replace(noisy([0, 0, 1, 1]), groups=groups), None, ("a", "b"))
    assert len(to_dataset("d", parts).test) == 2
    shared = noisy([0, 0, 1, 1])
    shared.images[3] = shared.images[0]
    with pytest.raises(DataError, match="no test part can be cut off without separating groups"):
        to_dataset("d", Parts(replace(shared, groups=groups), None, ("a", "b")))
