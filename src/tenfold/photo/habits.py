"""Digits as many hands form them and MNIST's few hundred hardly ever do: upstrokes, slashed zeros, crossed sevens."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from tenfold.photo.normalisation import stroke_width
from tenfold.photo.page import Array, Values

SHORTEST, LONGEST = 0.25, 0.55
"""Lengths of an upstroke, by the stem's."""

NARROWEST, WIDEST = math.radians(20), math.radians(55)
"""Angles between upstroke and stem."""

FLATTEST = math.radians(55)
"""Largest angle between upstroke and vertical: a flatter one makes a 7."""

_MOST_LEANING = FLATTEST - NARROWEST
"""A stem that leans farther has no room for an upstroke, or is no stem."""

_SLASH = -0.1, 0.1
"""How far a slash reaches beyond the 0, by its height; inside, if negative."""

_BAR, _BAR_PLACE, _BAR_RISE = (0.25, 0.6), (0.4, 0.65), (0.0, 0.35)
"""Length of the bar through a 7 and its distance from the top, by the 7's height; how far it rises by its length."""

_THINNEST_PEN = 1.5
"""In pixels; a finer one leaves no whole line."""


def with_upstroke(ink: Values, random: np.random.Generator) -> Values:
    """A 1 with a stroke from the left up to the top of its stem; as it is, if the stem leans too far for that.

    Args:
        ink: float32 [height, width], 0 is ground, 1 is ink.
        random: Draws angle and length.
    """
    points = _points(ink)
    middle = points.mean(axis=0)
    along = np.linalg.eigh(np.cov((points - middle).T))[1][:, 1]
    along *= math.copysign(1, along[1])  # downwards
    leaning = math.atan2(-along[0], along[1])  # to the right, from the vertical
    if abs(leaning) > _MOST_LEANING:
        return ink
    places = (points - middle) @ along
    top = middle + along * (places.min() + _pen(ink) / 2)
    angle = leaning + random.uniform(NARROWEST, min(WIDEST, FLATTEST - leaning))
    length = random.uniform(SHORTEST, LONGEST) * np.ptp(places)
    return _with_line(ink, top, top + length * np.array([-math.sin(angle), math.cos(angle)]))


def with_slash(ink: Values, random: np.random.Generator) -> Values:
    """A 0 with a slash from its lower left to its upper right.

    Args:
        ink: float32 [height, width], 0 is ground, 1 is ink.
        random: Draws how far the slash reaches.
    """
    points = _points(ink)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    beyond = random.uniform(*_SLASH, 2) * (bottom - top)
    return _with_line(
        ink, np.array([left - beyond[0], bottom + beyond[0]]), np.array([right + beyond[1], top - beyond[1]])
    )


def with_bar(ink: Values, random: np.random.Generator) -> Values:
    """A 7 whose stem is crossed by a bar.

    Args:
        ink: float32 [height, width], 0 is ground, 1 is ink.
        random: Draws where, how long and how steep.
    """
    rows = _points(ink)[:, 1]
    height = np.ptp(rows)
    row = int(rows.min() + random.uniform(*_BAR_PLACE) * height)
    inked = np.flatnonzero(ink[row] > 0.5)
    if not len(inked):
        return ink
    crossing = np.array([inked[-1] - _pen(ink) / 2, row])
    half = random.uniform(*_BAR) * height / 2 * np.array([1, -random.uniform(*_BAR_RISE)])
    return _with_line(ink, crossing - half, crossing + half)


_Habit = Callable[[Values, np.random.Generator], Values]

HABITS: dict[str, tuple[float, _Habit]] = {"0": (0.1, with_slash), "1": (0.4, with_upstroke), "7": (0.2, with_bar)}
"""By digit: the share of images that are changed, and how."""


def in_some_hands(ink: Values, character: str, random: np.random.Generator) -> Values:
    """The character as some hands form it, or as it is.

    Args:
        ink: float32 [height, width], 0 is ground, 1 is ink.
        character: What it is; "0", "1" and "7" may change.
        random: Draws whether, and how.
    """
    share, changed = HABITS.get(character, (0.0, None))
    if changed is None or np.count_nonzero(ink > 0.5) < 2:
        return ink
    return changed(ink, random) if random.random() < share else ink


def _points(ink: Values) -> Array:
    """Where ink is, [n, 2]: across and down."""
    return np.argwhere(ink > 0.5)[:, ::-1].astype(np.float64)


def _pen(ink: Values) -> float:
    return max(stroke_width(ink), _THINNEST_PEN)


def _with_line(ink: Values, start: Array, end: Array) -> Values:
    """Ink with one more stroke of the same pen, and a margin that holds it."""
    pen = _pen(ink)
    margin = math.ceil(
        max(0, *(pen - start), *(pen - end), *(start + pen - ink.shape[::-1]), *(end + pen - ink.shape[::-1]))
    )
    page = PillowImage.fromarray(np.uint8(np.rint(255 * np.pad(ink, margin))))
    draw = ImageDraw.Draw(page)
    start, end = start + margin, end + margin
    draw.line([*start, *end], fill=255, width=round(pen))
    for across, down in (start, end):
        draw.ellipse([across - pen / 2, down - pen / 2, across + pen / 2, down + pen / 2], fill=255)
    return np.asarray(np.asarray(page) / 255, np.float32)
