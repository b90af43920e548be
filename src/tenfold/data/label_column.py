"""Which column of a CSV file holds the labels: what the user says, what a heading says, or what the values show."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tenfold.data.class_names import shortened
from tenfold.data.sheet import LABEL_HEADINGS, Sheet, cells, is_number
from tenfold.errors import DataError

_MIN_PIXELS = 3
"""So many headings that differ in their numbers alone are those of pixels."""

_SAMPLE_ROWS = 2_000
_INNER_ROWS = 500
"""Enough for the columns between the first and the last, of which there are hundreds."""

_MIN_DISTANCE = 0.2
_MIN_RATIO = 2.0
"""How unlike its neighbour labels have to be, and how many times as unlike as the other candidate. Measured on MNIST,
Fashion-MNIST (plain, inverted, binary, cropped) and UCI's digits, of 20 to 5,000 rows and 2 or 10 classes: labels lie
0.3 or more from the pixels beside them, and 2.5 times as far or more as the pixels at the other end."""


def named_column(sheet: Sheet, asked: str) -> int:
    """The position of the column with this heading or, if there is none, with this number from 1.

    Raises:
        DataError: There is no such column.
    """
    wanted = asked.strip().lower()
    headings = [heading.strip().lower() for heading in sheet.headings] if sheet.has_header else []
    if wanted in headings:
        return headings.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(sheet.headings):
        return int(wanted) - 1
    known = f"its headings are {shortened(sheet.headings)}; or give" if sheet.has_header else "it has no headings; give"
    raise DataError(f"{sheet.path}: there is no column {asked!r}; {known} a number from 1 to {len(sheet.headings):,}.")


def headed_column(sheet: Sheet, columns: Sequence[int]) -> int | None:
    """Of some columns, the one headed label, class or the like; or whose heading is unlike those of all pixels."""
    if not sheet.has_header or not columns:
        return None
    headings = [sheet.heading(column) for column in columns]
    for heading in LABEL_HEADINGS:
        if heading in headings:
            return columns[headings.index(heading)]
    stems = [re.sub(r"\d+", "#", heading) for heading in headings]  # letter, px1, px2, … → letter, px#, px#, …
    ((most, count), *_) = Counter(stems).most_common()
    unnamed = sheet.unnamed_columns
    odd = [column for column, stem in zip(columns, stems, strict=True) if stem != most and column not in unnamed]
    return odd[0] if "#" in most and len(odd) == 1 and count == len(stems) - 1 >= _MIN_PIXELS else None


def find_label_column(sheet: Sheet, columns: tuple[int, ...]) -> int:
    """The column of a table of pixels that holds the labels, judged by the values.

    The only column of words does. Otherwise the first or the last column, whichever has whole numbers that recur (at
    most half as many different ones as there are rows) and whose distribution is unlike that of the pixels beside it:
    pixels resemble their neighbours, labels do not. The measure is the largest difference of the two cumulative
    distributions, 0…1 (Kolmogorov-Smirnov).

    Args:
        sheet: The table.
        columns: The positions of the columns that may hold labels or pixels, three or more.

    Raises:
        DataError: Neither column stands out, or both do, or one between them stands out more.
    """
    step = max(1, len(sheet.rows) // _SAMPLE_ROWS)
    rows = [cells(line, sheet.separator) for _, line in sheet.rows[::step]]
    rows = [row for row in rows if len(row) == len(sheet.headings)]
    words = [column for column in columns if rows and not is_number(rows[0][column]) and rows[0][column].strip()]
    if len(words) == 1:
        return words[0]
    first, last = columns[0], columns[-1]
    near_first, near_last = _distance(rows, first, columns[1]), _distance(rows, last, columns[-2])
    outer = max(near_first, near_last)
    clear = not words and outer >= max(_MIN_DISTANCE, _MIN_RATIO * min(near_first, near_last))
    inner = clear and _an_inner_one_stands_out(rows[:_INNER_ROWS], columns, outer)
    if clear and not inner:
        return first if near_first > near_last else last
    if inner:
        found = "a column between the first and the last looks more like labels than these"
    elif words:
        found = f"several columns hold words: {shortened([sheet.describe(column) for column in words], 3)}"
    elif near_first and near_last:
        found = "both the first and the last column look like labels"
    else:
        found = "neither the first nor the last column looks like labels"
    number = f"NUMBER (1 to {len(sheet.headings):,})"
    raise DataError(
        f"{sheet.path}: which column holds the labels is unclear: none is headed label or class, and {found}. "
        f"Name the right one: --label {f'HEADING, or {number}' if sheet.has_header else number}."
    )


def _an_inner_one_stands_out(rows: list[list[str]], columns: tuple[int, ...], outer: float) -> bool:
    """Whether a column between the first and the last is more unlike both its neighbours than the outer ones are.

    A pixel in the middle of all images can be so, too. Unlike pixels, labels leave out no number, and do not end where
    the values beside them end.
    """
    for before, column, after in zip(columns, columns[1:], columns[2:], strict=False):
        if min(_distance(rows, column, before), _distance(rows, column, after)) > outer:
            values = {float(row[column]) for row in rows}
            beside = max(float(row[place]) for row in rows for place in (before, after))
            if max(values) - min(values) + 1 == len(values) and max(values) != beside:
                return True
    return False


def _distance(rows: list[list[str]], column: int, neighbour: int) -> float:
    """How unlike its neighbour's values a column's are, 0…1; 0 if they cannot be labels."""
    try:
        values = np.array([[float(row[column]), float(row[neighbour])] for row in rows]).reshape(-1, 2)
    except ValueError:
        return 0.0
    labels, pixels = values[:, 0], values[:, 1]
    different = len(np.unique(labels))
    whole = bool(np.all((labels >= 0) & (labels == np.floor(labels))))
    if not whole or not 2 <= different <= len(labels) / 2:
        return 0.0
    levels = np.unique(values)
    below = [np.searchsorted(np.sort(one), levels, side="right") for one in (labels, pixels)]
    return float(np.abs(below[0] - below[1]).max() / len(labels))
