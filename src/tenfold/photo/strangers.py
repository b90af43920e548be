"""What is no digit, drawn by ourselves: letters, signs, doodles, scribbles, silhouettes, digits that run together.

A network that has seen such things, told that they may be any class as well as any other, is unsure of what it has not
seen either (outlier exposure: Hendrycks, Mazeika, Dietterich, ICLR 2019). Nothing here is traced from anyone's
handwriting or font.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw
from scipy import ndimage

from tenfold.data.sizes import Progress
from tenfold.photo.network_input import network_input
from tenfold.photo.page import Array, Values, around_ink
from tenfold.photo.redrawing import bent, photographed
from tenfold.photo.signs import SIGNS, Points, rounded, sign_strokes
from tenfold.photo.spoiling import spoil
from tenfold.types import Images

_FINE, _MARGIN, _SUPERSAMPLED = 84, 12, 2
"""Pixels: the side of a drawing, the margin around a character's box in it, and how often finer it is drawn."""

_THINNEST, _THICKEST = 2.0, 13.0
"""Strokes' widths in pixels of the drawing."""

_PHOTOGRAPHED = 0.7
"""Share of the images that look as from a photo, out of focus or of strong contrast."""

_FILLING = 0.6
"""Share of the things and patterns that fill the image; the others have a digit's size and place, as from a photo."""

_MOST_MARGIN = 7
"""A margin of what fills an image is at most the image's side divided by this."""

SPOILT = 0.15
"""Share of the images that look as if cleaning had failed."""

_STREAM = 1
"""Image i is not drawn by the very numbers by which `redraw` draws image i."""

_AT_ONCE = 500


def draw_strangers(count: int, digits: Images, seed: int, progress: Progress = lambda done, total: None) -> Images:
    """Draw images that belong to no class.

    Args:
        count: How many.
        digits: uint8 [n, height, width, 1], light ink on black ground: some of them are put side by side.
        seed: Image number i is drawn by (seed, i), whatever the others are.
        progress: Is called with the images done and all images.

    Returns:
        uint8 [count, height, width, 1], as `network_input` gives photos of such things, but for those that are spoilt.
    """
    drawn = np.zeros((count, *digits.shape[1:]), np.uint8)

    def draw(start: int) -> None:
        for number in range(start, min(start + _AT_ONCE, count)):
            drawn[number, ..., 0] = _stranger(digits, np.random.default_rng((_STREAM, seed, number)))

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done, _ in enumerate(threads.map(draw, range(0, count, _AT_ONCE)), start=1):
            progress(min(done * _AT_ONCE, count), count)
    return drawn


def _stranger(digits: Images, random: np.random.Generator) -> Array:
    size = digits.shape[1:3]
    kind = _KINDS[random.choice(len(_KINDS), p=_SHARES)]
    ink = bent(kind(digits, random), random)
    if random.random() < _PHOTOGRAPHED:
        ink = photographed(ink, random)
    if kind in (_silhouette, _texture) and random.random() < _FILLING:
        return _filling(ink, size, random)
    image, _ = network_input(ink, size)
    return spoil(image, random) if random.random() < SPOILT else image


def _filling(ink: Values, size: tuple[int, int], random: np.random.Generator) -> Array:
    """As data sets of things have it: up to the edges of the image, wherever the centre of mass is then."""
    box = around_ink(ink)
    image = np.zeros(size, np.uint8)
    if box:
        (top, left), (bottom, right) = random.integers(0, min(size) // _MOST_MARGIN + 1, (2, 2))
        tight = PillowImage.fromarray(ink[box])
        inside = image[top : size[0] - bottom, left : size[1] - right]
        inside[:] = np.rint(255 * np.asarray(tight.resize(inside.shape[::-1], PillowImage.Resampling.BOX)))
    return image


def _sign(digits: Images, random: np.random.Generator) -> Values:
    """A letter or sign."""
    names = list(SIGNS)
    return _inked(sign_strokes(names[random.integers(len(names))], random), random)


def _scribble(digits: Images, random: np.random.Generator) -> Values:
    """One stroke that turns many times, or several that turn a few times."""
    if random.random() < 0.5:
        counts = [int(random.integers(7, 16))]
    else:
        counts = random.integers(2, 6, int(random.integers(3, 6))).tolist()
    strokes = [random.random((count, 2)) for count in counts]
    return _inked([rounded(points) if random.random() < 0.6 else points for points in strokes], random)


def _doodle(digits: Images, random: np.random.Generator) -> Values:
    """An outline with other shapes in and around it. Smaller ones would often leave a 0."""
    strokes = [_shape(np.array([0.5, 0.5]), random.uniform(0.3, 0.5), random)]
    for _ in range(int(random.integers(2, 6))):
        strokes.append(_shape(random.uniform(0.1, 0.9, 2), random.uniform(0.1, 0.25), random))
    return _inked(strokes, random)


def _shape(centre: Points, size: float, random: np.random.Generator, *, broad: bool = False) -> Points:
    """A circle, polygon or star; unless it is to be broad, also an arc, a line, a zigzag, long and narrow."""
    corners = int(random.choice([3, 4, 5, 6, 24, 24] if broad else [2, 3, 4, 5, 6, 24, 24, 24]))
    turn = 2 * np.pi if broad or random.random() < 0.6 else random.uniform(1.5, 4.5)
    angles = random.uniform(0, 2 * np.pi) + np.linspace(0, turn, corners + 1)
    radius = np.full(corners + 1, size)
    if corners in (5, 6):
        radius[1::2] *= random.uniform(0.4, 1)
    stretch = np.exp(random.uniform(-0.15, 0.15, 2) if broad else random.uniform(-0.4, 0.4, 2))
    around = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
    return np.asarray(centre + stretch * around, np.float64)


def _silhouette(digits: Images, random: np.random.Generator) -> Values:
    """Filled shapes, one over the other, with patterns: things rather than strokes. No hole is cut: it makes a 0."""
    page = PillowImage.new("F", (_FINE, _FINE))
    draw = ImageDraw.Draw(page)
    # A narrow one alone would be a 1 from a broad pen.
    first = _shape(np.array([0.5, 0.5]), random.uniform(0.35, 0.5), random, broad=True)
    draw.polygon(_corners(first), fill=random.uniform(0.4, 1))
    for _ in range(int(random.integers(0, 5))):
        shape = _shape(random.uniform(0.2, 0.8, 2), random.uniform(0.1, 0.35), random)
        draw.polygon(_corners(shape), fill=random.uniform(0.4, 1))
    ink = np.asarray(page)
    if random.random() < 0.6:
        ink = ink * _pattern(random)
    return np.asarray(ndimage.gaussian_filter(ink, random.uniform(0, 2)), np.float32)


def _pattern(random: np.random.Generator) -> Values:
    """Waves or blotches, 0…1."""
    down, across = np.mgrid[:_FINE, :_FINE]
    if random.random() < 0.5:
        angle, length = random.uniform(0, np.pi), random.uniform(6, 40)
        waves = 0.5 + 0.5 * np.sin(2 * np.pi * (across * np.cos(angle) + down * np.sin(angle)) / length)
        return np.asarray(random.uniform(0, 0.6) + 0.4 * waves, np.float32)
    cells = int(random.integers(3, 14))
    coarse = PillowImage.fromarray(random.random((cells, cells), dtype=np.float32))
    smooth = coarse.resize((_FINE, _FINE), PillowImage.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(smooth), 0, 1), np.float32)


def _texture(digits: Images, random: np.random.Generator) -> Values:
    """No ground and no figure."""
    ink = _pattern(random)
    low, high = np.quantile(ink, [random.uniform(0, 0.5), random.uniform(0.6, 1)])
    return np.asarray(np.clip((ink - low) / max(high - low, 0.05), 0, 1), np.float32)


def _together(digits: Images, random: np.random.Generator) -> Values:
    """Two or three digits that touch, side by side."""
    row = np.zeros((_FINE, 0), np.float32)
    for image in digits[random.integers(len(digits), size=int(random.choice([2, 2, 3]))), ..., 0]:
        size = (round(_FINE * image.shape[1] / image.shape[0]), _FINE)
        large = PillowImage.fromarray(image).resize(size, PillowImage.Resampling.BICUBIC)
        ink = np.asarray(np.asarray(large) / 255, np.float32)
        ink = ink[:, ink.max(axis=0) > 0]
        shared = min(int(random.integers(2, 9)), ink.shape[1], row.shape[1])
        left = row.shape[1] - shared
        row = np.concatenate([row[:, :left], np.maximum(row[:, left:], ink[:, :shared]), ink[:, shared:]], axis=1)
    return np.pad(row, _MARGIN)


def _corners(points: Points, finer: int = 1) -> list[tuple[float, float]]:
    """From the character's box to pixels of the drawing, as Pillow takes them."""
    return [(x, y) for x, y in (finer * (_MARGIN + (_FINE - 2 * _MARGIN) * points)).tolist()]


def _inked(strokes: list[Points], random: np.random.Generator) -> Values:
    """Strokes drawn with a round pen."""
    finer = _SUPERSAMPLED
    page = PillowImage.new("L", (finer * _FINE, finer * _FINE))
    draw = ImageDraw.Draw(page)
    width = float(np.exp(random.uniform(np.log(_THINNEST), np.log(_THICKEST))))
    radius = finer * width / 2
    for points in strokes:
        course = _corners(points, finer)
        draw.line(course, fill=255, width=round(2 * radius), joint="curve")
        for x, y in (course[0], course[-1]):
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    small = page.resize((_FINE, _FINE), PillowImage.Resampling.BOX)
    return np.asarray(np.asarray(small) / 255, np.float32)


_Kind = Callable[[Images, np.random.Generator], Values]

_KINDS: tuple[_Kind, ...] = (_sign, _scribble, _doodle, _silhouette, _texture, _together)
_SHARES = (0.36, 0.09, 0.1, 0.22, 0.15, 0.08)
