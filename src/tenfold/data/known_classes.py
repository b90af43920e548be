"""Folders to evaluate a finished model on: its classes are known, so that some, or all but one, may be absent."""

from collections.abc import Sequence
from pathlib import Path

from tenfold.data.class_names import name, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.listing import list_pictures, visible_folders
from tenfold.data.options import ReadOptions
from tenfold.data.part_folders import part_folders, unwrapped
from tenfold.data.parts import Parts
from tenfold.data.pictures import read_pictures
from tenfold.data.sizes import Progress
from tenfold.files import printable


def read_known_classes(
    folder: Path, class_names: Sequence[str], options: ReadOptions, progress: Progress
) -> Parts | None:
    """Read a folder that lacks pictures of some known classes, which `tenfold.data.folder.read_folder` refuses.

    That is a folder of pictures that is itself named like a class; or one whose sub-folders are all named like classes,
    but have pictures of one class only, or are empty in part. If there is a test part, such as test/, it is meant.

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
    tests = [unwrapped(path) for path in part_folders(folder).get("test", []) if path.name not in class_names]
    folders = tests or [folder]
    class_folders = [path for one in folders for path in visible_folders(one)]
    beside = [] if class_folders else [path for one in folders for path in list_pictures(one)[0]]
    notes: tuple[str, ...] = ()
    own_name = name(folders[0].resolve().name)
    pictures: dict[str, list[Path]] = {}
    if beside and own_name in class_names:
        pictures[own_name] = beside
        notes = (f"All {len(beside):,} pictures count as {own_name!r}, by the name of their folder.",)
    elif class_folders and all(name(path.name) in class_names for path in class_folders):
        for path in class_folders:
            pictures.setdefault(name(path.name), []).extend(list_pictures(path)[0])
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
