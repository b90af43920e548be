"""What a user can ask for when data is read: the same options for every layout, in a recipe and on the command line."""

from dataclasses import dataclass

Size = tuple[int, int]
"""Height and width in pixels."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read a data set.

    Args:
        size: Height and width that all images are brought to; None follows `tenfold.data.sizes.common_size`.
        gray: Turn colour into grey. Without it, images are grey only if none has colour.
        label_column: Heading or number (from 1) of the column with the labels, in CSV files; None finds it.
        label_from_name: Take the labels from the names of the files: "cat.0.jpg" shows a cat.
        group_column: Heading of the column that names each picture's group (a patient, a writer), in a table of files
            or in groups.csv; no cut separates pictures of one group.
        skip_bad: Go on without pictures that cannot be decoded.
    """

    size: Size | None = None
    gray: bool = False
    label_column: str | None = None
    label_from_name: bool = False
    group_column: str | None = None
    skip_bad: bool = False


DEFAULT_OPTIONS = ReadOptions()
