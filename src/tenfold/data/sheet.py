"""The text of a CSV file: its separator, its headings if there are any, and its rows."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.errors import DataError
from tenfold.files import check_downloaded

LABEL_HEADINGS = ("label", "class", "labels", "classes", "class_name", "category", "target", "targets")
_MIN_COUNTING = 5
"""So many cells that count up are headings, as pandas writes them, and no pixels."""
_UNNAMED = re.compile(r"\s*(unnamed: [0-9.]+)?\s*", re.IGNORECASE)
"""No heading: what pandas writes above its index, and what it calls that column when it reads it again."""


@dataclass(frozen=True)
class Sheet:
    """The rows of a CSV file as text; which column holds what is not known yet.

    Args:
        path: The file.
        headings: One for each column; "column 1", … if the file has none.
        has_header: Whether the file has headings.
        separator: What stands between columns.
        rows: The lines without the header and without blank ones, each with its number in the file, from 1.
        notes: What was left out, one sentence each.
    """

    path: Path
    headings: tuple[str, ...]
    has_header: bool
    separator: str
    rows: list[tuple[int, str]]
    notes: tuple[str, ...] = ()

    @property
    def unnamed_columns(self) -> tuple[int, ...]:
        """The positions of the columns without a heading, in a sheet that has headings."""
        return tuple(column for column, heading in enumerate(self.headings) if _UNNAMED.fullmatch(heading))

    def describe(self, column: int) -> str:
        """What messages call a column: "column 2 (label)", or "column 65 (the last)" without headings."""
        number = column + 1
        places = {len(self.headings): " (the last)", 1: " (the first)"}
        aside = f" ({self.headings[column].strip()})" if self.has_header else places.get(number, "")
        return f"column {number}{aside}"


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file; columns are separated by commas, semicolons or tabs.

    The first line is a header if it names no picture and a cell beside the label is no number. A first line that
    counts rows and columns, as scikit-learn's CSV files have it, is left out.

    Raises:
        DataError: The file cannot be read, is empty or has no rows.
    """
    lines = _lines(path)
    separator = max(",;\t", key=lines[0][1].count)
    _check_long_lines(path, lines, separator)
    first = cells(lines[0][1], separator)
    notes: tuple[str, ...] = ()
    if len(lines) > 1 and _counts_the_rest(first, len(lines) - 1, columns := len(cells(lines[1][1], separator))):
        counted = f"{len(lines) - 1:,} rows of {columns:,} columns"
        notes = (f"The first line of {path.name} only counts what follows ({counted}): not used.",)
        lines = lines[1:]
        first = cells(lines[0][1], separator)
    has_header = not _is_data(first)
    rows = lines[1:] if has_header else lines
    if not rows:
        raise DataError(f"{path}: holds a header but no rows. Expected one row for each image.")
    headings = first if has_header else [f"column {number}" for number in range(1, len(first) + 1)]
    return Sheet(path, tuple(headings), has_header, separator, rows, notes)


def cells(line: str, separator: str) -> list[str]:
    """The cells of one line, without quotation marks."""
    return next(csv.reader([line], delimiter=separator), [])


def cell(line: str, separator: str, column: int) -> str:
    """One cell of a line, without splitting more of it than needed; -1 is the last column."""
    if '"' in line:
        return cells(line, separator)[column]
    if column < 0:
        return line.rsplit(separator, -column)[column]
    return line.split(separator, column + 1)[column]


def is_number(text: str) -> bool:
    """Whether the text is a number, as other programs write numbers, too."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text  # which Python allows in numbers


def is_picture(text: str) -> bool:
    """Whether the text ends like the name of a picture file."""
    return Path(text.strip()).suffix.lower() in IMAGE_SUFFIXES


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
    check_downloaded(lines[0][1].encode(), str(path), DataError)
    return lines


def _check_long_lines(path: Path, lines: list[tuple[int, str]], separator: str) -> None:
    """Refuse cells that are longer than the reader takes; other lines it can always read."""
    for number, line in lines:
        if len(line) > csv.field_size_limit():
            try:
                cells(line, separator)
            except csv.Error as error:
                raise DataError(f"{path}: line {number} cannot be read ({error}). Is it a CSV file?") from error


def _counts_the_rest(first: list[str], rows: int, columns: int) -> bool:
    """Whether a first line begins with the numbers of rows and of columns beside the label, as scikit-learn writes."""
    return len(first) != columns and [text.strip() for text in first[:2]] == [str(rows), str(columns - 1)]


def _is_data(row: list[str]) -> bool:
    """Whether a first line is data: it names a picture or, apart from the label in any column, has numbers.

    Pixel columns may be headed by numbers (label, 0, 1, …): then the word above the labels decides, or that they
    count from 0 or 1 on, as pandas heads columns without names.
    """
    if any(map(is_picture, row)):
        return True
    numbers = [text.strip() for text in row if is_number(text)]
    no_numbers = [text.strip().lower() for text in row if not is_number(text)]
    count_up = any(numbers == [str(first + step) for step in range(len(numbers))] for first in (0, 1))
    if count_up and (len(numbers) >= _MIN_COUNTING or _UNNAMED.fullmatch(row[0])):
        return False
    return not no_numbers or (len(no_numbers) == 1 and no_numbers[0] not in LABEL_HEADINGS)
