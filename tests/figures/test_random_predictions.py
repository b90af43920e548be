from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.prediction_tiles import Predictions
from tenfold.figures.random_predictions import random_predictions_figure, random_predictions_shown
from tenfold.figures.style import png_bytes


def _figure(predictions: Predictions, class_names: Sequence[str], seed: int = 0) -> Figure:
    shown = predictions.take(random_predictions_shown(len(predictions.labels), seed=seed))
    return random_predictions_figure(shown, class_names)


def test_fifteen_by_seed(predictions, class_names, texts_of, assert_nothing_clipped) -> None:
    figure = _figure(predictions, class_names, seed=3)
    said = texts_of(figure)
    wrong = sum(text.startswith("✗") for text in said)
    assert wrong + sum(text.startswith("✓") for text in said) == 15
    assert f"{15 - wrong} of these 15 are right" in said
    assert_nothing_clipped(figure)


def test_same_seed_same_picture(predictions, class_names) -> None:
    first, again, other = (png_bytes(_figure(predictions, class_names, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_fewer_than_fifteen_images(predictions, class_names) -> None:
    figure = _figure(predictions.take(np.arange(4)), class_names)
    assert len(figure.axes[0].images) == 4
