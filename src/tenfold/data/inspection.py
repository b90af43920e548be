"""What may be wrong with a data set: duplicates, blank or dark images, unbalanced or tiny classes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tenfold.data.dataset import Dataset, Split
from tenfold.data.near_duplicates import image_digests, near_duplicates
from tenfold.data.parts import too_dark
from tenfold.types import Images

Severity = Literal["problem", "warning", "note"]

FEW_TRAINING_IMAGES = 20
FEW_TEST_IMAGES = 5
IMBALANCE_NOTED = 3.0
IMBALANCE_WARNED = 10.0


@dataclass(frozen=True)
class ImageItem:
    """One image: its split, its position there (from 0), its class, and its file if it has one."""

    split: Literal["train", "test"]
    index: int
    class_name: str
    file: str | None


@dataclass(frozen=True)
class ClassItem:
    """One class: its name, and how many images it has in the split that the finding is about."""

    class_name: str
    count: int


@dataclass(frozen=True)
class Finding:
    """Something that a person should look at.

    Args:
        kind: "conflicting-labels", "duplicates-across-splits", "duplicates-in-train", "duplicates-in-test",
            "near_duplicate", "blank-images", "dark-images", "imbalance", "few-training-images" or "few-test-images".
        severity: "problem" (the data contradicts itself), "warning" (results will suffer or mislead) or
        "note".
        message: What was found and what to do, in plain words.
        items: The images, the classes, or for duplicates the groups of equal images; pairs of nearly equal ones.
    """

    kind: str
    severity: Severity
    message: str
    items: tuple[ImageItem | ClassItem | tuple[ImageItem, ...], ...]


def findings(dataset: Dataset) -> list[Finding]:
    """Look for what is commonly wrong with image data; the worst comes first, and nothing gives [].

    Duplicates are equal in every pixel, after the images were brought to one size; `tenfold.data.near_duplicates` says
    which are nearly equal.
    """
    found = [
        *_duplicates(dataset),
        *_near_duplicates(dataset),
        *_blank_images(dataset),
        *_dark_images(dataset),
        *imbalance(dataset.train, dataset.class_names),
        *_few_images(dataset),
    ]
    order = ("problem", "warning", "note")
    return sorted(found, key=lambda finding: order.index(finding.severity))


def _duplicates(dataset: Dataset) -> list[Finding]:
    by_kind: dict[str, list[tuple[ImageItem, ...]]] = defaultdict(list)
    for group in _equal_images(dataset):
        splits = {item.split for item in group}
        if len({item.class_name for item in group}) > 1:
            by_kind["conflicting-labels"].append(group)
        elif len(splits) > 1:
            by_kind["duplicates-across-splits"].append(group)
        else:
            by_kind[f"duplicates-in-{splits.pop()}"].append(group)
    return [
        Finding(kind, severity, message.format(_count(len(groups), "image occurs", "images occur")), tuple(groups))
        for kind, (severity, message) in _DUPLICATE_MESSAGES.items()
        if (groups := by_kind[kind])
    ]


_DUPLICATE_MESSAGES: dict[str, tuple[Severity, str]] = {
    "conflicting-labels": (
        "problem",
        "{} more than once with different labels. At most one of these is right: correct or remove.",
    ),
    "duplicates-across-splits": (
        "warning",
        "{} both in the training and in the test part. The test part then measures memory too: "
        "remove them from one of the parts.",
    ),
    "duplicates-in-train": ("note", "{} more than once in the training part: each counts double."),
    "duplicates-in-test": ("note", "{} more than once in the test part: each counts double."),
}


def _near_duplicates(dataset: Dataset) -> list[Finding]:
    """Pairs that are nearly equal; of equal images, the first stands for all."""
    images = np.concatenate([dataset.train.images, dataset.test.images])
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    digests, cut = image_digests(images), len(dataset.train)
    pairs = near_duplicates(Split(images, labels))
    pairs = pairs[digests[pairs[:, 0]] != digests[pairs[:, 1]]]
    if not len(pairs):
        return []
    places = [("train", index) for index in range(cut)] + [("test", index) for index in range(len(dataset.test))]
    items = tuple((_item(dataset, *places[first]), _item(dataset, *places[second])) for first, second in pairs)
    across = int(((pairs[:, 0] < cut) & (pairs[:, 1] >= cut)).sum())
    message = f"{_count(len(pairs), 'pair')} of nearly equal images: shifted, compressed again or a little brighter."
    if across:
        message += f" Of {across:,}, one is in the training and one in the test part: remove one of them."
    return [Finding("near_duplicate", "warning" if across else "note", message, items)]


def _equal_images(dataset: Dataset) -> list[tuple[ImageItem, ...]]:
    """Groups of two or more images that are equal in every pixel, in the order of their first image."""
    places: dict[int, list[tuple[Literal["train", "test"], int]]] = defaultdict(list)
    for part, split in _parts(dataset):
        for index, digest in enumerate(image_digests(split.images).tolist()):
            places[digest].append((part, index))
    return [tuple(_item(dataset, part, index) for part, index in group) for group in places.values() if len(group) > 1]


def _blank_images(dataset: Dataset) -> list[Finding]:
    items = [
        _item(dataset, part, int(index))
        for part, split in _parts(dataset)
        for index in np.flatnonzero(_blank(split.images))
    ]
    if not items:
        return []
    message = f"{_count(len(items), 'image')} of one colour, with nothing on. Remove or replace."
    return [Finding("blank-images", "warning", message, tuple(items))]


def _blank(images: Images) -> np.ndarray:
    pixels = images.reshape(len(images), -1, images.shape[3])
    blank: np.ndarray = (pixels == pixels[:, :1]).all(axis=(1, 2))
    return blank


def _dark_images(dataset: Dataset) -> list[Finding]:
    return [Finding("dark-images", "warning", message, ()) for message in too_dark(dataset.train, dataset.test)]


def imbalance(train: Split, class_names: Sequence[str]) -> list[Finding]:
    """The finding that one class has many times as many images as another, if it is so."""
    counts = np.bincount(train.labels, minlength=len(class_names))
    smallest, largest = int(counts.argmin()), int(counts.argmax())
    ratio = counts[largest] / max(counts[smallest], 1)
    if ratio < IMBALANCE_NOTED:
        return []
    message = (
        f"The class {class_names[largest]!r} has {ratio:.1f} times as many training images as "
        f"{class_names[smallest]!r} ({counts[largest]:,} and {counts[smallest]:,}). Look at each class's own recall, "
        "and try class weights: --set training.class_weight=balanced"
    )
    items = tuple(ClassItem(class_names[number], int(counts[number])) for number in (largest, smallest))
    return [Finding("imbalance", "warning" if ratio >= IMBALANCE_WARNED else "note", message, items)]


def _few_images(dataset: Dataset) -> list[Finding]:
    return [
        *_few(dataset, dataset.train, "few-training-images", "training", FEW_TRAINING_IMAGES, "warning"),
        *_few(dataset, dataset.test, "few-test-images", "test", FEW_TEST_IMAGES, "note"),
    ]


def _few(dataset: Dataset, split: Split, kind: str, part: str, enough: int, severity: Severity) -> list[Finding]:
    counts = np.bincount(split.labels, minlength=len(dataset.class_names))
    items = tuple(
        ClassItem(dataset.class_names[number], int(counts[number])) for number in np.flatnonzero(counts < enough)
    )
    if not items:
        return []
    named = ", ".join(f"{item.class_name!r} ({item.count})" for item in items[:5]) + (", …" if items[5:] else "")
    what = _count(len(items), "class", "classes")
    message = f"{what} with fewer than {enough} {part} images: {named}. Add some: such classes are hard to "
    return [Finding(kind, severity, message + ("learn." if part == "training" else "judge."), items)]


def _parts(dataset: Dataset) -> tuple[tuple[Literal["train"], Split], tuple[Literal["test"], Split]]:
    return ("train", dataset.train), ("test", dataset.test)


def _item(dataset: Dataset, part: Literal["train", "test"], index: int) -> ImageItem:
    split = dataset.train if part == "train" else dataset.test
    file = split.files[index] if split.files else None
    return ImageItem(part, index, dataset.class_names[split.labels[index]], file)


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
