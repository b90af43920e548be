import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tenfold.photo.habits import (
    FLATTEST,
    HABITS,
    LONGEST,
    NARROWEST,
    SHORTEST,
    WIDEST,
    in_some_hands,
    with_bar,
    with_slash,
    with_upstroke,
)

_HEIGHT, _PEN = 60, 5


def _stem(degrees):
    """A straight stroke that leans so far to the right."""
    page = Image.new("L", (140, 84))
    sideways = _HEIGHT / 2 * math.tan(math.radians(degrees))
    ImageDraw.Draw(page).line([70 + sideways, 12, 70 - sideways, 12 + _HEIGHT], fill=255, width=_PEN)
    return np.asarray(np.asarray(page) / 255, np.float32)


def _added(before, after):
    """Where ink came in: rows and columns, counted from the first image's corner; nothing else may have changed."""
    margin = (after.shape[0] - before.shape[0]) // 2
    wide = np.pad(before, margin)
    np.testing.assert_allclose(np.maximum(after, wide), after, atol=1 / 255)
    rows, columns = np.nonzero((after > 0.5) & (wide <= 0.5))
    return rows - margin, columns - margin


@pytest.mark.parametrize("degrees", [-20, 0, 25])
def test_the_upstroke_goes_from_the_lower_left_to_the_top_of_the_stem(degrees):
    stem = _stem(degrees)
    leaning, length = math.radians(degrees), _HEIGHT / math.cos(math.radians(degrees))
    for seed in range(20):
        rows, columns = _added(stem, with_upstroke(stem, np.random.default_rng(seed)))
        top = np.array([70 + _HEIGHT / 2 * math.tan(leaning), 12])
        away = np.stack([columns, rows], axis=1) - top
        across, down = away[np.hypot(*away.T).argmax()]
        assert SHORTEST * length - _PEN <= math.hypot(across, down) <= LONGEST * length + _PEN
        tolerance = math.atan2(_PEN, SHORTEST * length)
        angle = math.atan2(-across, down)
        assert leaning + NARROWEST - tolerance <= angle <= min(FLATTEST, leaning + WIDEST) + tolerance


@pytest.mark.parametrize("degrees", [40, -40, -60])
def test_a_stem_that_leans_too_far_stays_as_it_is(degrees):
    stem = _stem(degrees)
    assert with_upstroke(stem, np.random.default_rng(0)) is stem


def test_a_slash_crosses_the_inside_from_the_lower_left_to_the_upper_right():
    page = Image.new("L", (84, 84))
    ImageDraw.Draw(page).ellipse([22, 12, 62, 72], outline=255, width=_PEN)
    zero = np.asarray(np.asarray(page) / 255, np.float32)
    for seed in range(10):
        rows, columns = _added(zero, with_slash(zero, np.random.default_rng(seed)))
        assert np.corrcoef(rows, columns)[0, 1] < -0.9
        assert np.hypot(rows - 42, columns - 42).min() < _PEN  # through the middle
        assert 6 - _PEN <= rows.min() < rows.max() <= 78 + _PEN


def test_a_bar_crosses_the_stem_of_a_seven():
    page = Image.new("L", (84, 84))
    ImageDraw.Draw(page).line([20, 14, 60, 14, 40, 70], fill=255, width=_PEN)
    seven = np.asarray(np.asarray(page) / 255, np.float32)
    for seed in range(10):
        rows, columns = _added(seven, with_bar(seven, np.random.default_rng(seed)))
        assert 14 + 0.25 * 56 < rows.min() < rows.max() < 14 + 0.8 * 56
        stem = 60 - 20 * (rows.mean() - 14) / 56
        assert columns.min() < stem - _PEN / 2
        assert columns.max() > stem + _PEN / 2


def test_the_share_of_each_digit_that_is_formed_so():
    stem, random = _stem(0)[::4, ::4], np.random.default_rng(0)
    for character in "0123456789A":
        changed = np.mean([in_some_hands(stem, character, random) is not stem for _ in range(2000)])
        assert changed == pytest.approx(HABITS[character][0] if character in HABITS else 0, abs=0.03)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 12), st.sampled_from(sorted(HABITS)))
def test_any_ink_at_all_can_be_formed_so(seed, height, width, character):
    random = np.random.default_rng(seed)
    ink = (random.random((height, width)) < random.random()).astype(np.float32)
    for _ in range(10):
        formed = in_some_hands(ink, character, random)
        assert formed.dtype == np.float32
        assert 0 <= formed.min() <= formed.max() <= 1
        assert formed.sum() >= ink.sum() - 1e-3
