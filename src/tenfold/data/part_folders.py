"""Sub-folders that are parts of the data, by their names or by what they hold."""

from pathlib import Path

from tenfold.data.class_names import name, shortened
from tenfold.data.listing import list_pictures, visible_files, visible_folders
from tenfold.data.part_names import Part, part_of, part_word, parts_of, says_nothing
from tenfold.errors import DataError
from tenfold.files import printable

_NAMED = 5


def part_folders(folder: Path) -> dict[Part, list[Path]]:
    """The sub-folders that are named after parts, by part."""
    sub_folders = visible_folders(folder)
    parts = parts_of(path.name for path in sub_folders)
    found: dict[Part, list[Path]] = {}
    for path in sub_folders:
        if path.name in parts:
            found.setdefault(parts[path.name], []).append(path)
    return found


def unwrapped(folder: Path) -> Path:
    """The folder inside, where there is nothing else and it is named alike, after the same part, or just "images"."""
    inner = visible_folders(folder)
    if len(inner) != 1 or visible_files(folder):
        return folder
    alike = inner[0].name.casefold() == folder.name.casefold() or says_nothing(inner[0].name)
    same_part = part_of(folder.name) is not None and part_of(inner[0].name) == part_of(folder.name)
    return unwrapped(inner[0]) if alike or same_part else folder


def refuse_parts_as_classes(folder: Path, class_folders: list[Path]) -> None:
    """Refuse class folders that are parts or folds of the data by what they hold, whatever they are called.

    Raises:
        DataError: One holds train/ and test/ with class folders, or several hold folders of the same names.
    """
    for path in class_folders:
        parts = part_folders(path)
        if len(parts) > 1 and any(map(visible_folders, parts.get("train", []))):
            raise DataError(
                f"{folder}: {printable(path.name)}/ is no class, as it holds the parts of a data set: "
                f"{names_of([one for paths in parts.values() for one in paths])}. Give that folder: {path}"
            )
    inner = {path: names for path in class_folders if len(names := _inner_classes(path)) > 1}
    for names in inner.values():
        alike = [other for other in inner if _mostly_the_same(names, inner[other])]
        if len(alike) > 1:
            give = whole_or_training(alike)
            or_give = f"give one of them, such as {give}, or " if give else ""
            raise DataError(
                f"{folder}: {names_of(alike)} hold folders of the same names ({shortened(sorted(names), _NAMED)}). If "
                f"these are the classes, and the outer folders parts of the data: {or_give}rename the outer ones to "
                "train/ and test/. If the outer folders are the classes, move their pictures out of the inner folders."
            )


def whole_or_training(folders: list[Path]) -> Path | None:
    """The folder to offer in place of all: one that is named after the training part, else no part; never a test."""
    trains = [path for path in folders if part_word(path.name) == "train"]
    return next(iter(trains + [path for path in folders if part_word(path.name) is None]), None)


def names_of(folders: list[Path]) -> str:
    """How messages list folders."""
    return shortened([f"{printable(path.name)}/" for path in folders], _NAMED)


def _inner_classes(path: Path) -> frozenset[str]:
    """The names of the folders inside, if they hold most pictures and are no parts themselves."""
    path = unwrapped(path)
    folders = visible_folders(path)
    names = frozenset(name(one.name).casefold() for one in folders if part_of(one.name) is None)
    if len(names) < 2:
        return frozenset()
    pictures = list_pictures(path)[0]
    beside = sum(picture.parent == path for picture in pictures)
    return names if 2 * beside < len(pictures) else frozenset()


def _mostly_the_same(names: frozenset[str], others: frozenset[str]) -> bool:
    shared = len(names & others)
    return shared > 1 and 2 * shared > max(len(names), len(others))
