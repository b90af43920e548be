"""Sentences on what in a folder was not read, and why."""

from collections import Counter
from pathlib import Path

from tenfold.data.class_folders import label_tables
from tenfold.data.class_names import shortened
from tenfold.data.groups import GROUPS_FILE
from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.data.own_output import own_output_below
from tenfold.data.part_names import Part, part_of
from tenfold.files import printable

_MANY = 0.05
_COMPANIONS = frozenset(
    (".txt", ".xml", ".json", ".csv", ".tsv", ".md", ".yaml", ".yml", ".html", ".db", ".ini", ".log")
)
"""Of files that say something about pictures, one for each."""


def own_output_note(folder: Path) -> tuple[str, ...]:
    """That what Tenfold wrote below a folder is not used; () if there is nothing of the kind."""
    found = [f"{path_below(folder, path)}/" for path in own_output_below(folder)]
    return (f"Not used, being written by Tenfold: {shortened(found)}.",) if found else ()


def other_files_note(folder: Path, others: list[Path]) -> tuple[str, ...]:
    """That files and links below a folder are not used, why, and an example; groups.csv is used."""
    links = [path for path in others if path.is_dir()]
    files = [path for path in others if path not in links and path.name != GROUPS_FILE]
    notes: tuple[str, ...] = ()
    if files:
        found = _counted("file", files, folder)
        notes += (f"Not used, being no pictures by their names or lying beside the class folders: {found}.",)
    if links:
        found = _counted("link", links, folder)
        notes += (f"Not followed, leading to a folder above or to one that is read anyway: {found}.",)
    return notes


def other_files_warnings(folder: Path, pictures: int, others: list[Path]) -> tuple[str, ...]:
    """That many files cannot be read or have no class, or that a groups.csv lies where it is not looked for."""
    warnings = tuple(
        f"{path_below(folder, path)} is not used, as groups.csv is read from the data's own folder only. Move it up to "
        f"there, with paths from there: {path_below(folder, path.parent)}/…"
        for path in others
        if path.name == GROUPS_FILE and path.parent != folder
    )
    files = [path.suffix.lower() for path in others if path.is_file() and path.suffix.lower() not in _COMPANIONS]
    total, endings = pictures + len(files), Counter(files)
    many = [(ending, count) for ending, count in endings.most_common() if count >= _MANY * total]
    many = [(ending, count) for ending, count in many if ending not in IMAGE_SUFFIXES]
    if many:
        kinds = shortened([f"{ending or 'no ending'} ({count:,})" for ending, count in many])
        warnings += (
            f"{sum(count for _, count in many):,} of {total:,} files are of a kind that is not read, and are left out: "
            f"{kinds}. If they are pictures, convert them to PNG or JPEG.",
        )
    beside = sum(ending in IMAGE_SUFFIXES for ending in files)
    if beside and beside >= _MANY * total:
        warnings += (
            f"{beside:,} of {pictures + beside:,} pictures lie beside the class folders, so that their classes are "
            "unknown, and are left out. Move them into the folders of their classes.",
        )
    return warnings


def labels_elsewhere(folder: Path, part_folder: Path, part: Part) -> str:
    """What to give for a part without class folders whose labels are in a table; "" if there is no table."""
    named = [path for path in label_tables(folder) if part_of(path.stem) == part]
    table = next(iter(label_tables(part_folder) + named), None)
    if table is None:
        return ""
    return f" {printable(table.name)} names them: test on them with tenfold evaluate last --data {printable(table)}"


def count_pictures(count: int) -> str:
    """A number of pictures, as it is shown."""
    return f"{count:,} picture{'' if count == 1 else 's'}"


def _counted(what: str, paths: list[Path], folder: Path) -> str:
    example = path_below(folder, paths[0])
    return f"one {what} ({example})" if len(paths) == 1 else f"{len(paths):,} {what}s (such as {example})"


def path_below(folder: Path, path: Path) -> str:
    """A path as it is shown, relative to the folder that it lies in."""
    return printable(path.relative_to(folder).as_posix())
