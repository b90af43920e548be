"""Reading CSV files whose rows are a label and pixels, as Kaggle's MNIST files are."""

import math
import re
from collections import Counter

import numpy as np

from tenfold.data.class_names import shortened
from tenfold.data.options import ReadOptions
from tenfold.data.pixel_values import pixel_bytes, square_shape
from tenfold.data.sheet import cell
from tenfold.data.sizes import Progress, bring_to_one_shape
from tenfold.data.table import Table, TableContent, table_labels
from tenfold.errors import DataError
from tenfold.types import Float32

_CHUNK_ROWS = 2_000
_MIN_PIXELS = 4

PixelRows = Float32[np.ndarray, "rows pixels"]


def read_pixel_tables(
    tables: list[Table], options: ReadOptions, progress: Progress
) -> tuple[list[TableContent], tuple[str, ...]]:
    """Read labels and pixels out of tables of one layout, and bring the images to one shape.

    Returns:
        The content of each table; and sentences if pixel values were scaled, images resized or a column that
        numbers the rows was ignored.

    Raises:
        DataError: A pixel is no number, or the pixels make no square.
    """
    height, width, channels = _image_shape(tables[0])
    total = sum(len(table.rows) for table in tables)
    chunks: dict[str, list[PixelRows]] = {table.name: [] for table in tables}
    done = 0
    for table in tables:
        for start in range(0, len(table.rows), _CHUNK_ROWS):
            rows = table.rows[start : start + _CHUNK_ROWS]
            chunks[table.name].append(_numbers(table, rows))
            done += len(rows)
            progress(done, total)
    values = {name: np.concatenate(parts) for name, parts in chunks.items()}
    source = tables[0].path if len({table.path for table in tables}) == 1 else tables[0].path.parent
    pixels, range_notes = pixel_bytes(values, str(source))
    images = [part.reshape(len(part), height, width, channels) for part in pixels]
    images, shape_notes = bring_to_one_shape(images, options, progress)
    contents = [
        TableContent(part, table_labels(table), groups=tuple(table.group_texts()))
        for part, table in zip(images, tables, strict=True)
    ]
    return contents, _index_notes(tables) + range_notes + shape_notes


def _image_shape(table: Table) -> tuple[int, int, int]:
    columns = table.pixel_columns
    try:
        if len(columns) < _MIN_PIXELS:
            raise DataError(f"{table.path}: has {len(columns)} columns of pixels; expected at least {_MIN_PIXELS}.")
        return square_shape(len(columns), str(table.path))
    except DataError as error:
        taken = f"Taken as the label: {table.describe(table.label_column)}"
        if columns:
            taken += f"; as pixels: {table.describe(columns[0])} to {table.describe(columns[-1])}"
        stems = [re.sub(r"\d+", "#", table.heading(column)) for column in columns]
        most, count = Counter(stems).most_common(1)[0] if stems else ("", 0)
        odd = [column for column, stem in zip(columns, stems, strict=True) if stem != most]
        if table.unnamed_columns:
            hint = (
                f" Column {table.unnamed_columns[0] + 1} has no heading: if it is the index that pandas "
                "writes, save the table with to_csv(…, index=False), or head the column of classes label."
            )
        elif odd and count >= _MIN_PIXELS and "#" in most:
            named = shortened([table.describe(column) for column in odd], 5)
            hint = f" Not headed like the other pixels: {named}. Remove what is none."
        else:
            hint = " Remove the columns that are none."
        raise DataError(f"{error} {taken}.{hint}") from error


def _index_notes(tables: list[Table]) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    for table in {table.path: table for table in tables}.values():
        if table.index_column in table.unnamed_columns:
            notes += (
                f"The first column of {table.path.name} has no heading: ignored, as it is the index that pandas writes "
                "(to_csv with index=False leaves it out).",
            )
        elif table.index_column is not None:
            notes += (f"{table.path.name}: {table.describe(table.index_column)} numbers the rows: ignored.",)
    return notes


def _numbers(table: Table, rows: list[tuple[int, str]]) -> PixelRows:
    columns = table.pixel_columns
    try:
        values = np.loadtxt(
            [line for _, line in rows],
            np.float32,
            comments=None,
            delimiter=table.separator,
            usecols=columns,
            quotechar='"',
            ndmin=2,
        )
    except ValueError as error:
        raise DataError(_no_number(table, rows, columns) or f"{table.path}: {error}") from error
    if not np.isfinite(values).all():
        raise DataError(_no_number(table, rows, columns) or f"{table.path}: a pixel is not finite.")
    return values


def _no_number(table: Table, rows: list[tuple[int, str]], columns: tuple[int, ...]) -> str | None:
    """The message for the first pixel that is no finite number; looked for only when there is one."""
    for number, line in rows:
        for column in columns:
            text = cell(line, table.separator, column).strip()
            try:
                right = math.isfinite(float(text))
            except ValueError:
                right = False
            if not right:
                return (
                    f"{table.path}: line {number}, column {column + 1} ({table.headings[column]}) holds "
                    f"{text!r}; expected a pixel value 0…255. Correct or remove the line."
                )
    return None
