"""Reading a folder with one sub-folder per class, or one that is already split into train/ and test/."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tenfold.data.class_names import name, natural_order, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pictures import read_pictures
from tenfold.data.sizes import Progress
from tenfold.errors import DataError
from tenfold.files import printable

_PART_OF = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_IGNORED = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
_DATA_SUFFIXES = (".csv", ".npz", ".zip", ".tar", ".gz")


@dataclass
class Listing:
    """Picture files with their classes, and the files that are no pictures by their names."""

    paths: list[Path] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)


def read_folder(folder: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read the pictures of a folder; the names of its sub-folders are the classes, in natural order.

    With a sub-folder train/ that holds class folders itself, test/ is the test part. Validation images
    (val/, valid/, validation/, dev/) join the training part, since recipes cut their own; if there is no
    test/, they are the test part. Pictures further down count for the class they are below. Hidden files
    are skipped, other files named in a note. Links to folders are followed, unless they lead back.

    Raises:
        DataError: The folder is empty or laid out differently, or a class has no pictures.
        ImageError: A picture cannot be decoded.
    """
    parts, notes = _list_parts(folder)
    train, test = parts["train"], parts.get("test")
    paths = train.paths + (test.paths if test else [])
    images, picture_notes, bad = read_pictures(paths, options, progress)
    train, test = _without(train, bad), _without(test, bad) if test else None
    paths = train.paths + (test.paths if test else [])
    names, train_labels, test_labels = number_classes(train.classes, test.classes if test else None, str(folder))
    files = tuple(printable(path.relative_to(folder).as_posix()) for path in paths)
    cut = len(train.paths)
    return Parts(
        Split(images[:cut], train_labels, files[:cut]),
        None if test_labels is None else Split(images[cut:], test_labels, files[cut:]),
        names,
        notes + picture_notes,
    )


def list_pictures(folder: Path) -> tuple[list[Path], list[Path]]:
    """All files below a folder in natural order: those that are pictures by their names, and the others.

    Links to folders are followed. Those that lead to a folder above, or to one that is read anyway, count
    among the others: they would go on without end, or give the same pictures twice.
    """
    pictures: list[Path] = []
    others: list[Path] = []
    resolved = folder.resolve()
    seen = {_identity(place) for place in (resolved, *resolved.parents)}
    for parent, folders, files in os.walk(folder, onerror=_refuse_unreadable, followlinks=True):
        visible = sorted((name for name in folders if not _is_hidden(name)), key=natural_order)
        folders[:] = [name for name in visible if _is_new(Path(parent, name), seen)]
        others += [Path(parent, name) for name in visible if name not in folders and Path(parent, name).is_symlink()]
        for file in sorted((file for file in files if not _is_hidden(file)), key=natural_order):
            path = Path(parent, file)
            (pictures if path.suffix.lower() in IMAGE_SUFFIXES else others).append(path)
    return pictures, others


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was not met before, be it by another name; from now on it was."""
    identity = _identity(folder)
    new = identity not in seen
    seen.add(identity)
    return new


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _refuse_unreadable(error: OSError) -> NoReturn:
    raise DataError(f"{error.filename}: cannot be read ({error.strerror}). Check its permissions.") from error


def _list_parts(folder: Path) -> tuple[dict[str, Listing], tuple[str, ...]]:
    split = _split_folders(folder)
    if split is None:
        listing = _list_classes(folder)
        if len(set(listing.classes)) == 1:
            raise DataError(_single_class(folder))
        return {"train": listing}, _other_files_note(folder, listing.others)
    notes: tuple[str, ...] = ()
    parts: dict[str, Listing] = {}
    for part, sub_folders in split.items():
        for sub_folder in sub_folders:
            if part == "test" and not _visible_folders(sub_folder):
                notes += (f"{sub_folder.name}/ has no class folders, so its images have no labels: not used.",)
                continue
            parts[part] = _joined(parts.get(part), _list_classes(sub_folder))
    if validation := parts.pop("validation", None):
        target = "train" if "test" in parts else "test"
        use = "joined the training part" if target == "train" else "serve as the test part, as there is no test/"
        notes += (f"The {len(validation.paths):,} validation images {use}.",)
        parts[target] = _joined(parts.get(target), validation)
    others = [path for listing in parts.values() for path in listing.others]
    unused = [printable(path.name) for path in _visible_folders(folder) if path.name.lower() not in _PART_OF]
    if unused:
        notes += (f"Beside train/, these folders were not used: {shortened(unused)}.",)
    return parts, notes + _other_files_note(folder, others)


def _split_folders(folder: Path) -> dict[str, list[Path]] | None:
    """The folders of each part; None if the sub-folders are classes."""
    split: dict[str, list[Path]] = {}
    sub_folders = _visible_folders(folder)
    for sub_folder in sub_folders:
        if part := _PART_OF.get(sub_folder.name.lower()):
            split.setdefault(part, []).append(sub_folder)
    only_parts = sum(map(len, split.values())) == len(sub_folders)
    if "train" not in split or not (len(split) > 1 or only_parts):
        return None
    if any(_visible_folders(sub_folder) for sub_folder in split["train"]):
        return split
    if only_parts:
        raise DataError(f"{split['train'][0]}: has no sub-folders; expected one for each class, with its images in it.")
    return None


def _list_classes(folder: Path) -> Listing:
    class_folders = _visible_folders(folder)
    pictures_beside = [path for path in _visible(folder) if path.is_file()]
    if not class_folders:
        raise DataError(f"{folder}: {_what_is_there(pictures_beside)}")
    _refuse_equal_names(class_folders)
    listing = Listing(others=pictures_beside)
    for class_folder in class_folders:
        pictures, others = list_pictures(class_folder)
        if not pictures:
            raise DataError(_no_pictures(class_folder, others))
        listing.paths += pictures
        listing.classes += [_class_name(class_folder)] * len(pictures)
        listing.others += others
    return listing


def _joined(first: Listing | None, second: Listing) -> Listing:
    if first is None:
        return second
    return Listing(first.paths + second.paths, first.classes + second.classes, first.others + second.others)


def _without(listing: Listing, bad: frozenset[Path]) -> Listing:
    kept = [position for position, path in enumerate(listing.paths) if path not in bad]
    return Listing([listing.paths[i] for i in kept], [listing.classes[i] for i in kept], listing.others)


def _refuse_equal_names(class_folders: list[Path]) -> None:
    """Two folders may be named alike but for spaces, or for how accents are composed."""
    first: dict[str, Path] = {}
    for folder in class_folders:
        other = first.setdefault(_class_name(folder), folder)
        if other != folder:
            raise DataError(
                f"{folder.parent}: the class folders {other.name!r} and {folder.name!r} have the same name, apart from "
                "spaces or how accents are composed. Join them, or rename one."
            )


def _class_name(class_folder: Path) -> str:
    try:
        class_folder.name.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{class_folder}: the folder's name is not valid UTF-8. Rename it.") from error
    return name(class_folder.name)


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted((path for path in folder.iterdir() if not _is_hidden(path.name)), key=_by_name)
    except OSError as error:
        _refuse_unreadable(error)


def _visible_folders(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.is_dir()]


def _by_name(path: Path) -> tuple[object, ...]:
    return natural_order(path.name)


def _is_hidden(file_name: str) -> bool:
    return file_name.startswith(".") or file_name.lower() in _IGNORED


def _other_files_note(folder: Path, others: list[Path]) -> tuple[str, ...]:
    links = [path for path in others if path.is_dir()]
    files = [path for path in others if path not in links]
    notes: tuple[str, ...] = ()
    if files:
        found = _counted("file", files, folder)
        notes += (f"Not used, being no pictures by their names or lying beside the class folders: {found}.",)
    if links:
        found = _counted("link", links, folder)
        notes += (f"Not followed, leading to a folder above or to one that is read anyway: {found}.",)
    return notes


def _counted(what: str, paths: list[Path], folder: Path) -> str:
    example = printable(paths[0].relative_to(folder).as_posix())
    return f"one {what} ({example})" if len(paths) == 1 else f"{len(paths):,} {what}s (such as {example})"


def _single_class(folder: Path) -> str:
    (only,) = _visible_folders(folder)
    hint = f" Did you mean {only}?" if len(_visible_folders(only)) > 1 else " Add a sub-folder for each other class."
    return f"{folder}: has only one class folder, {only.name!r}; a classifier needs at least two classes.{hint}"


def _no_pictures(class_folder: Path, others: list[Path]) -> str:
    found = f"only other files, such as {others[0].name}" if others else "it is empty"
    return (
        f"{class_folder}: this class has no pictures ({found}); expected PNG, JPEG, WebP, BMP, GIF or TIFF "
        "files. Add some, or remove the folder."
    )


def _what_is_there(files: list[Path]) -> str:
    expected = "expected one sub-folder for each class, with its images in it."
    data = [path for path in files if path.suffix.lower() in _DATA_SUFFIXES]
    if data:
        return f"has no sub-folders but {data[0].name}. Give that file itself, or {expected.removesuffix('.')}."
    if any(path.suffix.lower() in IMAGE_SUFFIXES for path in files):
        return f"its images lie beside one another, so that their classes are unknown; {expected}"
    return f"{'has no sub-folders' if files else 'is empty'}; {expected}"
