"""Sentences on what in a folder was not read, and why."""

from pathlib import Path

from tenfold.data.class_names import shortened
from tenfold.data.own_output import own_output_below
from tenfold.files import printable


def own_output_note(folder: Path) -> tuple[str, ...]:
    """That what Tenfold wrote below a folder is not used; () if there is nothing of the kind."""
    found = [f"{path_below(folder, path)}/" for path in own_output_below(folder)]
    return (f"Not used, being written by Tenfold: {shortened(found)}.",) if found else ()


def other_files_note(folder: Path, others: list[Path]) -> tuple[str, ...]:
    """That files and links below a folder are not used, why, and an example; groups.csv is used."""
    links = [path for path in others if path.is_dir()]
    files = [path for path in others if path not in links and path.name != "groups.csv"]
    notes: tuple[str, ...] = ()
    if files:
        found = _counted("file", files, folder)
        notes += (f"Not used, being no pictures by their names or lying beside the class folders: {found}.",)
    if links:
        found = _counted("link", links, folder)
        notes += (f"Not followed, leading to a folder above or to one that is read anyway: {found}.",)
    return notes


def _counted(what: str, paths: list[Path], folder: Path) -> str:
    example = path_below(folder, paths[0])
    return f"one {what} ({example})" if len(paths) == 1 else f"{len(paths):,} {what}s (such as {example})"


def path_below(folder: Path, path: Path) -> str:
    """A path as it is shown, relative to the folder that it lies in."""
    return printable(path.relative_to(folder).as_posix())
