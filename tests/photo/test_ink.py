import numpy as np
import pytest

from tenfold.photo.ink import clear_ink, smooth_paper
from tenfold.photo.page import Page


def stripe(noise: float, darkness: float = 0.6) -> Page:
    values = np.random.default_rng(0).normal(0, noise, (120, 200)).astype(np.float32) if noise else np.zeros((120, 200))
    values[50:60, 20:180] += darkness
    return Page(np.asarray(values, np.float32), stroke_pixels=10)


@pytest.mark.parametrize(("noise", "darkness"), [(0, 0.1), (0.02, 0.3), (0.05, 0.8)])
def test_ink_is_one_and_paper_is_zero(noise, darkness):
    page = clear_ink(smooth_paper(stripe(noise, darkness)))
    assert page.values[52:58, 25:175].min() > 0.5
    assert not page.values[:40].any()
    assert not page.values[70:].any()
    assert page.stroke_pixels == pytest.approx(10, rel=0.25)


def test_faint_parts_belong_to_the_ink_only_where_they_touch_it():
    page = stripe(0, 0.6)
    page.values[50:60, 180:195] = 0.25
    page.values[90:100, 20:35] = 0.25
    ink = clear_ink(page).values
    assert ink[55, 185] > 0
    assert not ink[85:].any()


def test_plain_ground_is_not_smoothed():
    page = stripe(0)
    assert smooth_paper(page) is page


def test_noise_alone_is_no_ink():
    page = Page(np.random.default_rng(1).normal(0, 0.03, (200, 200)).astype(np.float32))
    assert not clear_ink(page).values.any()
