from tenfold.figures.random_predictions import random_predictions_figure
from tenfold.figures.style import png_bytes


def test_fifteen_by_seed(predictions, texts_of, assert_nothing_clipped) -> None:
    figure = random_predictions_figure(*predictions, seed=3)
    said = texts_of(figure)
    wrong = sum(text.startswith("✗") for text in said)
    assert wrong + sum(text.startswith("✓") for text in said) == 15
    assert f"{15 - wrong} of these 15 are right" in said
    assert_nothing_clipped(figure)


def test_same_seed_same_picture(predictions) -> None:
    first, again, other = (png_bytes(random_predictions_figure(*predictions, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_fewer_than_fifteen_images(predictions) -> None:
    figure = random_predictions_figure(*(part[:4] for part in predictions[:3]), *predictions[3:])
    assert len(figure.axes[0].images) == 4
