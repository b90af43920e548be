"""A CSV file whose columns are known: which one holds the labels, and which one the picture files, if any."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenfold.data.class_names import name, shortened
from tenfold.data.label_column import find_label_column, headed_column, named_column
from tenfold.data.one_hot import check_one_hot, is_one, one_hot_columns
from tenfold.data.options import DEFAULT_OPTIONS, ReadOptions
from tenfold.data.part_column import find_part_column
from tenfold.data.part_names import Part, part_of
from tenfold.data.picture_search import pictures_by_stem
from tenfold.data.sheet import LABEL_HEADINGS, Sheet, cells, is_number, is_picture, read_sheet
from tenfold.data.table_choice import is_predictions
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
_ID_HEADINGS = ("id", "ids", "index", "idx", "row", "row_id", "imageid", "image_id", "number", "no", "nr", "#")
_NAME_HEADINGS = _FILE_HEADINGS + _ID_HEADINGS
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
        part_column: Position of the column that names the part of each row, if there is one.
        one_hot: Positions of the columns of all classes, of which each row has a 1 in one; empty if one column has the
            labels.
        part: The part that these rows belong to, if a column named it.
    """

    label_column: int = 0
    file_column: int | None = None
    index_column: int | None = None
    group_column: int | None = None
    part_column: int | None = None
    one_hot: tuple[int, ...] = ()
    part: Part | None = None

    @property
    def name(self) -> str:
        """What messages call these rows: the file, with its folder if that is named after a part; and their part."""
        folder = self.path.absolute().parent.name
        file = f"{folder}/{self.path.name}" if part_of(folder) else self.path.name
        return f"{file} ({self.part})" if self.part else file

    @property
    def pixel_columns(self) -> tuple[int, ...]:
        """The positions of all other columns, in a table of pixels."""
        others = (self.label_column, self.index_column, self.group_column, self.part_column)
        return tuple(column for column in range(len(self.headings)) if column not in others)

    def group_texts(self) -> list[str]:
        """The group of each row, or as many empty texts where no column has groups."""
        return [""] * len(self.rows) if self.group_column is None else self.column_texts(self.group_column)


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
    """Read a CSV file and recognise its columns: see `find_columns`.

    Raises:
        DataError: It holds predictions of Tenfold's, or the layout is unclear.
    """
    sheet = read_sheet(path)
    if is_predictions(sheet.headings):
        raise DataError(f"{path}: holds the predictions that Tenfold wrote, no data. Give the data themselves.")
    return find_columns(sheet, options)


def find_columns(sheet: Sheet, options: ReadOptions, like: Table | None = None) -> Table:
    """Recognise which column holds what.

    The labels are in the column that was asked for, or is headed label, class or the like, or is the one beside the
    files, or stands out by its values (see `find_label_column`); beside files, there may be a column for each class
    (see `one_hot_columns`). The files are in the column whose first cell ends like a picture's name, or is the name of
    a picture below the table's folder, without its ending. Columns of groups, of parts and of the rows' numbers hold
    neither labels nor pixels.

    Args:
        sheet: The text.
        options: What the user asked for.
        like: A table of the same data: its columns hold the same. A column of groups may be missing beside it.

    Raises:
        DataError: There is no such column, or the layout is unclear.
    """
    if len(sheet.headings) < 2:
        raise DataError(
            f"{sheet.path}: has a single column; expected a label and pixels, or a label and a file, separated by "
            "commas, semicolons or tabs."
        )
    asked, asked_group = options.label_column, options.group_column
    if like and like.has_header and sheet.has_header:  # a number counts the columns of the first table
        asked = asked and like.headings[like.label_column]
        if asked_group and like.group_column is not None:
            asked_group = like.headings[like.group_column]
            asked_group = asked_group if sheet.has_heading(asked_group) else None
    label = None if asked is None else named_column(sheet, asked)
    group = None if asked_group is None else named_column(sheet, asked_group)
    plain = [column for column in sheet.columns if column not in (label, group)]
    part = find_part_column(sheet, [column for column in plain if sheet.heading(column) not in LABEL_HEADINGS])
    plain = [column for column in plain if column != part]
    index = id_column(sheet, plain)
    if label is None:
        first_row = cells(sheet.rows[0][1], sheet.separator)
        names = [column for column in plain if is_picture(first_row[column]) or sheet.heading(column) in _NAME_HEADINGS]
        label = headed_column(sheet, [column for column in plain if column not in names])
    if label is None and like and like.headings == sheet.headings and not like.one_hot:
        label = like.label_column
    files = _file_column(sheet, [column for column in plain if column != label], label is not None)
    if index is None and _numbers_rows(sheet, label is not None):
        index = 0
    index = None if index in (label, files, group, part) else index
    rest = tuple(column for column in plain if column not in (files, index))
    one_hot: tuple[int, ...] = ()
    if label is None and files is None:
        label = find_label_column(sheet, rest) if len(rest) > 2 else _unclear(sheet, "there are too few columns")
    elif label is None and (one_hot := one_hot_columns(sheet, rest)):
        label = one_hot[0]
    elif label is None:
        check_one_hot(sheet, rest)
        others = f"{len(rest):,} columns could" if part is None or rest else f"{sheet.describe(part)} names parts"
        label = rest[0] if len(rest) == 1 else _unclear(sheet, others)
    text = (sheet.path, sheet.headings, sheet.has_header, sheet.separator, sheet.rows, sheet.notes)
    return Table(*text, label, files, index, group, part, one_hot)


def id_column(sheet: Sheet, columns: Sequence[int]) -> int | None:
    """Of some columns, the first that is headed id or the like and has another whole number in each row."""
    for column in columns:
        if sheet.heading(column) in _ID_HEADINGS:
            texts = sheet.column_texts(column)
            if all(map(str.isdecimal, texts)) and len(set(texts)) == len(texts):
                return column
    return None


def columns_note(table: Table, labels: Sequence[str]) -> str:
    """The sentence that says what was taken for what."""
    different = f"{table.describe(table.label_column)} holds the labels: {len(set(labels)):,} different values"
    if table.one_hot:
        named = shortened([table.headings[column].strip() for column in table.one_hot])
        different = f"the column with the 1 gives the label: {named}"
    if table.file_column is None:
        return f"{table.path.name}: {different}; the other {len(table.pixel_columns):,} columns are pixels."
    return f"{table.path.name}: {table.describe(table.file_column)} names the picture files, {different}."


def table_labels(table: Table) -> list[str]:
    """The label of each row as text; whole numbers without a decimal point.

    Raises:
        DataError: A label is empty or NaN or, where all are numbers, negative or fractional.
    """
    if table.one_hot:
        ones = zip(*(table.column_texts(column) for column in table.one_hot), strict=True)
        names = [name(table.headings[column]) for column in table.one_hot]
        return [names[next(i for i, text in enumerate(row) if is_one(text))] for row in ones]
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


def _whole(number: str) -> str:
    """A whole number without decimals, exact also beyond 2⁵³; with its zeros in front, as they make it a code: 007."""
    return number if number.isdecimal() else str(int(float(number)))


def _numbers_rows(sheet: Sheet, label_is_known: bool) -> bool:
    """Whether the first column, without a heading, numbers the rows: 0, 1, 2, …, or from another number on."""
    if sheet.has_header and sheet.unnamed_columns != (0,):
        return False
    if sheet.has_header and label_is_known:
        return True
    if not sheet.has_header and len(sheet.rows) < _ROWS_TRIED:
        return False
    found = sheet.column_texts(0)
    first = int(found[0]) if found[0].isdecimal() else 0
    return all(text == str(number) for number, text in enumerate(found, first))


def _file_column(sheet: Sheet, columns: Sequence[int], label_is_known: bool) -> int | None:
    """Of some columns, the one that names pictures, with their endings or without; None in a table of pixels.

    Args:
        sheet: The table.
        columns: The positions of the columns that may do so.
        label_is_known: Whether the column of labels is none of them.

    Raises:
        DataError: It can be no table of pixels, but there are no such pictures.
    """
    rows = [cells(line, sheet.separator) for _, line in sheet.rows[:_ROWS_TRIED]]
    if with_endings := [column for column in columns if is_picture(rows[0][column])]:
        return next((column for column in with_endings if sheet.heading(column) in _FILE_HEADINGS), with_endings[0])
    words = [column for column in columns if any(not is_number(row[column]) for row in rows)]
    labels = 0 if label_is_known else 1
    is_pixels = len(columns) > 1 + labels and len(words) <= labels
    if is_pixels and not any(sheet.heading(column) in _NAME_HEADINGS for column in columns):
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
    if is_pixels or (len(columns) > 1 + labels and 2 * len(words) <= len(columns)):
        return None
    raise DataError(
        f"{sheet.path}: no column names picture files: its columns are {shortened(sheet.headings)}, the first row is "
        f"{shortened(rows[0])}. Expected file names such as a.png, or the names without their endings "
        f"of pictures below {sheet.path.parent}: put the table beside the pictures, or add the endings."
    )


def _unclear(sheet: Sheet, why: str) -> int:
    how = "heading" if sheet.has_header else "number"
    raise DataError(
        f"{sheet.path}: which column holds the labels is unclear: none is headed label or class, and {why}. "
        f"Say it with --label and its {how}; the columns are {shortened(sheet.headings)}."
    )
