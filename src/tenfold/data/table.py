"""Reading a CSV file: its layout (separator, header, which column is the label), then its rows."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from tenfold.data.class_names import name
from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.errors import DataError

_LABEL_HEADINGS = ("label", "class", "labels", "classes", "class_name", "category", "target")
_FILE_HEADINGS = (
    "file",
    "filename",
    "file_name",
    "path",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "img",
)
_UNNAMED = re.compile(r"\s*(unnamed: [0-9.]+)?\s*", re.IGNORECASE)
"""No heading: what pandas writes above its index, and what it calls that column when it reads it again."""


@dataclass(frozen=True)
class Table:
    """The rows of a CSV file as text.

    Args:
        path: The file.
        headings: One for each column; "column 1", … if the file has none.
        label_column: Position of the column with the labels.
        file_column: Position of the column with picture files; None if the other columns are pixels.
        index_column: Position of a column that only numbers the rows, as pandas writes it; None if there is none.
        separator: What stands between columns.
        rows: The lines without the header and without blank ones, each with its number in the file, from 1.
    """

    path: Path
    headings: tuple[str, ...]
    label_column: int
    file_column: int | None
    index_column: int | None
    separator: str
    rows: list[tuple[int, str]]

    @property
    def used_columns(self) -> tuple[int, ...]:
        """The positions of all columns but the one that numbers the rows."""
        return tuple(column for column in range(len(self.headings)) if column != self.index_column)

    @property
    def unnamed_columns(self) -> tuple[int, ...]:
        """The positions of the columns without a heading, in a table that has headings."""
        return tuple(column for column, heading in enumerate(self.headings) if _UNNAMED.fullmatch(heading))


def read_table(path: Path) -> Table:
    """Read a CSV file and recognise its layout.

    Columns are separated by commas, semicolons or tabs. The first line is a header if it names no picture
    and a cell beside the label is no number. The label column is headed label, class or the like; otherwise
    it is the first one, or the one that is not the file. If only the first column has no heading, and
    another one is headed as the label, the first one numbers the rows.

    Raises:
        DataError: The file cannot be read, is empty, or its layout is unclear.
    """
    lines = _lines(path)
    separator = max(",;\t", key=lines[0][1].count)
    _check_long_lines(path, lines, separator)
    first = cells(lines[0][1], separator)
    lowered = [cell.strip().lower() for cell in first]
    has_header = not _is_data(first)
    rows = lines[1:] if has_header else lines
    if not rows:
        raise DataError(f"{path}: holds a header but no rows. Expected one row for each image.")
    if len(first) < 2:
        raise DataError(
            f"{path}: has a single column; expected a label and pixels, or a label and a file, separated by commas."
        )
    sample = cells(rows[0][1], separator)
    file_column = _file_column(lowered if has_header else [], sample)
    headings = first if has_header else [f"column {number}" for number in range(1, len(first) + 1)]
    label_column = _label_column(path, lowered if has_header else [], len(first), file_column)
    index_column = _index_column(headings, label_column, file_column)
    return Table(path, tuple(headings), label_column, file_column, index_column, separator, rows)


def cells(line: str, separator: str) -> list[str]:
    """The cells of one line, without quotation marks."""
    return next(csv.reader([line], delimiter=separator), [])


def cell(line: str, separator: str, column: int) -> str:
    """One cell of a line, without splitting more of it than needed."""
    if '"' in line:
        return cells(line, separator)[column]
    return line.split(separator, column + 1)[column]


def table_labels(table: Table) -> list[str]:
    """The label of each row as text; whole numbers without a decimal point. Rows must have the right length.

    Raises:
        DataError: A label is empty or NaN or, where all are numbers, negative or fractional.
    """
    texts = [name(cell(line, table.separator, table.label_column)) for _, line in table.rows]
    numeric = all(map(_is_number, texts))
    for (number, _), text in zip(table.rows, texts, strict=True):
        if text.lower() in ("", "nan") or (numeric and not (float(text) >= 0 and float(text).is_integer())):
            expected = "a whole number from 0 upwards" if numeric else "the name of a class"
            raise DataError(
                f"{table.path}: line {number} has the label {text!r}; expected {expected}. Correct or remove it."
            )
    return list(map(_whole, texts)) if numeric else texts


def check_cells(table: Table, row: int, found: int) -> None:
    """Refuse a row that is shorter or longer than the first line.

    Raises:
        DataError: It has another number of cells.
    """
    if found != len(table.headings):
        raise DataError(
            f"{table.path}: line {row} has {found:,} columns; expected {len(table.headings):,}, as in the "
            "first line. Correct or remove it."
        )


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = [(number, line.rstrip("\n")) for number, line in enumerate(file, 1) if line.strip()]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is no UTF-8 text ({error}). Save it as CSV in UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from error
    if not lines:
        raise DataError(
            f"{path}: is empty. Expected one row for each image: a label and pixels, or a label and a file."
        )
    return lines


def _check_long_lines(path: Path, lines: list[tuple[int, str]], separator: str) -> None:
    """Refuse cells that are longer than the reader takes; other lines it can always read."""
    for number, line in lines:
        if len(line) > csv.field_size_limit():
            try:
                cells(line, separator)
            except csv.Error as error:
                raise DataError(f"{path}: line {number} cannot be read ({error}). Is it a CSV file?") from error


def _is_data(row: list[str]) -> bool:
    """Whether a first line is data: it names a picture or, apart from the label in any column, has numbers.

    Pixel columns may be headed by numbers (label, 0, 1, …): then the word above the labels decides, or that
    they count from 0 beside an empty cell, as pandas heads columns without names.
    """
    if any(map(_is_picture, row)):
        return True
    if _UNNAMED.fullmatch(row[0]) and row[1:] == [str(number) for number in range(len(row) - 1)]:
        return False
    no_numbers = [cell.strip().lower() for cell in row if not _is_number(cell)]
    return not no_numbers or (len(no_numbers) == 1 and no_numbers[0] not in _LABEL_HEADINGS)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # which Python allows in numbers


def _whole(number: str) -> str:
    """A whole number without decimals, exact also beyond 2⁵³."""
    return str(int(number) if number.isdecimal() else int(float(number)))


def _is_picture(cell: str) -> bool:
    return Path(cell.strip()).suffix.lower() in IMAGE_SUFFIXES


def _file_column(headings: list[str], sample: list[str]) -> int | None:
    pictures = [column for column, cell in enumerate(sample) if _is_picture(cell)]
    named = [column for column in pictures if column < len(headings) and headings[column] in _FILE_HEADINGS]
    return next(iter(named or pictures), None)


def _index_column(headings: list[str], label_column: int, file_column: int | None) -> int | None:
    """The first column, if it alone has no heading; but only beside a label, lest it holds the labels itself."""
    unnamed = [column for column, heading in enumerate(headings) if _UNNAMED.fullmatch(heading)]
    labelled = headings[label_column].strip().lower() in _LABEL_HEADINGS
    return 0 if unnamed == [0] and labelled and file_column != 0 else None


def _label_column(path: Path, headings: list[str], columns: int, file_column: int | None) -> int:
    for heading in _LABEL_HEADINGS:
        if heading in headings:
            return headings.index(heading)
    if file_column is None:
        return 0
    if columns == 2:
        return 1 - file_column
    raise DataError(
        f"{path}: has {columns:,} columns, none of them headed label or class; name the one with the classes so."
    )
