"""Folders to evaluate a finished model on: its classes are known, so that some, or all but one, may be absent."""

import re
from collections.abc import Sequence
from pathlib import Path

from tenfold.data.class_names import name, natural_order, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.listing import list_pictures
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pictures import read_pictures
from tenfold.data.sizes import Progress
from tenfold.errors import DataError
from tenfold.files import printable


def read_known_classes(
    folder: Path, class_names: Sequence[str], options: ReadOptions, progress: Progress
) -> Parts | None:
    """Read a folder that lacks pictures of some known classes, which `tenfold.data.folder.read_folder` refuses.

    That is a folder of pictures that is itself named like a class; or one whose sub-folders are all named like classes,
    but have pictures of one class only, or are empty in part. If there is a sub-folder test/, it is meant.

    Args:
        folder: The folder.
        class_names: The known classes.
        options: What the user asked for.
        progress: Is called after every picture.

    Returns:
        All pictures as the training part; None if it is no such folder.

    Raises:
        DataError: A folder cannot be read.
        ImageError: A picture cannot be decoded.
    """
    try:
        if "test" not in class_names:
            folder = next((path for path in _folders(folder) if path.name.lower() in ("test", "testing")), folder)
        class_folders = _folders(folder)
        beside, _ = list_pictures(folder) if not class_folders else ([], [])
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror}). Check its permissions.") from error
    notes: tuple[str, ...] = ()
    own_name = name(folder.resolve().name)
    if beside and own_name in class_names:
        pictures = {own_name: beside}
        notes = (f"All {len(beside):,} pictures count as {own_name!r}, by the name of their folder.",)
    elif class_folders and all(name(path.name) in class_names for path in class_folders):
        pictures = {name(path.name): list_pictures(path)[0] for path in class_folders}
        empty = [one for one, files in pictures.items() if not files]
        if len(empty) == len(pictures) or (len(pictures) > 1 and not empty):
            return None
        if empty:
            notes = (f"There are no pictures of {shortened(empty)}: absent, as their folders are empty.",)
    else:
        return None
    paths = [path for files in pictures.values() for path in files]
    class_of = {path: one for one, files in pictures.items() for path in files}
    images, picture_notes, bad = read_pictures(paths, options, progress)
    kept = [path for path in paths if path not in bad]
    names, labels, _ = number_classes([class_of[path] for path in kept], None, str(folder))
    files = tuple(printable(path.relative_to(folder).as_posix()) for path in kept)
    return Parts(Split(images, labels, files), None, names, notes + picture_notes)


def _folders(folder: Path) -> list[Path]:
    folders = (path for path in folder.iterdir() if path.is_dir() and not re.match(r"\.|__MACOSX$", path.name))
    return sorted(folders, key=lambda path: natural_order(path.name))
