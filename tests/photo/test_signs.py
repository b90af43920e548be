import numpy as np
import pytest

from tenfold.photo.signs import SIGNS, rounded, sign_strokes


def test_no_letter_is_a_digit_in_some_hands():
    assert not set(SIGNS) & set("BGIJOQSUZabcgijloqsuz")


@pytest.mark.parametrize("name", SIGNS)
def test_strokes_stay_near_the_box(name):
    strokes = sign_strokes(name, np.random.default_rng(0))
    assert len(strokes) == len(SIGNS[name])
    points = np.concatenate(strokes)
    assert points.min() > -0.5
    assert points.max() < 1.9
    assert all(np.ptp(stroke, axis=0).max() > 0.02 for stroke in strokes)


def test_a_rounded_corner_is_cut_off_and_the_ends_stay():
    points = rounded(np.array([[0.0, 0], [1, 0], [1, 1]]))
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [1, 1]
    # Each cut takes a quarter of both sides away.
    assert np.abs(points - (1, 0)).sum(axis=1).min() > 0.2
