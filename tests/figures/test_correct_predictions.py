from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.correct_predictions import correct_predictions_figure, correct_predictions_shown
from tenfold.figures.prediction_tiles import Predictions


def _figure(predictions: Predictions, class_names: Sequence[str]) -> Figure:
    shown = predictions.take(correct_predictions_shown(predictions.probabilities, predictions.labels))
    right = int(np.sum(predictions.probabilities.argmax(axis=1) == predictions.labels))
    return correct_predictions_figure(shown, class_names, right, len(predictions.labels))


def test_nine_right_ones_of_all_classes(predictions, class_names, texts_of, assert_nothing_clipped) -> None:
    figure = _figure(predictions, class_names)
    said = texts_of(figure)
    assert sum(text.startswith("✓") for text in said) == 9
    assert not any(text.startswith("✗") for text in said)
    assert len({text for text in said if text.startswith("true: ")}) == 4
    assert "48 of 60 test images were recognised" in said
    assert_nothing_clipped(figure)


def test_none_right(predictions, class_names, texts_of) -> None:
    wrong = (predictions.probabilities.argmax(axis=1) + 1).astype(np.int32) % 4
    figure = _figure(predictions._replace(labels=wrong), class_names)
    assert texts_of(figure) == ["Right predictions", "0 of 60 test images were recognised"]


def test_ten_classes_have_a_picture_each(texts_of, assert_nothing_clipped) -> None:
    labels = np.arange(30, dtype=np.int32) % 10
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), np.uint8)
    figure = _figure(Predictions(images, labels, np.eye(10, dtype=np.float32)[labels], labels > -1), "0123456789")
    assert {text for text in texts_of(figure) if text.startswith("true: ")} == {f"true: {digit}" for digit in range(10)}
    assert_nothing_clipped(figure)
