"""Which pictures belong together (of one patient, one photo, one writer), as a table says: groups.csv, or --group."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from tenfold.data.class_names import shortened, suggestion
from tenfold.data.dataset import Split
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.errors import DataError
from tenfold.files import printable
from tenfold.types import Groups

GROUPS_FILE = "groups.csv"


def with_groups(parts: Parts, path: Path, options: ReadOptions) -> Parts:
    """Give each picture the number of its group, if a table names groups.

    The groups are those that the data itself names: a CSV file with the column `options.group_column`. Else the table
    is groups.csv in the data's folder. It has a column of picture files, with paths relative to its folder, and one of
    groups: that of `group_column`, or the one headed "group". A picture that no row names, or without a group, is a
    group of its own.

    Args:
        parts: What was read.
        path: The folder or file that it was read from.
        options: How to read it.

    Raises:
        DataError: A column was asked for but there is no such table, or no such column; or no row names a picture.
    """
    given, source = list(parts.groups), path
    if not given:
        table = _groups_table(path, options)
        if table is None or (options.group_column is None and not parts.train.files):
            return parts
        if not parts.train.files:
            raise DataError(f"{path}: {table.name} groups picture files, but the images here come from no files.")
        files = parts.train.files + (parts.test.files if parts.test else ())
        named = _groups_by_file(table, options.group_column, list(files))
        given, source = [named.get(file, "") for file in files], table
    _, numbers = np.unique([group or f"\0{position}" for position, group in enumerate(given)], return_inverse=True)
    numbers = numbers.astype(np.int32)
    cut = len(parts.train)
    count, alone = len(set(given) - {""}), given.count("")
    note = f"{printable(source.name)} puts the pictures into {count:,} groups: no cut separates those of one group."
    if alone:
        note += f" {alone:,} of {len(given):,} pictures are in none, and count as a group each."
    return replace(
        parts,
        train=replace(parts.train, groups=numbers[:cut]),
        test=None if parts.test is None else replace(parts.test, groups=numbers[cut:]),
        notes=(*parts.notes, note),
        warnings=parts.warnings + _shared_groups(parts.test, numbers[:cut], numbers[cut:]),
    )


def _groups_table(path: Path, options: ReadOptions) -> Path | None:
    table = (path if path.is_dir() else path.parent) / GROUPS_FILE
    if table.is_file():
        return table
    if options.group_column is None:
        return None
    raise DataError(
        f"{path}: there is no {GROUPS_FILE} for the group column {options.group_column!r}. Expected a table of picture "
        "files with that column, or a file groups.csv in the folder with the columns file and group."
    )


def _groups_by_file(table: Path, column: str | None, files: list[str]) -> dict[str, str]:
    """The group of each picture that the table names; rows may name a picture by its path, or by its name alone."""
    rows = _rows(table)
    if len(rows) < 2:
        raise DataError(f"{table}: holds no rows. Expected the columns file and group, and one row for each picture.")
    bare = Counter(file.rpartition("/")[2] for file in files)
    known = {file: file for file in files}
    known |= {name: file for file in files if bare[name := file.rpartition("/")[2]] == 1}
    if first := next((cell for cell in map(_as_path, rows[0]) if cell in known), None):
        raise DataError(
            f"{table}: has no headings, as its first line names {first}. Put a line with the names of the columns in "
            "front: file,group"
        )
    headings, rows = [cell.strip() for cell in rows[0]], rows[1:]
    paths = [[_as_path(cell) for cell in row] for row in rows]
    hits = [sum(len(row) > at and row[at] in known for row in paths) for at in range(len(headings))]
    if max(hits) == 0:
        raise DataError(
            f"{table}: names none of the {len(files):,} pictures; expected their paths below {table.parent}, such as "
            f"{files[0]}. Correct the paths, or remove the file."
        )
    file_column = hits.index(max(hits))
    group_column = _group_column(table, headings, column, file_column)
    at_least = max(file_column, group_column)
    if short := next((number for number, row in enumerate(rows, 2) if len(row) <= at_least), None):
        raise DataError(f"{table}: row {short} has too few columns; expected {len(headings)}. Correct or remove it.")
    found: dict[str, str] = {}
    for number, (row, cells) in enumerate(zip(rows, paths, strict=True), 2):
        file = known.get(cells[file_column])
        group = row[group_column].strip()
        if file is not None and found.setdefault(file, group) != group:
            raise DataError(
                f"{table}: row {number} puts {file} into the group {group!r}, an earlier one into {found[file]!r}. "
                "Expected one group for each picture: correct or remove one of the rows."
            )
    return found


def _as_path(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./")


def _group_column(table: Path, headings: list[str], asked: str | None, file_column: int) -> int:
    wanted = "group" if asked is None else asked
    lowered = [heading.lower() for heading in headings]
    if wanted.strip().lower() in lowered:
        return lowered.index(wanted.strip().lower())
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(headings):
        return int(wanted) - 1
    if asked is None and len(headings) == 2:
        return 1 - file_column
    near = suggestion(wanted, headings)
    raise DataError(
        f"{table}: has no column {wanted!r}{near} Its columns are {shortened(headings)}: name one with --group."
    )


def _rows(table: Path) -> list[list[str]]:
    try:
        lines = [line for line in table.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        separator = max(",;\t", key=lines[0].count) if lines else ","
        return list(csv.reader(lines, delimiter=separator))
    except UnicodeDecodeError as error:
        raise DataError(f"{table}: is no UTF-8 text ({error}). Save it as CSV in UTF-8.") from error
    except OSError as error:
        raise DataError(f"{table}: cannot be read ({error.strerror}). Check its permissions.") from error
    except csv.Error as error:
        raise DataError(f"{table}: cannot be read ({error}). Is it a CSV file?") from error


def _shared_groups(test: Split | None, train_groups: Groups, test_groups: Groups) -> tuple[str, ...]:
    """A warning where the user's own parts share groups."""
    if test is None or not len(shared := np.intersect1d(train_groups, test_groups)):
        return ()
    images = int(np.isin(test_groups, shared).sum())
    return (
        f"{images:,} of the {len(test):,} test images are of groups that are in the training part, too: the accuracy "
        "may be too high. Move each group into one part.",
    )
