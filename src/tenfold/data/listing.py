"""What lies in a folder: its pictures and its sub-folders, in natural order, without what is hidden or our own."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tenfold.data.class_names import natural_order
from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.data.own_output import is_own_output
from tenfold.errors import DataError

_IGNORED = frozenset(
    (
        "thumbs.db",
        "desktop.ini",
        "__macosx",
        "@eadir",
        "__pycache__",
        "lost+found",
        "$recycle.bin",
        "system volume information",
    )
)
"""What systems and tools leave in folders, in lower case."""


@dataclass
class Listing:
    """Picture files with their classes, the files that are no pictures by their names, and classes without pictures."""

    paths: list[Path] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)

    def __add__(self, other: "Listing") -> "Listing":
        """Both, one after the other."""
        paths, classes = self.paths + other.paths, self.classes + other.classes
        return Listing(paths, classes, self.others + other.others, self.empty + other.empty)


def list_pictures(folder: Path) -> tuple[list[Path], list[Path]]:
    """All files below a folder in natural order: those that are pictures by their names, and the others.

    Links to folders are followed. Those that lead to a folder above, or to one that is read anyway, count
    among the others: they would go on without end, or give the same pictures twice. What Tenfold wrote is left out.
    """
    pictures: list[Path] = []
    others: list[Path] = []
    resolved = folder.resolve()
    seen = {_identity(place) for place in (resolved, *resolved.parents)}
    for parent, folders, files in os.walk(folder, onerror=_refuse_unreadable, followlinks=True):
        visible = sorted((name for name in folders if not _is_hidden(name)), key=natural_order)
        visible = [name for name in visible if not is_own_output(Path(parent, name))]
        folders[:] = [name for name in visible if _is_new(Path(parent, name), seen)]
        others += [Path(parent, name) for name in visible if name not in folders and Path(parent, name).is_symlink()]
        for file in sorted((file for file in files if not _is_hidden(file)), key=natural_order):
            path = Path(parent, file)
            (pictures if path.suffix.lower() in IMAGE_SUFFIXES else others).append(path)
    return pictures, others


def visible_files(folder: Path) -> list[Path]:
    """The files directly in a folder."""
    return _visible(folder, os.DirEntry.is_file)


def visible_folders(folder: Path) -> list[Path]:
    """The folders directly in a folder, without those that Tenfold wrote."""
    return [path for path in _visible(folder, os.DirEntry.is_dir) if not is_own_output(path)]


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


def _visible(folder: Path, is_wanted: Callable[[os.DirEntry[str]], bool]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:  # unlike a path's, an entry's kind is known without asking for each
            found = [Path(entry.path) for entry in entries if not _is_hidden(entry.name) and is_wanted(entry)]
    except OSError as error:
        _refuse_unreadable(error)
    return sorted(found, key=_by_name)


def _by_name(path: Path) -> tuple[object, ...]:
    return natural_order(path.name)


def _is_hidden(file_name: str) -> bool:
    return file_name.startswith(".") or file_name.lower() in _IGNORED
