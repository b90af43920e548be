"""A CSV file whose columns are known: which one holds the labels, and which one the picture files, if any."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenfold.data.class_names import name, shortened
from tenfold.data.label_column import find_label_column, headed_column, named_column
from tenfold.data.options import DEFAULT_OPTIONS, ReadOptions
from tenfold.data.picture_search import pictures_by_stem
from tenfold.data.sheet import Sheet, cell, cells, is_number, is_picture, read_sheet
from tenfold.errors import DataError
from tenfold.types import Images

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
_ROWS_TRIED = 20
"""Rows whose ids are looked for: they have to differ, and half of them to be names of pictures."""


@dataclass(frozen=True)
class Table(Sheet):
    """The rows of a CSV file as text, and what its columns hold.

    Args:
        label_column: Position of the column with the labels.
        file_column: Position of the column with picture files; None if the other columns are pixels.
        index_column: Position of a column that only numbers the rows, as pandas writes it; None if there is none.
        group_column: Position of the column with the group of each picture, if the user named one.
    """

    label_column: int = 0
    file_column: int | None = None
    index_column: int | None = None
    group_column: int | None = None

    @property
    def pixel_columns(self) -> tuple[int, ...]:
        """The positions of all other columns, in a table of pixels."""
        others = (self.label_column, self.index_column, self.group_column)
        return tuple(column for column in range(len(self.headings)) if column not in others)

    def group_texts(self) -> list[str]:
        """The group of each row, or as many empty texts where no column has groups."""
        return [""] * len(self.rows) if self.group_column is None else self.column_texts(self.group_column)

    def column_texts(self, column: int) -> list[str]:
        """The cells of a column, without space around them. Rows must have the right length."""
        # Counted from the nearer end, as less of each line is split then.
        near = column if column < len(self.headings) / 2 else column - len(self.headings)
        return [cell(line, self.separator, near).strip() for _, line in self.rows]


@dataclass(frozen=True)
class TableContent:
    """What the rows of a table hold.

    Args:
        images: uint8 [n, height, width, channels].
        labels: One for each image.
        files: The same, if it names files.
        groups: The same, if the user named a column with groups; empty text for an image without one.
    """

    images: Images
    labels: list[str]
    files: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def read_table(path: Path, options: ReadOptions = DEFAULT_OPTIONS) -> Table:
    """Read a CSV file and recognise its columns: see `find_columns`."""
    return find_columns(read_sheet(path), options)


def find_columns(sheet: Sheet, options: ReadOptions, like: Table | None = None) -> Table:
    """Recognise which column holds what.

    The labels are in the column that was asked for, or is headed label, class or the like, or is the one beside the
    files, or stands out by its values (see `find_label_column`). The files are in the column whose first cell ends like
    a picture's name, or is the name of a picture below the table's folder, without its ending. If only the first column
    has no heading, and another one is headed as the label or the first one counts, it numbers the rows. A column of
    groups holds neither labels nor pixels.

    Args:
        sheet: The text.
        options: What the user asked for.
        like: A table of the same data: its columns hold the same.

    Raises:
        DataError: There is no such column, or the layout is unclear.
    """
    if len(sheet.headings) < 2:
        raise DataError(
            f"{sheet.path}: has a single column; expected a label and pixels, or a label and a file, separated by "
            "commas, semicolons or tabs."
        )
    asked = options.label_column
    label = headed_column(sheet) if asked is None else named_column(sheet, asked)
    group = None if options.group_column is None else named_column(sheet, options.group_column)
    if label is None and like and like.headings == sheet.headings:
        label = like.label_column
    files = _file_column(sheet, label)
    if files is None:
        files = _id_column(sheet, label)
    numbers_rows = sheet.has_header and sheet.unnamed_columns == (0,) and (label is not None or _counts(sheet, 0))
    index = 0 if numbers_rows and 0 not in (label, files, group) else None
    rest = tuple(column for column in range(len(sheet.headings)) if column not in (files, group, index))
    if label is None and files is None:
        label = find_label_column(sheet, rest) if len(rest) > 2 else _unclear(sheet, "there are too few columns")
    elif label is None:
        label = rest[0] if len(rest) == 1 else _unclear(sheet, f"{len(rest):,} columns could")
    text = (sheet.path, sheet.headings, sheet.has_header, sheet.separator, sheet.rows, sheet.notes)
    return Table(*text, label, files, index, group)


def columns_note(table: Table, labels: Sequence[str]) -> str:
    """The sentence that says what was taken for what."""
    different = f"{table.describe(table.label_column)} holds the labels: {len(set(labels)):,} different values"
    if table.file_column is None:
        return f"{table.path.name}: {different}; the other {len(table.pixel_columns):,} columns are pixels."
    return f"{table.path.name}: {table.describe(table.file_column)} names the picture files, {different}."


def table_labels(table: Table) -> list[str]:
    """The label of each row as text; whole numbers without a decimal point. Rows must have the right length.

    Raises:
        DataError: A label is empty or NaN or, where all are numbers, negative or fractional.
    """
    texts = list(map(name, table.column_texts(table.label_column)))
    numeric = all(map(is_number, texts))
    for (number, _), text in zip(table.rows, texts, strict=True):
        if text.lower() in ("", "nan") or (numeric and not (float(text) >= 0 and float(text).is_integer())):
            expected = "a whole number from 0 upwards" if numeric else "the name of a class"
            raise DataError(
                f"{table.path}: line {number} has the label {text!r} in {table.describe(table.label_column)}; "
                f"expected {expected}. Correct or remove it."
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


def _whole(number: str) -> str:
    """A whole number without decimals, exact also beyond 2⁵³."""
    return str(int(number) if number.isdecimal() else int(float(number)))


def _counts(sheet: Sheet, column: int) -> bool:
    """Whether a column numbers the rows: 0, 1, 2, …, or from another number on."""
    found = [cell(line, sheet.separator, column).strip() for _, line in sheet.rows[:_ROWS_TRIED]]
    first = int(found[0]) if found[0].isdecimal() else 0
    return found == [str(first + step) for step in range(len(found))]


def _file_column(sheet: Sheet, label: int | None) -> int | None:
    """The column whose first cell ends like a picture's name; of several, the one that is headed so."""
    sample = cells(sheet.rows[0][1], sheet.separator)
    pictures = [column for column, text in enumerate(sample) if is_picture(text) and column != label]
    headings = [heading.strip().lower() for heading in sheet.headings]
    named = [column for column in pictures if column < len(headings) and headings[column] in _FILE_HEADINGS]
    return next(iter(named or pictures), None)


def _id_column(sheet: Sheet, label: int | None) -> int | None:
    """The column of names of pictures without their endings; None in a table of pixels.

    Raises:
        DataError: It can be no table of pixels, but there are no such pictures.
    """
    rows = [cells(line, sheet.separator) for _, line in sheet.rows[:_ROWS_TRIED]]
    rows = [row for row in rows if len(row) == len(sheet.headings)]
    columns = [column for column in range(len(sheet.headings)) if column != label]
    words = [column for column in columns if any(not is_number(row[column]) for row in rows)]
    if len(sheet.headings) > 2 and len(words) <= (label is None):
        return None
    stems = pictures_by_stem(sheet.path.parent)
    for column in columns:
        ids = {row[column].strip().replace("\\", "/").rsplit("/")[-1] for row in rows}
        if len(ids) == len(rows) <= 2 * sum(one in stems for one in ids):
            if sheet.has_header and sheet.headings[column].strip() in stems:
                raise DataError(
                    f"{sheet.path}: its first line names the picture {sheet.headings[column]!r}, so it is no header. "
                    "Add a first line such as file,label."
                )
            return column
    if len(sheet.headings) > 2 and 2 * len(words) <= len(columns):
        return None
    raise DataError(
        f"{sheet.path}: no column names picture files: its columns are {shortened(sheet.headings)}, the first row is "
        f"{shortened(rows[0] if rows else [])}. Expected file names such as a.png, or the names without their endings "
        f"of pictures below {sheet.path.parent}: put the table beside the pictures, or add the endings."
    )


def _unclear(sheet: Sheet, why: str) -> int:
    how = "heading" if sheet.has_header else "number"
    raise DataError(
        f"{sheet.path}: which column holds the labels is unclear: none is headed label or class, and {why}. "
        f"Say it with --label and its {how}; the columns are {shortened(sheet.headings)}."
    )
