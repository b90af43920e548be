"""Reading a CSV file of either layout as a data set, with the tables for validation and test that may lie beside it."""

import re
from pathlib import Path

import numpy as np

from tenfold.data.class_names import natural_order, number_classes, shortened
from tenfold.data.dataset import Split
from tenfold.data.file_table import read_file_tables
from tenfold.data.label_column import headed_column
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pixel_table import read_pixel_tables
from tenfold.data.sheet import Sheet, read_sheet
from tenfold.data.sizes import Progress
from tenfold.data.table import Table, TableContent, columns_note, find_columns, read_table
from tenfold.errors import DataError
from tenfold.types import Labels

_TEST_NAMES = ("test", "testing")
_VALIDATION_NAMES = ("val", "valid", "validation", "dev")


def read_csv(path: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read a table of label and pixels, or of label and picture file.

    If the file is named …train….csv, …test….csv beside it is the test part, unless it has no labels. Images of
    …val….csv (valid, validation, dev) join the training part, since recipes cut their own; if there is no test part,
    they are it.

    Raises:
        DataError: The layout is unclear, or a row is wrong; the message names it.
        ImageError: A picture cannot be decoded.
    """
    train = read_table(path, options)
    tests, notes = _tables_beside(train, _TEST_NAMES, options)
    notes += tuple(f"{table.path.name} is the test part." for table in tests)
    validations, validation_notes = _tables_beside(train, _VALIDATION_NAMES, options)
    notes += validation_notes
    for table in validations:
        use = "joined the training part" if tests else "serve as the test part, as there is no other"
        notes += (f"The {len(table.rows):,} validation images of {table.path.name} {use}.",)
    trains = [train, *validations] if tests else [train]
    tests = tests or validations
    read = read_pixel_tables if train.file_column is None else read_file_tables
    contents, read_notes = read([*trains, *tests], options, progress)
    notes = (*train.notes, columns_note(train, contents[0].labels), *notes, *read_notes)
    cut = len(trains)
    known = frozenset(contents[0].labels)
    for table, content in zip([*trains, *tests], contents, strict=True):
        if unknown := sorted(set(content.labels) - known, key=natural_order):
            classes = f"has classes that {path.name} lacks: {shortened(unknown)}"
            if table in tests:
                raise DataError(
                    f"{table.path}: {classes}. It is the test part: add training images, or remove the rows."
                )
            notes = (*notes, f"{table.path.name} {classes}; they join the training part, as its images do.")
    labels, test_labels = ([label for one in part for label in one.labels] for part in (contents[:cut], contents[cut:]))
    names, train_numbers, test_numbers = number_classes(labels, test_labels if tests else None, str(path))
    test = None if test_numbers is None else _split(contents[cut:], test_numbers)
    groups = tuple(group for content in contents for group in content.groups) if options.group_column else ()
    return Parts(_split(contents[:cut], train_numbers), test, names, notes, groups=groups)


def _split(contents: list[TableContent], labels: Labels) -> Split:
    images = [one.images for one in contents]
    joined = np.concatenate(images) if len(images) > 1 else images[0]
    return Split(joined, labels, tuple(file for one in contents for file in one.files))


def _tables_beside(train: Table, words: tuple[str, ...], options: ReadOptions) -> tuple[list[Table], tuple[str, ...]]:
    """The tables with labels whose names have one of these words in place of "train"."""
    tables: list[Table] = []
    notes: tuple[str, ...] = ()
    for word in words:
        beside = train.path.with_name(re.sub("train(ing)?", word, train.path.name, flags=re.IGNORECASE))
        if beside == train.path or not beside.is_file():
            continue
        sheet = read_sheet(beside)
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
    return tables, notes


def _lacks_labels(sheet: Sheet, train: Table) -> bool:
    """Whether a table has all columns but the one with the labels."""
    if sheet.has_header and train.has_header:
        headings = [heading.strip().lower() for heading in sheet.headings]
        return train.headings[train.label_column].strip().lower() not in headings and headed_column(sheet) is None
    return len(sheet.headings) == len(train.headings) - 1
