"""Reading an .npz file with x_train, y_train and, if there are any, x_test and y_test."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from tenfold.data.class_names import label_names, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pixel_values import image_array, pixel_bytes
from tenfold.data.sizes import Progress, bring_to_one_shape
from tenfold.errors import DataError
from tenfold.types import Images

_KEYS = {
    "train": (("x_train", "y_train"), ("train_images", "train_labels")),
    "validation": (("x_val", "y_val"), ("x_valid", "y_valid"), ("val_images", "val_labels")),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}
"""Keras's names, and MedMNIST's."""


def read_npz(path: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read images and labels from the arrays of an .npz file; pickled objects are never loaded.

    x_… are images (see `image_array` for shapes, `pixel_bytes` for ranges), y_… labels (see `label_names`).
    An array `class_names` gives label i the name class_names[i]; otherwise the labels are the names. A
    validation part joins the training part, since recipes cut their own.

    Raises:
        DataError: The file is damaged, an array is missing, or shapes, ranges, lengths or labels are wrong.
    """
    arrays = _load(path)
    found = {part: pair for part, pairs in _KEYS.items() if (pair := _pair(arrays, pairs, path))}
    if "train" not in found:
        raise DataError(
            f"{path}: holds the arrays {shortened(sorted(arrays)) or '(none)'}; expected x_train and y_train "
            "(x_test and y_test if there is a test part). Save it with numpy.savez(path, x_train=…, "
            "y_train=…)."
        )
    given = _class_names(arrays, path)
    labels = {part: label_names(arrays[y], f"{path}, {y}", given) for part, (_, y) in found.items()}
    images, notes = _images({x: arrays[x] for x, _ in found.values()}, path, options, progress)
    by_part = dict(zip(found, images, strict=True))
    for part, keys in found.items():
        _check_lengths(path, keys, len(by_part[part]), len(labels[part]))
    if "validation" in found:
        by_part["train"] = np.concatenate([by_part["train"], by_part["validation"]])
        labels["train"] = labels["train"] + labels["validation"]
        notes += (f"The {len(labels['validation']):,} validation images joined the training part.",)
    names, train, test = number_classes(labels["train"], labels.get("test"), str(path), given)
    return Parts(Split(by_part["train"], train), None if test is None else Split(by_part["test"], test), names, notes)


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise ValueError("it holds a single array, as .npy files do")
        with archive:
            return {key: archive[key] for key in archive.files}
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        zlib.error,
        zipfile.BadZipFile,
        NotImplementedError,
    ) as error:
        reason = "it holds Python objects" if "allow_pickle" in str(error) else str(error)
        raise DataError(
            f"{path}: cannot be read as .npz ({reason}). Expected arrays of numbers written by numpy.savez."
        ) from error


def _pair(arrays: dict[str, np.ndarray], pairs: tuple[tuple[str, str], ...], path: Path) -> tuple[str, str] | None:
    for x, y in pairs:
        if x in arrays and y in arrays:
            return x, y
        if x in arrays or y in arrays:
            has, lacks = (x, y) if x in arrays else (y, x)
            raise DataError(f"{path}: holds {has} but no {lacks}; images and labels belong together. Add {lacks}.")
    return None


def _class_names(arrays: dict[str, np.ndarray], path: Path) -> tuple[str, ...] | None:
    if "class_names" not in arrays:
        return None
    names = label_names(arrays["class_names"], f"{path}, class_names")
    if len(set(names)) < len(names):
        raise DataError(f"{path}: class_names has the same name twice; expected one for each class.")
    return tuple(names)


def _images(
    arrays: dict[str, np.ndarray], path: Path, options: ReadOptions, progress: Progress
) -> tuple[list[Images], tuple[str, ...]]:
    pixels, range_notes = pixel_bytes(arrays, str(path))
    images = [image_array(values, f"{path}, {key}") for key, values in zip(arrays, pixels, strict=True)]
    images, notes = bring_to_one_shape(images, options, progress)
    return images, range_notes + notes


def _check_lengths(path: Path, keys: tuple[str, str], images: int, labels: int) -> None:
    if images != labels:
        raise DataError(
            f"{path}: {keys[0]} has {images:,} images, but {keys[1]} has {labels:,} labels; expected one "
            "label for each image."
        )
