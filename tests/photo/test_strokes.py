import numpy as np
import pytest

from tenfold.photo.normalisation import MNIST_STROKE_WIDTH, stroke_width
from tenfold.photo.strokes import adapt_stroke


@pytest.fixture
def ink_of(written):
    """The ink of a seven, written with a pen of that width."""

    def ink_of(pen: int) -> np.ndarray:
        ink = 1 - np.asarray(written("7", pen), np.float32) / 255
        rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
        return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    return ink_of


def width_in_image(ink: np.ndarray) -> float:
    return stroke_width(ink) * 20 / max(ink.shape)


@pytest.mark.parametrize(("pen", "change"), [(3, "thickened"), (60, "thinned")])
def test_unusual_strokes_come_nearer_to_the_usual_width(ink_of, pen, change):
    ink = ink_of(pen)
    adapted, found = adapt_stroke(ink, MNIST_STROKE_WIDTH)
    assert found == change
    assert abs(width_in_image(adapted) - MNIST_STROKE_WIDTH) < 0.7 * abs(width_in_image(ink) - MNIST_STROKE_WIDTH)
    assert adapted.min() >= 0
    assert adapted.max() <= 1


def test_usual_strokes_stay(ink_of):
    ink = ink_of(22)
    adapted, change = adapt_stroke(ink, MNIST_STROKE_WIDTH)
    assert change is None
    assert adapted is ink


def test_a_hair_of_a_few_pixels_is_thickened_by_fractions():
    ink = np.zeros((40, 40), np.float32)
    ink[:, 20] = 1
    adapted, change = adapt_stroke(ink[:, 18:23], MNIST_STROKE_WIDTH)
    assert change == "thickened"
    assert width_in_image(adapted) == pytest.approx(0.85 * MNIST_STROKE_WIDTH, rel=0.2)


def test_faint_ink_has_no_edge_to_move():
    sliver = np.full((60, 2), 0.4, np.float32)
    adapted, change = adapt_stroke(sliver, MNIST_STROKE_WIDTH)
    assert change is None
    assert adapted is sliver
