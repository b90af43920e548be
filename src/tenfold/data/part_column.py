"""The column of a CSV file that says which part each row belongs to: split, Usage, set."""

from collections.abc import Sequence

from tenfold.data.class_names import shortened
from tenfold.data.part_names import Part, part_of
from tenfold.data.sheet import Sheet, cells, is_number
from tenfold.errors import DataError

_HEADINGS = ("split", "usage", "set", "subset", "part", "partition", "phase", "dataset")


def part_in_cell(text: str) -> Part | None:
    """The part that a cell names: Training, val, PrivateTest; None for other texts."""
    word = text.strip().casefold()
    # FER2013 and the contests of its kind: people chose models by the public test, and the private one judged them.
    return "validation" if word == "publictest" else part_of(word.removeprefix("private"))


def find_part_column(sheet: Sheet, columns: Sequence[int]) -> int | None:
    """Of some columns, the first in which each cell names a part.

    Raises:
        DataError: A column is headed so and names parts, but not in each row.
    """
    sample = cells(sheet.rows[0][1], sheet.separator)
    for column in columns:
        if is_number(sample[column]):
            continue
        texts = sheet.column_texts(column)
        different = dict.fromkeys(texts)
        unknown = [text for text in different if part_in_cell(text) is None]
        if not unknown:
            return column
        if sheet.heading(column) in _HEADINGS and len(unknown) < len(different):
            line = sheet.rows[texts.index(unknown[0])][0]
            raise DataError(
                f"{sheet.path}: line {line} has {unknown[0]!r} in {sheet.describe(column)}, which names the part of "
                f"each row: its values are {shortened(list(different))}. Expected train, val or test: correct or "
                "remove the line."
            )
    return None
