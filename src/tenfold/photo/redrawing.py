"""Digits written again: with another pen, slant and size, and brought back to the network's form as photos are.

Training on these shows a network what handwriting looks like beyond MNIST's one scanner and its few hundred hands.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image as PillowImage
from scipy import ndimage

from tenfold.data.class_names import are_digits
from tenfold.data.sizes import Progress
from tenfold.photo.habits import in_some_hands
from tenfold.photo.network_input import network_input
from tenfold.photo.normalisation import BOX_SHARE, stroke_width
from tenfold.photo.page import Array, Values
from tenfold.photo.spoiling import spoil
from tenfold.types import Images, Labels

_FINE = 3
"""Images are enlarged so many times before strokes change: a fraction of a pixel counts."""

_SLANT, _TURN, _ASPECT = 0.35, 0.17, 0.3
"""Limits: sideways by height, radians, natural logarithm of width by height."""

_THINNEST, _THICKEST = 0.55, 1.9
"""Strokes' widths by what they were, evenly drawn on a logarithmic scale."""

_MOST_BLUR = 0.05
"""Standard deviation by the character's height, as from a photo out of focus."""

_FEWEST_PIXELS, _MANY_PIXELS = 7, 20
"""Along a side of a photo of few pixels."""

SPOILT = 0.4
"""Share of the training images that look as if cleaning had failed."""

_AT_ONCE = 500


def shown_characters(labels: Labels, class_names: Sequence[str]) -> list[str]:
    """What images show, for `redraw`: their classes, if all of these are digits; "" where letters could be meant."""
    if not are_digits(class_names):
        return [""] * len(labels)
    return [class_names[label] for label in labels]


def redraw(
    images: Images,
    characters: Sequence[str],
    seed: int,
    progress: Progress = lambda done, total: None,
    *,
    spoilt: float = SPOILT,
) -> Images:
    """Write each image's character again, in another manner.

    Args:
        images: uint8 [n, height, width, 1], light ink on black ground.
        characters: [n], what they show: "0", "1" and "7" are formed otherwise at times, see `HABITS`.
        seed: Image number i is drawn by (seed, i), whatever the others are.
        progress: Is called with the images done and all images.
        spoilt: Share of the images that `spoil` changes, too.

    Returns:
        uint8 of the same shape, as `network_input` gives them, but for those that are spoilt; a blank image stays as
        it is.
    """
    redrawn = np.empty_like(images)

    def draw(start: int) -> None:
        for number in range(start, min(start + _AT_ONCE, len(images))):
            random = np.random.default_rng((seed, number))
            redrawn[number, ..., 0] = _redrawn(images[number, ..., 0], characters[number], random, spoilt)

    # SciPy and Pillow let other threads work while they compute.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done, _ in enumerate(threads.map(draw, range(0, len(images), _AT_ONCE)), start=1):
            progress(min(done * _AT_ONCE, len(images)), len(images))
    return redrawn


def _redrawn(image: Array, character: str, random: np.random.Generator, spoilt: float) -> Array:
    ink = in_some_hands(_enlarged(image), character, random)
    ink = _other_pen(bent(ink, random), random)
    ink = photographed(ink, random)
    redrawn, _ = network_input(ink, image.shape)
    if not redrawn.any():
        return image
    return spoil(redrawn, random) if random.random() < spoilt else redrawn


def _enlarged(image: Array) -> Values:
    height, width = image.shape
    size = (_FINE * width, _FINE * height)
    large = PillowImage.fromarray(image).resize(size, PillowImage.Resampling.BICUBIC)
    return np.asarray(np.asarray(large) / 255, np.float32)


def bent(ink: Values, random: np.random.Generator) -> Values:
    """Slanted, turned, made wider or narrower."""
    slant, turn = random.uniform(-_SLANT, _SLANT), random.uniform(-_TURN, _TURN)
    stretch = np.exp(random.uniform(-_ASPECT, _ASPECT) / 2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[stretch, 0], [slant, 1 / stretch]])
    centre = (np.array(ink.shape) - 1) / 2
    bent = ndimage.affine_transform(ink, matrix, centre - matrix @ centre, order=1)
    return np.asarray(bent, np.float32)


def _other_pen(ink: Values, random: np.random.Generator) -> Values:
    """Strokes of another width, their edges smoothed as by ink that spreads."""
    inside = ink > 0.5
    now = stroke_width(inside.astype(np.float32))
    if not now:
        return ink
    factor = float(np.exp(random.uniform(np.log(_THINNEST), np.log(_THICKEST))))
    radius = (max(factor * now, 1.5) - now) / 2
    margin = int(max(radius, 0)) + 2
    inside = np.pad(inside, margin)
    if radius >= 0:
        distance = radius + 1 - ndimage.distance_transform_edt(~inside)
    else:
        distance = ndimage.distance_transform_edt(inside) + radius
    return np.asarray(np.clip(distance, 0, 1), np.float32)


def photographed(ink: Values, random: np.random.Generator) -> Values:
    """Out of focus or of few pixels, and with the contrast that a threshold leaves."""
    if random.random() < 0.5:
        blur = random.uniform(0, _MOST_BLUR) * BOX_SHARE * ink.shape[0]
        ink = ndimage.gaussian_filter(ink, blur)
    if random.random() < 0.35:
        side = int(random.integers(_FEWEST_PIXELS, _MANY_PIXELS))
        small = PillowImage.fromarray(ink).resize((side, side), PillowImage.Resampling.BOX)
        ink = np.asarray(small.resize(ink.shape[::-1], PillowImage.Resampling.BICUBIC), np.float32)
    low = random.uniform(0.05, 0.3)
    high = random.uniform(0.6, 1.0) * max(float(ink.max()), 0.1)
    return np.asarray(np.clip((ink - low * high) / (high - low * high), 0, 1), np.float32)
