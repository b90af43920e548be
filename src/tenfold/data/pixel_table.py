"""Reading CSV files whose rows are a label and pixels, as Kaggle's MNIST files are."""

import math

import numpy as np

from tenfold.data.options import ReadOptions
from tenfold.data.pixel_values import pixel_bytes, square_shape
from tenfold.data.sheet import cell, cells
from tenfold.data.sizes import Progress, bring_to_one_shape
from tenfold.data.table import Table, TableContent, check_cells, table_labels
from tenfold.errors import DataError
from tenfold.types import Float32

_CHUNK_ROWS = 2_000

PixelRows = Float32[np.ndarray, "rows pixels"]


def read_pixel_tables(
    tables: list[Table], options: ReadOptions, progress: Progress
) -> tuple[list[TableContent], tuple[str, ...]]:
    """Read labels and pixels out of tables of one layout, and bring the images to one shape.

    Returns:
        The content of each table; and sentences if pixel values were scaled, images resized or a column that
        numbers the rows was ignored.

    Raises:
        DataError: A row is too short or too long, a pixel is no number, or the pixels make no square.
    """
    height, width, channels = _image_shape(tables[0])
    total = sum(len(table.rows) for table in tables)
    chunks: dict[str, list[PixelRows]] = {table.path.name: [] for table in tables}
    done = 0
    for table in tables:
        for start in range(0, len(table.rows), _CHUNK_ROWS):
            rows = table.rows[start : start + _CHUNK_ROWS]
            chunks[table.path.name].append(_numbers(table, rows))
            done += len(rows)
            progress(done, total)
    values = {name: np.concatenate(parts) for name, parts in chunks.items()}
    source = tables[0].path if len(tables) == 1 else tables[0].path.parent
    pixels, range_notes = pixel_bytes(values, str(source))
    images = [part.reshape(len(part), height, width, channels) for part in pixels]
    images, shape_notes = bring_to_one_shape(images, options, progress)
    contents = [
        TableContent(part, table_labels(table), groups=tuple(table.group_texts()))
        for part, table in zip(images, tables, strict=True)
    ]
    return contents, _index_notes(tables) + range_notes + shape_notes


def _image_shape(table: Table) -> tuple[int, int, int]:
    try:
        return square_shape(len(table.pixel_columns), str(table.path))
    except DataError as error:
        if not table.unnamed_columns:
            raise
        raise DataError(
            f"{error} Column {table.unnamed_columns[0] + 1} has no heading: if it is the index that pandas "
            "writes, save the table with to_csv(…, index=False), or head the column of classes label."
        ) from error


def _index_notes(tables: list[Table]) -> tuple[str, ...]:
    numbered = [table.path.name for table in tables if table.index_column is not None]
    if not numbered:
        return ()
    return (
        f"The first column of {' and '.join(numbered)} has no heading: ignored, as it is the index that pandas writes "
        "(to_csv with index=False leaves it out).",
    )


def _numbers(table: Table, rows: list[tuple[int, str]]) -> PixelRows:
    for number, line in rows:
        # Counting is a hundred times quicker than splitting, and right unless there are quotation marks.
        found = len(cells(line, table.separator)) if '"' in line else line.count(table.separator) + 1
        check_cells(table, number, found)
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
