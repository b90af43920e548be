import numpy as np

from tenfold.figures.wrong_predictions import wrong_predictions_figure


def test_nine_mistakes_the_most_confident_first(predictions, texts_of, assert_nothing_clipped) -> None:
    images = predictions[0]
    figure = wrong_predictions_figure(*predictions)
    said = texts_of(figure)
    assert sum(text.startswith("✗") for text in said) == 9
    assert "12 of 60 test images; the most confident first" in said
    drawn = [image.get_array() for image in figure.axes[0].images]
    # Probabilities rise with the position, and every fifth picture is wrong.
    assert [next(i for i in range(60) if np.array_equal(images[i], d)) for d in drawn] == list(range(55, 10, -5))
    assert_nothing_clipped(figure)


def test_fewer_than_nine(predictions) -> None:
    figure = wrong_predictions_figure(*(part[:12] for part in predictions[:3]), *predictions[3:])
    assert len(figure.axes[0].images) == 3


def test_no_mistake_is_said(predictions, texts_of, assert_nothing_clipped) -> None:
    images, _, probabilities, names, accepted = predictions
    labels = probabilities.argmax(axis=1).astype(np.int32)
    figure = wrong_predictions_figure(images, labels, probabilities, names, accepted)
    assert texts_of(figure) == ["Wrong predictions", "None: all 60 test images were recognised."]
    assert_nothing_clipped(figure)
