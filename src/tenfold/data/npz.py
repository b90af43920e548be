"""Reading an .npz file with x_train, y_train and, if there are any, x_test and y_test, or arrays of similar names."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from tenfold.data.class_names import label_names, natural_order, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pixel_values import image_array, pixel_bytes
from tenfold.data.sizes import Progress, bring_to_one_shape
from tenfold.errors import DataError
from tenfold.files import check_downloaded
from tenfold.types import Images

_IMAGE_WORDS = ("x", "images", "image", "data")
_LABEL_WORDS = ("y", "labels", "label", "targets", "target")
_PART_WORDS = {
    "train": ("train", "training", ""),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
"""What arrays are called: x_train (Keras), train_images (MedMNIST), X_train, trainX, images, X, data …"""


def read_npz(path: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read images and labels from the arrays of an .npz file; pickled objects are never loaded.

    x_… are images (see `image_array` for shapes, `pixel_bytes` for ranges), y_… labels (see `label_names`); images,
    data and labels, target are understood, too. An array `class_names` gives label i the name class_names[i]; otherwise
    the labels are the names. A validation part joins the training part, since recipes cut their own.

    Raises:
        DataError: The file is damaged, an array is missing, or shapes, ranges, lengths or labels are wrong.
    """
    keys = _keys(path)
    found = {part: pair for part, words in _PART_WORDS.items() if (pair := _pair(keys, words, path))}
    if "train" not in found:
        raise DataError(
            f"{path}: holds the arrays {shortened(sorted(keys)) or '(none)'}; expected x_train and y_train "
            "(x_test and y_test if there is a test part). Save it with numpy.savez(path, x_train=…, "
            "y_train=…)."
        )
    used = [key for pair in found.values() for key in pair]
    arrays = _load(path, [*used, *(["class_names"] if "class_names" in keys else [])])
    given = _class_names(arrays, path)
    labels = {part: label_names(arrays[y], f"{path}, {y}", given) for part, (_, y) in found.items()}
    images, notes = _images({x: arrays[x] for x, _ in found.values()}, path, options, progress)
    notes = _keys_notes(keys, found) + notes
    by_part = dict(zip(found, images, strict=True))
    for part, pair in found.items():
        _check_lengths(path, pair, len(by_part[part]), len(labels[part]))
    if "validation" in found:
        new = sorted(set(labels["validation"]) - set(labels["train"]), key=natural_order)
        by_part["train"] = np.concatenate([by_part["train"], by_part["validation"]])
        labels["train"] = labels["train"] + labels["validation"]
        notes += (f"The {len(labels['validation']):,} validation images joined the training part.",)
        if new:
            lacking = f"{found['validation'][1]} has classes that {found['train'][1]} lacks: {shortened(new)}"
            notes += (f"{lacking}; they join the training part, as its images do.",)
    names, train, test = number_classes(labels["train"], labels.get("test"), str(path), given)
    return Parts(Split(by_part["train"], train), None if test is None else Split(by_part["test"], test), names, notes)


def _keys(path: Path) -> list[str]:
    with _readable(path):
        with path.open("rb") as file:
            check_downloaded(file.read(100), str(path), DataError)
        with _open(path) as archive:
            return list(archive.files)


def _load(path: Path, keys: list[str]) -> dict[str, np.ndarray]:
    with _readable(path), _open(path) as archive:
        return {key: archive[key] for key in keys}


def _open(path: Path) -> NpzFile:
    archive: NpzFile | np.ndarray = np.load(path, allow_pickle=False)
    if isinstance(archive, np.ndarray):
        raise ValueError("it holds a single array, as .npy files do")
    return archive


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Refuse a damaged file."""
    try:
        yield
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


def _pair(keys: list[str], parts: tuple[str, ...], path: Path) -> tuple[str, str] | None:
    """The arrays with the images and the labels of a part, by their names in capital or small letters."""
    key_of = {re.sub(r"[^a-z0-9]", "", key.lower()): key for key in keys}
    for part in parts:
        x, y = (
            next((key_of[name] for word in words for name in (word + part, part + word) if name in key_of), None)
            for words in (_IMAGE_WORDS, _LABEL_WORDS)
        )
        if x and y:
            return x, y
        if x or y:
            has, lacks = (x, "labels, such as y") if x else (y, "images, such as x")
            lacks = f"{lacks}_{part}" if part else lacks
            raise DataError(f"{path}: holds {has} but no array of its {lacks}; both belong together. Add them.")
    return None


def _keys_notes(keys: list[str], found: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """What was taken for what, unless the names say so."""
    notes: tuple[str, ...] = ()
    x, y = found["train"]
    if not x.lower().startswith("x") and "train" not in x.lower():
        notes += (f"The array {x} holds the images, {y} the labels.",)
    unused = sorted(set(keys) - {key for pair in found.values() for key in pair} - {"class_names"})
    return notes + ((f"These arrays were not used: {shortened(unused)}.",) if unused else ())


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
