"""Fifteen images as they come: what the model does on average, neither its best nor its worst."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.prediction_tiles import Predictions, prediction_gallery
from tenfold.figures.style import figure_style
from tenfold.types import Indices


def random_predictions_shown(count: int, seed: int = 0) -> Indices:
    """Which of so many images the figure shows: fifteen, chosen by chance. The same seed chooses the same images."""
    positions: Indices = np.random.default_rng(seed).choice(count, min(15, count), replace=False)
    return positions


@figure_style()
def random_predictions_figure(shown: Predictions, class_names: Sequence[str]) -> Figure:
    """Draw images in rows of five.

    Args:
        shown: The images of `random_predictions_shown`.
        class_names: One name for each class.
    """
    right = int(np.count_nonzero(shown.probabilities.argmax(axis=1) == shown.labels))
    return prediction_gallery(
        shown,
        class_names,
        columns=5,
        title="Predictions for random test images",
        note=f"{right} of these {len(shown.labels)} are right",
    )
