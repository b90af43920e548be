"""Images that the model recognised, of every class as far as there is room."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.gallery import spread_over_classes
from tenfold.figures.prediction_tiles import Predictions, prediction_gallery
from tenfold.figures.style import figure_style
from tenfold.types import Indices, Labels, Probabilities


def correct_predictions_shown(probabilities: Probabilities, labels: Labels) -> Indices:
    """Which right predictions the figure shows: the first of each class, in turn.

    With fewer right predictions, or more than fifteen classes, not every class has one.

    Args:
        probabilities: [n, classes].
        labels: [n], 0…classes-1.
    """
    right = np.flatnonzero(probabilities.argmax(axis=1) == labels)
    rows, columns = _grid(probabilities.shape[1])
    positions: Indices = right[spread_over_classes(labels[right], rows * columns)]
    return positions


@figure_style()
def correct_predictions_figure(shown: Predictions, class_names: Sequence[str], right: int, count: int) -> Figure:
    """Draw right predictions in rows of three, or of five for more than nine classes.

    Args:
        shown: The images of `correct_predictions_shown`.
        class_names: One name for each class.
        right: How many test images were recognised.
        count: How many test images there are.
    """
    return prediction_gallery(
        shown,
        class_names,
        columns=_grid(len(class_names))[1],
        title="Right predictions",
        note=f"{right:,} of {count:,} test images were recognised",
    )


def _grid(classes: int) -> tuple[int, int]:
    """Rows and columns: two rows for ten classes; with fewer than ten, a class has several pictures."""
    return (3, 3) if classes < 10 else (min(3, -(-classes // 5)), 5)
