from dataclasses import asdict

import numpy as np
import pytest

from tenfold.data.dataset import Dataset, Split
from tenfold.data.inspection import ClassItem, Finding, ImageItem, findings


def dataset(train_labels: list[int], test_labels: list[int], named: bool = False) -> Dataset:
    """Images that all differ, with the given labels, of the classes "a", "b" and "c"."""
    generator = np.random.default_rng(0)

    def split(labels: list[int], part: str) -> Split:
        images = generator.integers(0, 256, (len(labels), 4, 5, 1), np.uint8)
        files = tuple(f"{part}/{i}.png" for i in range(len(labels))) if named else ()
        return Split(images, np.array(labels, np.int32), files)

    return Dataset("d", split(train_labels, "train"), split(test_labels, "test"), ("a", "b", "c"))


@pytest.fixture
def sound() -> Dataset:
    return dataset([0, 1, 2] * 20, [0, 1, 2] * 5)


def by_kind(data: Dataset) -> dict[str, Finding]:
    return {finding.kind: finding for finding in findings(data)}


def test_nothing_is_found_in_sound_data(sound):
    assert findings(sound) == []


def test_duplicates_within_and_across_the_parts(sound):
    sound.train.images[3] = sound.train.images[0]
    sound.train.images[6] = sound.train.images[0]
    sound.test.images[3] = sound.test.images[0]
    sound.test.images[4] = sound.train.images[1]
    found = by_kind(sound)
    assert set(found) == {"duplicates-in-train", "duplicates-in-test", "duplicates-across-splits"}
    assert found["duplicates-in-train"].items == (tuple(ImageItem("train", i, "a", None) for i in (0, 3, 6)),)
    assert found["duplicates-in-test"].items == (tuple(ImageItem("test", i, "a", None) for i in (0, 3)),)
    across = found["duplicates-across-splits"]
    assert across.items == ((ImageItem("train", 1, "b", None), ImageItem("test", 4, "b", None)),)
    assert across.severity == "warning"
    assert across.message.startswith("1 image occurs")
    assert found["duplicates-in-train"].severity == "note"


def test_conflicting_labels_are_worst_and_first(sound):
    sound.train.images[1] = sound.train.images[0]
    sound.test.images[2] = 0
    first, second = findings(sound)
    assert (first.kind, first.severity) == ("conflicting-labels", "problem")
    assert [item.class_name for item in first.items[0]] == ["a", "b"]
    assert second.kind == "blank-images"


def test_files_are_named():
    data = dataset([0, 1, 2] * 20, [0, 1, 2] * 5, named=True)
    data.train.images[3] = data.test.images[0]
    (finding,) = findings(data)
    assert [item.file for item in finding.items[0]] == ["train/3.png", "test/0.png"]


def test_nearly_equal_images_are_pairs():
    data = dataset([0, 1, 2] * 20, [0, 1, 2] * 5)
    generator = np.random.default_rng(1)
    train, test = (generator.integers(0, 200, (count, 24, 24, 1), np.uint8) for count in (60, 15))
    train[3] = train[0] + 9
    train[9] = train[0]  # equal ones are another finding
    data = Dataset("d", Split(train, data.train.labels), Split(test, data.test.labels), data.class_names)
    finding = by_kind(data)["near_duplicate"]
    assert (finding.severity, finding.items) == (
        "note",
        ((ImageItem("train", 0, "a", None), ImageItem("train", 3, "a", None)),),
    )
    test[4] = np.roll(train[1], 1, axis=1)
    finding = by_kind(data)["near_duplicate"]
    assert finding.severity == "warning"
    assert finding.items[1] == (ImageItem("train", 1, "b", None), ImageItem("test", 4, "b", None))
    assert finding.message.startswith("2 pairs of nearly equal images")
    assert "Of 1, one is in the training and one in the test part" in finding.message


def test_blank_images_of_any_colour(sound):
    sound.train.images[5] = 77
    sound.test.images[5] = 255
    (finding,) = findings(sound)
    assert finding.kind == "blank-images"
    assert finding.items == (ImageItem("train", 5, "c", None), ImageItem("test", 5, "c", None))


def test_colour_images_of_one_colour_are_blank():
    images = np.random.default_rng(0).integers(0, 256, (60, 4, 4, 3), np.uint8)
    images[7] = (200, 10, 10)
    labels = np.arange(60, dtype=np.int32) % 2
    data = Dataset("d", Split(images, labels), Split(255 - images[8:18], labels[8:18]), ("a", "b"))
    assert [item.index for item in by_kind(data)["blank-images"].items] == [7]


def test_a_smaller_range_is_noticed(sound):
    for split in (sound.train, sound.test):
        split.images[:] = split.images // 16
    found = by_kind(sound)
    assert "brightest pixel of all is 15 of 255" in found["dark-images"].message


@pytest.mark.parametrize(("largest", "severity"), [(59, None), (60, "note"), (200, "warning")])
def test_imbalance(largest, severity):
    finding = by_kind(dataset([0] * 20 + [1] * largest + [2] * 20, [0, 1, 2] * 5)).get("imbalance")
    assert (finding and finding.severity) == severity
    if finding:
        assert finding.items == (ClassItem("b", largest), ClassItem("a", 20))


def test_few_images():
    found = by_kind(dataset([0] * 20 + [1] * 20 + [2] * 19, [0] * 5 + [1] * 4))
    assert found["few-training-images"].items == (ClassItem("c", 19),)
    assert found["few-training-images"].severity == "warning"
    assert found["few-test-images"].items == (ClassItem("b", 4), ClassItem("c", 0))
    assert found["few-test-images"].message.startswith("2 classes with fewer than 5 test images: 'b' (4), 'c' (0).")


def test_findings_can_be_written_as_documents(sound):
    sound.train.images[3] = sound.train.images[0]
    document = asdict(findings(sound)[0])
    assert document["items"][0][1] == {"split": "train", "index": 3, "class_name": "a", "file": None}
