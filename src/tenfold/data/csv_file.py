"""Reading a CSV file of either layout as a data set, with the tables for validation and test that may lie beside it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from tenfold.data.class_names import natural_order, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.file_table import read_file_tables
from tenfold.data.label_column import headed_column
from tenfold.data.listing import visible_files, visible_folders
from tenfold.data.one_hot import one_hot_columns
from tenfold.data.options import ReadOptions
from tenfold.data.part_column import part_in_cell
from tenfold.data.part_names import Part, part_of
from tenfold.data.parts import Parts
from tenfold.data.pixel_table import read_pixel_tables
from tenfold.data.sheet import Sheet, read_sheet
from tenfold.data.sizes import Progress
from tenfold.data.table import Table, TableContent, columns_note, find_columns, id_column, read_table
from tenfold.data.table_choice import is_predictions
from tenfold.errors import DataError
from tenfold.types import Labels

_TEST_NAMES = ("test", "testing")
_TRAINED: tuple[Part, Part] = ("train", "validation")
_VALIDATION_NAMES = ("val", "valid", "validation", "dev")


def read_csv(path: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read a table of label and pixels, or of label and picture file.

    A column such as split or Usage may name the part of each row. Else, if the file is named …train….csv, …test….csv
    beside it is the test part, unless it has no labels. Images of …val….csv (valid, validation, dev) join the training
    part, since recipes cut their own; if there is no test part, they are it.

    Raises:
        DataError: The layout is unclear, or a row is wrong; the message names it.
        ImageError: A picture cannot be decoded.
    """
    table = read_table(path, options)
    train, validations, tests, notes = _by_part_column(table)
    if not tests:
        tests, test_notes = _tables_beside(table, _TEST_NAMES, options)
        notes += test_notes + tuple(f"{test.name} is the test part." for test in tests)
    if not validations:
        validations, validation_notes = _tables_beside(table, _VALIDATION_NAMES, options)
        notes += validation_notes
    for validation in validations:
        use = "joined the training part" if tests else "serve as the test part, as there is no other"
        notes += (f"The {len(validation.rows):,} validation images of {validation.name} {use}.",)
    trains = [train, *validations] if tests else [train]
    tests = tests or validations
    tables = [*trains, *tests]
    read = read_pixel_tables if train.file_column is None else read_file_tables
    contents, read_notes = read(tables, options, progress)
    notes = (*table.notes, columns_note(table, contents[0].labels), *notes, *read_notes)
    cut = len(trains)
    known = frozenset(contents[0].labels)
    for position, (one, content) in enumerate(zip(tables, contents, strict=True)):
        if unknown := sorted(set(content.labels) - known, key=natural_order):
            classes = f"has classes that {train.name} lacks: {shortened(unknown)}"
            if position >= cut:
                where = f"{one.path} ({one.part})" if one.part else str(one.path)
                raise DataError(f"{where}: {classes}. It is the test part: add training images, or remove the rows.")
            notes = (*notes, f"{one.name} {classes}; they join the training part, as its images do.")
    if options.group_column:
        lacking = [one.name for one in tables if one.group_column is None]
        notes += tuple(
            f"{name} has no column {options.group_column!r}: its images are in no group." for name in lacking
        )
    labels, test_labels = ([label for one in part for label in one.labels] for part in (contents[:cut], contents[cut:]))
    names, train_numbers, test_numbers = number_classes(labels, test_labels if tests else None, str(path))
    test = None if test_numbers is None else _split(contents[cut:], test_numbers)
    groups = tuple(group for content in contents for group in content.groups) if options.group_column else ()
    split = _split(contents[:cut], train_numbers)
    return Parts(split, test, names, notes, _one_hot_warning(table), groups=groups)


def _by_part_column(table: Table) -> tuple[Table, list[Table], list[Table], tuple[str, ...]]:
    """The rows for training, validation and test, as a column names them, and a sentence that says so."""
    if table.part_column is None:
        return table, [], [], ()
    rows: dict[Part | None, list[tuple[int, str]]] = {}
    for row, text in zip(table.rows, table.column_texts(table.part_column), strict=True):
        rows.setdefault(part_in_cell(text), []).append(row)
    column = table.describe(table.part_column)
    if "train" not in rows:
        raise DataError(f"{table.path}: {column} names the part of each row, but none is for training. Add such rows.")
    train, *validation = (replace(table, rows=rows[part], part=part) for part in _TRAINED if part in rows)
    test = [replace(table, rows=rows["test"], part="test")] if "test" in rows else []
    counts = ", ".join(f"{len(rows[part]):,} {part}" for part in (*_TRAINED, "test") if part in rows)
    return train, validation, test, (f"{table.path.name}: {column} names the part of each row: {counts}.",)


def _one_hot_warning(table: Table) -> tuple[str, ...]:
    """A warning where the user chose one of the columns that hold the labels together."""
    if table.file_column is None or table.one_hot:
        return ()
    others = (table.file_column, table.group_column, table.part_column, table.index_column)
    together = one_hot_columns(table, [column for column in table.columns if column not in others])
    if table.label_column not in together:
        return ()
    named = shortened([table.headings[column].strip() for column in together])
    return (
        f"{table.path.name}: {table.describe(table.label_column)} is one of {len(together)} columns with a single 1 in "
        f"each row: {named}. The classes are 1 and 0: this one, and all others. Without --label, each is a class.",
    )


def _split(contents: list[TableContent], labels: Labels) -> Split:
    images = [one.images for one in contents]
    joined = np.concatenate(images) if len(images) > 1 else images[0]
    return Split(joined, labels, tuple(file for one in contents for file in one.files))


def _tables_beside(train: Table, words: tuple[str, ...], options: ReadOptions) -> tuple[list[Table], tuple[str, ...]]:
    """The tables with labels whose paths have one of these words in place of "train": see `_paths_beside`."""
    tables: list[Table] = []
    notes: tuple[str, ...] = ()
    for beside in _paths_beside(train.path, words):
        sheet = read_sheet(beside)
        if is_predictions(sheet.headings):
            notes += (f"{beside.name} holds predictions that Tenfold wrote: not used.",)
            continue
        if _lacks_labels(sheet, train):
            notes += (f"{beside.name} has no labels: not used.",)
            continue
        table = find_columns(sheet, options, like=train)
        same_kind = (table.file_column is None) == (train.file_column is None)
        if not same_kind or (train.file_column is None and len(table.pixel_columns) != len(train.pixel_columns)):
            raise DataError(
                f"{beside}: has {len(table.headings):,} columns, but {train.path.name} has {len(train.headings):,}; "
                "expected the same ones. Correct it, or move it away if it belongs to other data."
            )
        tables.append(table)
        notes += table.notes
    return tables, notes


def _paths_beside(train: Path, words: tuple[str, ...]) -> list[Path]:
    """The files named as the one for training is, in capitals or not, or in the folder named so: test/labels.csv."""
    in_name = re.search("train", train.name, flags=re.IGNORECASE)
    if not in_name and part_of(train.absolute().parent.name) != "train":
        return []
    varied = train if in_name else train.absolute().parent
    wanted = {re.sub("train(ing)?", word, varied.name, flags=re.IGNORECASE).casefold() for word in words}
    listed = visible_files(train.parent) if in_name else visible_folders(varied.parent)
    found = [path if in_name else path / train.name for path in listed if path.name.casefold() in wanted]
    return [path for path in found if path.is_file()]


def _lacks_labels(sheet: Sheet, train: Table) -> bool:
    """Whether a table has all columns but the one with the labels."""
    if sheet.has_header and train.has_header:
        ids = id_column(sheet, sheet.columns)
        others = [column for column in sheet.columns if column != ids]
        return not sheet.has_heading(train.headings[train.label_column]) and headed_column(sheet, others) is None
    return len(sheet.headings) == len(train.headings) - 1
