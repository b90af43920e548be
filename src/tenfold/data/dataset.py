"""A data set: images and labels for training, the same for testing, and what the classes are called."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tenfold.data.class_names import is_plain
from tenfold.data.sizes import MOST_PIXELS
from tenfold.errors import DataError
from tenfold.types import Groups, Images, Indices, Labels


@dataclass(frozen=True)
class Split:
    """Images with their labels.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: int32 [n], 0…classes-1.
        files: Where each image came from, relative to the data set's folder; empty if they came out of
            arrays.
        groups: int32 [n]; images with the same number belong together (a patient, copies of one picture), and no cut
            separates them. Empty if each is on its own.
    """

    images: Images
    labels: Labels
    files: tuple[str, ...] = ()
    groups: Groups | tuple[()] = ()

    def __len__(self) -> int:
        """The number of images."""
        return len(self.labels)

    def class_counts(self, classes: int) -> list[int]:
        """How many images each of so many classes has."""
        counts: list[int] = np.bincount(self.labels, minlength=classes).tolist()
        return counts

    def take(self, indices: Indices) -> "Split":
        """The images at these positions, in this order."""
        files = tuple(self.files[index] for index in indices) if self.files else ()
        groups = np.asarray(self.groups)[indices] if len(self.groups) else ()
        return Split(self.images[indices], self.labels[indices], files, groups)


@dataclass(frozen=True)
class Dataset:
    """A training split and a test split of the same classes and the same image shape.

    Args:
        name: Short name, used in the name of run folders.
        train: What models learn from; validation data is cut from it.
        test: What the final evaluation reads, and nothing else.
        class_names: One name for each label, in the order of the labels.
        notes: Choices that were made while reading, one sentence each ("12 images of other sizes were resized
            to 28×28.").
        warnings: What may make the model or its accuracy worthless, one sentence each; shown beside the accuracy.

    Raises:
        DataError: Shapes, types, lengths or labels do not fit together.
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse splits that do not fit together, and names that no file or page could hold."""
        _check_names(self.name, self.class_names)
        for part, split in (("training", self.train), ("test", self.test)):
            _check_split(f"{self.name}, {part} split", split, len(self.class_names))
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise DataError(
                f"{self.name}: training images are {_shape(self.train)}, test images {_shape(self.test)}. "
                "Both splits need one image shape."
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        height, width, channels = self.train.images.shape[1:]
        return height, width, channels

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over class names, shapes, pixels and labels: the same on every machine."""
        digest = hashlib.sha256(repr((self.class_names, self.image_shape)).encode())
        for split in (self.train, self.test):
            digest.update(len(split).to_bytes(8, "little"))
            digest.update(np.ascontiguousarray(split.images).data)
            digest.update(np.ascontiguousarray(split.labels, dtype="<i4").data)
        return digest.hexdigest()


def _shape(split: Split) -> str:
    return "×".join(str(size) for size in split.images.shape[1:])


def _check_names(where: str, class_names: tuple[str, ...]) -> None:
    if len(class_names) < 2:
        raise DataError(f"{where}: the class names are {class_names!r}; a classifier needs at least two classes.")
    for name in class_names:
        if not isinstance(name, str) or not is_plain(name):
            raise DataError(f"{where}: {name!r} cannot be a class name; expected text without control characters.")
    if len(set(class_names)) < len(class_names):
        twice = next(name for name in class_names if class_names.count(name) > 1)
        raise DataError(f"{where}: two classes are named {twice!r}; give each its own name.")


def _check_split(where: str, split: Split, classes: int) -> None:
    images, labels = split.images, split.labels
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        raise DataError(
            f"{where}: images are {images.dtype} {list(images.shape)}; expected uint8 "
            "[n, height, width, channels] with 1 or 3 channels."
        )
    if 0 in images.shape[1:3]:
        raise DataError(f"{where}: images are {_shape(split)}, so they hold no pixels; expected at least 1×1.")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(
            f"{where}: labels are {labels.dtype} {list(labels.shape)}; expected whole numbers [n]. One column of them "
            "becomes that by labels.reshape(-1), one-hot rows by labels.argmax(axis=1)."
        )
    if images.shape[1] * images.shape[2] > MOST_PIXELS:
        raise DataError(f"{where}: images are {_shape(split)}; expected at most {MOST_PIXELS:,} pixels. Shrink them.")
    if len(split.files) not in (0, len(labels)):
        raise DataError(f"{where}: {len(split.files):,} files for {len(labels):,} labels; expected as many, or none.")
    if len(split.groups) not in (0, len(labels)):
        raise DataError(f"{where}: {len(split.groups):,} groups for {len(labels):,} labels; expected as many, or none.")
    if len(images) != len(labels):
        raise DataError(
            f"{where}: {len(images):,} images but {len(labels):,} labels; expected one label for each image."
        )
    if len(labels) == 0:
        raise DataError(f"{where}: no images. Add some, or check the path.")
    if labels.min() < 0 or labels.max() >= classes:
        raise DataError(
            f"{where}: labels run from {labels.min()} to {labels.max()}, but there are {classes} classes; "
            f"expected 0 to {classes - 1}."
        )
