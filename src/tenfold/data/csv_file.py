"""Reading a CSV file of either layout as a data set, with the test table that may lie beside it."""

import re
from pathlib import Path

from tenfold.data.class_names import number_classes
from tenfold.data.dataset import Split
from tenfold.data.file_table import read_file_tables
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pixel_table import read_pixel_tables
from tenfold.data.sizes import Progress, bring_to_one_shape
from tenfold.data.table import Table, read_table
from tenfold.errors import DataError


def read_csv(path: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read a table of label and pixels, or of label and picture file.

    If the file is named …train….csv and …test….csv lies beside it with labels, that one is the test part.

    Raises:
        DataError: The layout is unclear, or a row is wrong; the message names it.
        ImageError: A picture cannot be decoded.
    """
    tables = [read_table(path)]
    test, notes = _test_table(tables[0])
    tables += [test] if test else []
    if tables[0].file_column is not None:
        parts = read_file_tables(tables, options, progress)
    else:
        parts = _pixel_parts(tables, options, progress)
    return Parts(parts.train, parts.test, parts.class_names, notes + parts.notes)


def _pixel_parts(tables: list[Table], options: ReadOptions, progress: Progress) -> Parts:
    images, labels, range_notes = read_pixel_tables(tables, progress)
    images, notes = bring_to_one_shape(images, options, progress)
    names, train, test = number_classes(labels[0], labels[1] if len(labels) == 2 else None, str(tables[0].path))
    return Parts(Split(images[0], train), None if test is None else Split(images[1], test), names, range_notes + notes)


def _test_table(train: Table) -> tuple[Table | None, tuple[str, ...]]:
    beside = train.path.with_name(re.sub("train", "test", train.path.name, flags=re.IGNORECASE))
    if beside == train.path or not beside.is_file():
        return None, ()
    test = read_table(beside)
    if _lacks_labels(test, train):
        return None, (f"{beside.name} has no labels: not used.",)
    same_kind = (test.file_column is None) == (train.file_column is None)
    if len(test.used_columns) != len(train.used_columns) or not same_kind:
        raise DataError(
            f"{beside}: has {len(test.headings):,} columns, but {train.path.name} has "
            f"{len(train.headings):,}; expected the same ones. Correct it, or move it away if it is no test "
            "part."
        )
    return test, (f"{beside.name} is the test part.",)


def _lacks_labels(test: Table, train: Table) -> bool:
    """Whether a column is missing; one that pandas added, which numbers the rows, does not stand in for it."""
    named_in_test, named_in_train = (len(table.headings) - len(table.unnamed_columns) for table in (test, train))
    return len(test.used_columns) == len(train.used_columns) - 1 or named_in_test == named_in_train - 1
