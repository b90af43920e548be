"""Which data file of a folder people mean: the table for training, no predictions and no form for a contest."""

from collections.abc import Sequence
from pathlib import Path

from tenfold.data.sheet import LABEL_HEADINGS, cells, likely_separator

_PREDICTIONS = ("index", "label", "predicted", "probability", "accepted", "loss")
_LINE_BYTES = 20_000


def table_to_name(paths: Sequence[Path]) -> Path:
    """Of a folder's data files, one or more, the one to give: named train, or a table headed label, or the first."""
    likely = [path for path in paths if "submission" not in path.name.lower() and not is_predictions_file(path)]
    train = [path for path in likely if "train" in path.name.lower()]
    labelled = [path for path in likely if {*LABEL_HEADINGS} & {text.strip().lower() for text in _first_cells(path)}]
    return [*train, *labelled, *likely, *paths][0]


def is_predictions_file(path: Path) -> bool:
    """Whether a file is a table that Tenfold wrote: predictions.csv of a run, or what `evaluate --out` was given."""
    return is_predictions(_first_cells(path))


def is_predictions(headings: Sequence[str]) -> bool:
    """Whether these are the headings of Tenfold's predictions."""
    return tuple(headings[: len(_PREDICTIONS)]) == _PREDICTIONS


def _first_cells(path: Path) -> list[str]:
    if path.suffix.lower() not in (".csv", ".tsv"):
        return []
    try:
        with path.open("rb") as file:
            line = file.readline(_LINE_BYTES).decode("utf-8-sig", "replace").strip()
    except OSError:
        return []
    return cells(line, likely_separator(line))
