from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.evaluation.mistakes import MISTAKES_SHOWN, most_confident_mistakes
from tenfold.figures.prediction_tiles import Predictions
from tenfold.figures.wrong_predictions import wrong_predictions_figure


def _figure(predictions: Predictions, class_names: Sequence[str]) -> Figure:
    wrong = most_confident_mistakes(predictions.probabilities, predictions.labels)
    shown = predictions.take(wrong[:MISTAKES_SHOWN])
    return wrong_predictions_figure(shown, class_names, len(wrong), len(predictions.labels))


def test_nine_mistakes_the_most_confident_first(predictions, class_names, texts_of, assert_nothing_clipped) -> None:
    images = predictions.images
    figure = _figure(predictions, class_names)
    said = texts_of(figure)
    assert sum(text.startswith("✗") for text in said) == 9
    assert "12 of 60 test images; the most confident first" in said
    drawn = [image.get_array() for image in figure.axes[0].images]
    # Probabilities rise with the position, and every fifth picture is wrong.
    assert [next(i for i in range(60) if np.array_equal(images[i], d)) for d in drawn] == list(range(55, 10, -5))
    assert_nothing_clipped(figure)


def test_fewer_than_nine(predictions, class_names) -> None:
    figure = _figure(predictions.take(np.arange(12)), class_names)
    assert len(figure.axes[0].images) == 3


def test_no_mistake_is_said(predictions, class_names, texts_of, assert_nothing_clipped) -> None:
    labels = predictions.probabilities.argmax(axis=1).astype(np.int32)
    figure = _figure(predictions._replace(labels=labels), class_names)
    assert texts_of(figure) == ["Wrong predictions", "None: all 60 test images were recognised."]
    assert_nothing_clipped(figure)
