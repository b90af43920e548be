"""The text of a CSV file: its separator, its headings if there are any, and its rows."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.errors import DataError
from tenfold.files import check_downloaded

LABEL_HEADINGS = ("label", "class", "labels", "classes", "class_name", "category", "target", "targets")
_MIN_COUNTING = 5
"""So many cells that count up are headings, as pandas writes them, and no pixels."""
_DECIMAL_COMMA = re.compile(r'(?:(?<=[;\t])|^)(\s*"?[-+]?\d*),(\d+(?:e[-+]?\d+)?"?\s*)(?=[;\t]|$)', re.IGNORECASE)
"""A whole cell, between other separators, that is a number with a decimal comma."""
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""The first line by which Excel is told the separator."""
_OPENS_CELL = re.compile(r'(?:^|[,;\t])\s*"')
_MIN_VALUES = 4
"""A cell of so many numbers holds pixels."""
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

    def column_texts(self, column: int) -> list[str]:
        """The cells of a column, without space around them."""
        # Counted from the nearer end, as less of each line is split then.
        near = column if column < len(self.headings) / 2 else column - len(self.headings)
        return [cell(line, self.separator, near).strip() for _, line in self.rows]

    def heading(self, column: int) -> str:
        """A heading to be compared: in small letters, without space around it; "" without headings."""
        return self.headings[column].strip().lower() if self.has_header else ""

    def has_heading(self, text: str | None) -> bool:
        """Whether a column is headed so."""
        return text is not None and text.strip().lower() in map(self.heading, self.columns)

    @property
    def columns(self) -> range:
        """The positions of all columns."""
        return range(len(self.headings))

    @property
    def unnamed_columns(self) -> tuple[int, ...]:
        """The positions of the columns without a heading, in a sheet that has headings; else none."""
        found = [column for column, heading in enumerate(self.headings) if _UNNAMED.fullmatch(heading)]
        return tuple(found) if self.has_header else ()

    def describe(self, column: int) -> str:
        """What messages call a column: "column 2 (label)", or "column 65 (the last)" without headings."""
        number = column + 1
        places = {len(self.headings): " (the last)", 1: " (the first)"}
        aside = f" ({self.headings[column].strip()})" if self.has_header else places.get(number, "")
        return f"column {number}{aside}"


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file; columns are separated by commas, semicolons or tabs.

    The first line is a header if it names no picture and a cell beside the label is no number. A first line that
    counts rows and columns, as scikit-learn's CSV files have it, is left out; so is one that pandas made of the first
    row (0, 0.1, 0.2 for three zeros). Where a cell holds all pixels, each becomes a column.

    Raises:
        DataError: The file cannot be read, is empty, has no rows, or a row has another number of cells.
    """
    lines = _lines(path)
    separator = likely_separator(lines[0][1])
    if told := _SEPARATOR_LINE.fullmatch(lines[0][1].strip()):
        separator, lines = told[1], lines[1:]
    lines = [(number, line) for number, line in lines if line.strip(f'{separator}" ')]  # Excel leaves rows of ,,
    if not lines:
        raise DataError(
            f"{path}: is empty. Expected one row for each image: a label and pixels, or a label and a file."
        )
    _check_long_lines(path, lines, separator)
    if separator != ",":
        lines = [(number, _DECIMAL_COMMA.sub(r"\1.\2", line) if "," in line else line) for number, line in lines]
    lines, notes = _spread_pixels(path, lines, separator)
    first = cells(lines[0][1], separator)
    if len(lines) > 1 and _counts_the_rest(first, len(lines) - 1, columns := len(cells(lines[1][1], separator))):
        counted = f"{len(lines) - 1:,} rows of {columns:,} columns"
        notes += (f"The first line of {path.name} only counts what follows ({counted}): not used.",)
        lines = lines[1:]
        first = cells(lines[0][1], separator)
    elif len(lines) > 1 and _is_mangled(first):
        notes += (
            f"The first line of {path.name} is what pandas made of the first row when it took it for headings "
            f"({', '.join(first[:3])}, …): not used. Reading the file with header=None keeps that image.",
        )
        lines = lines[1:]
        first = cells(lines[0][1], separator)
    has_header = not _is_data(first)
    rows = lines[1:] if has_header else lines
    if not rows:
        raise DataError(f"{path}: holds a header but no rows. Expected one row for each image.")
    headings = first if has_header else [f"column {number}" for number in range(1, len(first) + 1)]
    for number, line in rows:
        # Counting is a hundred times quicker than splitting, and right unless there are quotation marks.
        found = len(cells(line, separator)) if '"' in line else line.count(separator) + 1
        if found != len(headings):
            raise DataError(
                f"{path}: line {number} has {found:,} columns; expected {len(headings):,}, as in the "
                "first line. Correct or remove it."
            )
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
            lines = list(_logical_lines(path, file))
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


def _logical_lines(path: Path, file: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers; a line break between quotation marks becomes a space."""
    begun: list[str] = []
    start = 0
    for number, line in enumerate(file, 1):
        if not begun and not line.strip():
            continue
        start = start if begun else number
        odd = '"' in line and line.count('"') % 2 == 1
        still_open = not odd if begun else odd and _OPENS_CELL.search(line) is not None
        begun.append(line.rstrip("\n"))
        if not still_open:
            yield start, " ".join(begun)
            begun = []
    if begun:
        raise DataError(f"{path}: line {start} opens a quotation mark that nothing closes. Close or remove it.")


def likely_separator(line: str) -> str:
    """The most frequent one; semicolons where all commas are decimal ones."""
    if line.count(";") > line.count("\t") and "," not in _DECIMAL_COMMA.sub("", line):
        return ";"
    return max(",;\t", key=line.count)


def _spread_pixels(
    path: Path, lines: list[tuple[int, str]], separator: str
) -> tuple[list[tuple[int, str]], tuple[str, ...]]:
    """Turn a cell that holds all pixels ("70 80 82 …", as in FER2013) into a column for each."""
    sample = cells(lines[min(1, len(lines) - 1)][1], separator)
    column = next((position for position, text in enumerate(sample) if _values(text)), None)
    if column is None or any(map(is_picture, sample)):
        return lines, ()
    count = _values(sample[column])
    spread: list[tuple[int, str]] = []
    for number, line in lines:
        row = cells(line, separator)
        if column < len(row):
            heading, values = row[column].strip(), _parts(row[column])
            if not spread and not _values(heading):
                values = [f"{heading}{i}" for i in range(count)]
            elif len(values) != count:
                raise DataError(
                    f"{path}: line {number} has {len(values):,} numbers in column {column + 1}; expected {count:,}, as "
                    "in the first row. Correct or remove it."
                )
            row[column : column + 1] = values
        spread.append((number, separator.join(f'"{text}"' if separator in text else text for text in row)))
    return spread, (f"{path.name}: each cell of column {column + 1} holds {count:,} numbers: read as pixels.",)


def _values(text: str) -> int:
    """How many numbers a cell holds; 0 if they are few, or it holds something else."""
    values = _parts(text)
    return len(values) if len(values) >= _MIN_VALUES and all(map(is_number, values)) else 0


def _parts(text: str) -> list[str]:
    """What stands in a cell between spaces or commas: "70 80 82", or "[70, 80, 82]"."""
    return re.sub(r"[\[\],;]", " ", text).split()


def _is_mangled(row: list[str]) -> bool:
    """Whether a first line are values that pandas took for headings: it writes the second 0 as 0.1, the third as 0.2.

    Chance hardly makes so many fractions that count what stands before their point.
    """
    seen: Counter[str] = Counter()
    for text in map(str.strip, row):
        base, _, count = text.rpartition(".")
        if base in seen and count == str(seen[base]):
            seen[base] += 1
        elif text in seen:
            return False
        else:
            seen[text] = 1
    words = [text.lower() for text in seen if not is_number(text) and not _UNNAMED.fullmatch(text)]
    return sum(seen.values()) - len(seen) >= _MIN_COUNTING and len(words) <= 1 and not {*words} & {*LABEL_HEADINGS}


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
