"""Reading a folder of IDX files named as MNIST's or EMNIST's are, plain or .gz."""

import re
from pathlib import Path

import numpy as np

from tenfold.data.class_names import label_names, number_classes
from tenfold.data.dataset import Split
from tenfold.data.idx import parse_idx, read_idx_bytes
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.sizes import Progress, bring_to_one_shape
from tenfold.errors import DataError
from tenfold.types import Images

_FILE_NAME = re.compile(r"(.*?)(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?", re.IGNORECASE)

Files = dict[tuple[str, str], Path]
"""("train" or "test", "images" or "labels") → file."""


def is_idx_file(path: Path) -> bool:
    """Whether a file is named like one of MNIST's four."""
    return bool(_FILE_NAME.fullmatch(path.name)) and path.is_file()


def find_idx_folder(folder: Path) -> Path | None:
    """The folder itself, if a file in it is named like one of MNIST's four; or where torchvision keeps them below it.

    torchvision writes to ROOT/MNIST/raw; ROOT and ROOT/MNIST will do, too.

    Raises:
        DataError: The folder cannot be read, or has several data sets below it.
    """
    try:
        if any(map(is_idx_file, folder.iterdir())):
            return folder
        raw = [path for path in (folder / "raw", *sorted(folder.glob("*/raw"))) if path.is_dir()]
        found = [path for path in raw if any(map(is_idx_file, path.iterdir()))]
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror}). Check its permissions.") from error
    if len(found) > 1:
        raise DataError(f"{folder}: holds several data sets. Give one of them: {', '.join(map(str, found))}.")
    return found[0] if found else None


def read_idx_folder(folder: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read train-images-idx3-ubyte and the like; t10k-… or test-… are the test part, if there are any.

    EMNIST's files hold every image mirrored at its diagonal; they are turned upright. Its file
    …-mapping.txt, if it is there, gives the classes their names.

    Args:
        folder: Holds the files, or is one for which `find_idx_folder` finds them.
        options: What the user asked for.
        progress: Is called while images are resized.

    Raises:
        DataError: A file is missing, truncated or of another kind, there are several data sets, or labels
            are wrong.
    """
    folder = find_idx_folder(folder) or folder
    prefix, files = _find_files(folder)
    parts = ["train", *(["test"] if any(part == "test" for part, _ in files) else [])]
    images = [_array(folder, files, part, "images", 3)[..., np.newaxis] for part in parts]
    numbers = [_array(folder, files, part, "labels", 1) for part in parts]
    for part, pictures, values in zip(parts, images, numbers, strict=True):
        if len(pictures) != len(values):
            raise DataError(
                f"{folder}: the {part} part has {len(pictures):,} images but {len(values):,} labels; "
                "expected one label for each image. Are the files of one data set?"
            )
    class_of = _mapping(folder, prefix)
    labels = [[class_of.get(name, name) for name in label_names(values, str(folder))] for values in numbers]
    images, notes = _upright(prefix, images)
    images, shape_notes = bring_to_one_shape(images, options, progress)
    names, train, test = number_classes(labels[0], labels[1] if len(labels) == 2 else None, str(folder))
    return Parts(Split(images[0], train), None if test is None else Split(images[1], test), names, notes + shape_notes)


def _find_files(folder: Path) -> tuple[str, Files]:
    by_prefix: dict[str, Files] = {}
    # Plain files sort before their .gz: where both are there, the plain one is read.
    for path in sorted(folder.iterdir(), reverse=True):
        # Some archives unpack to a folder of the same name beside each file.
        if path.is_file() and (match := _FILE_NAME.fullmatch(path.name)):
            part = "train" if match[2].lower() == "train" else "test"
            by_prefix.setdefault(match[1], {})[part, match[3].lower()] = path
    if len(by_prefix) > 1:
        raise DataError(
            f"{folder}: holds several data sets ({', '.join(sorted(by_prefix))}). Put the four files of one "
            "of them into a folder of its own."
        )
    return by_prefix.popitem()


def _array(folder: Path, files: Files, part: str, what: str, dimensions: int) -> np.ndarray:
    path = files.get((part, what))
    if path is None:
        raise DataError(
            f"{folder}: the file {part}-{what}-idx{dimensions}-ubyte is missing (plain or .gz). Add it: a "
            "data set needs images and labels."
        )
    return parse_idx(read_idx_bytes(path), str(path), dimensions)


def _upright(prefix: str, images: list[Images]) -> tuple[list[Images], tuple[str, ...]]:
    if not prefix.lower().startswith("emnist"):
        return images, ()
    turned = [np.ascontiguousarray(pictures.transpose(0, 2, 1, 3)) for pictures in images]
    return turned, ("EMNIST's files hold every image mirrored at its diagonal: they were turned upright.",)


def _mapping(folder: Path, prefix: str) -> dict[str, str]:
    """Lines "label code [code]": the label and the character codes that it stands for."""
    path = folder / f"{prefix}mapping.txt"
    if not path.is_file():
        return {}
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
        return {row[0]: "/".join(dict.fromkeys(chr(int(code)) for code in row[1:])) for row in rows}
    except (OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"{path}: cannot be read ({error}); expected lines such as '10 65'. Correct or remove it."
        ) from error
