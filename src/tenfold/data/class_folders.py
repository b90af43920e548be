"""What sub-folders may be instead of classes, so that another reading than ours is named before anything is trained."""

import re
from pathlib import Path

from tenfold.data.class_names import shortened
from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.data.listing import visible_files, visible_folders
from tenfold.data.part_folders import names_of, refuse_parts_as_classes, whole_or_training
from tenfold.data.part_names import is_version, may_be_class, part_of, part_word, parts_of_one_class
from tenfold.data.table_choice import is_predictions_file, table_to_name
from tenfold.errors import DataError
from tenfold.files import printable

_NAMED = 5
_TABLE_BYTES = 20_000


def doubts(folder: Path, class_folders: list[Path]) -> tuple[str, ...]:
    """Warnings about class folders that may be something else, each with both readings and how to choose.

    Raises:
        DataError: They are parts or versions of the data, by what they hold or by their names.
    """
    places: dict[Path, Path] = {}
    for path in class_folders:
        if (other := places.setdefault(path.resolve(), path)) != path:
            raise DataError(
                f"{folder}: {names_of([other, path])} are the same folder, by a link. Expected other pictures for each "
                "class: remove the link, or give the one class all its pictures."
            )
    nested = [path for path in class_folders if _holds_only_folders(path)]
    odd = [path for path in class_folders if _is_odd(path, path in nested)]
    doubtful = [path for path in odd if may_be_class(path.name) and path not in nested]
    if odd == class_folders:
        give = whole_or_training([path for path in odd if path in nested])
        instead = f"give one of them, such as {give}" if give else "sort the pictures into such folders"
        raise DataError(
            f"{folder}: {names_of(odd)} are named like versions or parts of one data set. Expected a folder for each "
            f"class: {instead}. If these are the classes, rename them."
        )
    if alike := parts_of_one_class(path.name for path in class_folders):
        raise DataError(
            f"{folder}: {', '.join(printable(name) + '/' for name in alike)} are named like parts of one class. "
            "Expected train/ and test/ with a folder for each class in them: move the pictures to train/CLASS/… and "
            "test/CLASS/…. If these are classes of their own, rename them."
        )
    refuse_parts_as_classes(folder, class_folders)
    if certain := [path for path in odd if path not in doubtful]:
        give = whole_or_training([path for path in certain if path in nested])
        instead = f"give {give}, if the classes are in there; or " if give else ""
        raise DataError(
            f"{folder}: {names_of(certain)} lies beside class folders, but is named like a version or part of the "
            f"data: {instead}move it away. If it is a class, rename it."
        )
    warnings: tuple[str, ...] = ()
    if table := label_table(folder):
        warnings += (
            f"{printable(table.name)} lies beside the class folders and names pictures. The folders' names were taken "
            f"as the classes; if the table holds the labels, give it instead: {printable(table)}",
        )
    warnings += tuple(
        f"{printable(path.name)}/ was read as a class, but is named like a version or part of the data. Move the "
        "folder away, if it is no class."
        for path in doubtful
        if path.name.casefold() != "train"  # a vehicle
    )
    return warnings + _nesting(nested)


def _is_odd(path: Path, is_nested: bool) -> bool:
    """Whether a class folder is named like a part or version; one that holds folders, if any word is a part's."""
    if is_nested and part_word(path.name) and len(visible_folders(path)) > 1:
        return True
    return is_version(path.name) or part_of(path.name) is not None


def label_table(folder: Path) -> Path | None:
    """Of `label_tables`, the one to give; None if there is none."""
    tables = label_tables(folder)
    return table_to_name(tables) if tables else None


def label_tables(folder: Path) -> list[Path]:
    """The CSV files in a folder that name pictures, other than groups.csv and what `tenfold evaluate --out` wrote."""
    tables = [path for path in visible_files(folder) if path.suffix.lower() in (".csv", ".tsv")]
    tables = [path for path in tables if path.name != "groups.csv" and not is_predictions_file(path)]
    return [path for path in tables if _names_pictures(path)]


def _nesting(nested: list[Path]) -> tuple[str, ...]:
    """What to say about class folders that hold folders in place of pictures."""
    inner = {path: [printable(below.name) for below in visible_folders(path)] for path in nested}
    inner = {path: names for path, names in inner.items() if len(names) > 1}
    if not inner:
        return ()
    if all(part_of(name) for names in inner.values() for name in names):
        parts = shortened(sorted({name for names in inner.values() for name in names}), _NAMED)
        return (
            f"The class folders hold {parts} themselves: all their pictures count for the class, and a test part is "
            "cut off anew. To keep the parts, put them outside: train/CLASS/… and test/CLASS/….",
        )
    listed = [f"{printable(path.name)} ({shortened(names, _NAMED)})" for path, names in inner.items()]
    first = printable(next(iter(inner)))
    return (
        f"Folders that hold no pictures but folders were read as one class each: {shortened(listed, _NAMED)}. If the "
        f"inner folders are the classes, give the one that holds them, such as {first}, or move them out of it.",
    )


def _holds_only_folders(folder: Path) -> bool:
    pictures = any(path.suffix.lower() in IMAGE_SUFFIXES for path in visible_files(folder))
    return not pictures and bool(visible_folders(folder))


def _names_pictures(table: Path) -> bool:
    """Whether a cell of its first lines ends like a picture file."""
    try:
        with table.open("rb") as file:
            text = file.read(_TABLE_BYTES).decode("utf-8", "replace")
    except OSError:
        return False
    cells = [cell.strip(' "') for line in text.splitlines()[:3] for cell in re.split("[,;\t]", line)]
    return any(Path(cell.replace("\\", "/")).suffix.lower() in IMAGE_SUFFIXES for cell in cells)
