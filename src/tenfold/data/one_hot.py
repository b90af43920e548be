"""Labels of a CSV file as one column for each class, with a 1 in that of the row's class, as Roboflow writes them."""

from collections.abc import Sequence

from tenfold.data.class_names import shortened
from tenfold.data.sheet import Sheet, cells
from tenfold.errors import DataError

_ONES = ("1", "1.0", "true")
_ZEROS = ("0", "0.0", "false")


def is_one(text: str) -> bool:
    """Whether a cell marks its column's class as the row's."""
    return text.strip().lower() in _ONES


def one_hot_columns(sheet: Sheet, columns: Sequence[int]) -> tuple[int, ...]:
    """Of some columns, those of 0 and 1, if there are several of them and each row has exactly one 1; else none."""
    columns = _of_zeros_and_ones(sheet, columns)
    return () if len(columns) < 2 or _wrong_row(sheet, columns) else columns


def check_one_hot(sheet: Sheet, columns: Sequence[int]) -> None:
    """Refuse columns that all have 0 and 1, but not exactly one 1 in each row.

    Raises:
        DataError: A row has no 1, or several.
    """
    if (
        len(columns) > 1
        and _of_zeros_and_ones(sheet, columns) == tuple(columns)
        and (row := _wrong_row(sheet, columns))
    ):
        line, ones = row
        classes = [sheet.headings[column].strip() for column in ones]
        found = f"{len(ones)} of them ({shortened(classes)})" if ones else "none of them"
        raise DataError(
            f"{sheet.path}: {shortened([sheet.headings[column].strip() for column in columns])} look like one column "
            f"for each class, but line {line} has a 1 in {found}; expected one class for each picture. Remove such "
            "lines, or choose a single column with --label."
        )


def _of_zeros_and_ones(sheet: Sheet, columns: Sequence[int]) -> tuple[int, ...]:
    if not sheet.has_header:
        return ()
    known, sample = {*_ONES, *_ZEROS}, cells(sheet.rows[0][1], sheet.separator)
    likely = [column for column in columns if sample[column].strip().lower() in known]
    return tuple(column for column in likely if known.issuperset(map(str.lower, set(sheet.column_texts(column)))))


def _wrong_row(sheet: Sheet, columns: Sequence[int]) -> tuple[int, list[int]] | None:
    """The line number of the first row that has not exactly one 1, and the columns in which it has them."""
    for number, line in sheet.rows:
        row = cells(line, sheet.separator)
        ones = [column for column in columns if is_one(row[column])]
        if len(ones) != 1:
            return number, ones
    return None
