"""One character's ink → the network's input, as MNIST's digits were normalised.

Tight box, square around it, area-weighted grey of 20×20 pixels, placed in 28×28 so that the centre of mass comes to
the centre by a shift of whole pixels, stretched to 0…255 (http://yann.lecun.com/exdb/mnist). Training images that go
through the same function look to the network as photos will.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from tenfold.photo.page import around_ink

Ink = np.ndarray[Any, np.dtype[np.float32]]
"""[height, width]: 0 is ground, 1 is ink."""

MNIST_SHAPE = (28, 28, 1)
"""Height, width and channels of MNIST's images."""

BOX_SHARE = 20 / 28
"""How much of the image's shorter side the box of the ink takes."""

_ROUNDED = 0.6
"""Pixels by which the centre of mass lies beside the middle at most: it is brought there by whole pixels."""

_FAINT = 1.5
"""Pixels by which the box may be smaller than it should be: rows of hardly any ink."""

MNIST_STROKE_WIDTH = 2.36
"""Median of `stroke_width` over MNIST's training images, in pixels (of 28×28)."""


def normalise_character(ink: Ink, size: tuple[int, int] = (28, 28)) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bring the ink of one character to the form of MNIST's images.

    The grey of each pixel is the mean ink of the area that it covers; nothing is rounded but the final shift.

    Args:
        ink: [height, width], values from 0 (ground) upwards, of any scale; everything above 0 counts as ink.
        size: Height and width of the image that is wanted; the box takes 20/28 of the shorter.

    Returns:
        uint8 of that size, light ink (up to 255) on black ground; all black if there is no ink.
    """
    height, width = size
    image = np.zeros(size, np.uint8)
    found = around_ink(ink)
    if found is None:
        return image
    tight = ink[found]
    side = max(1, round(BOX_SHARE * min(size)))
    square = max(tight.shape)
    down, across = (area_weights(length, square, side) for length in tight.shape)
    box = down @ tight @ across.T
    total = box.sum()
    centre_row = (box.sum(axis=1) @ np.arange(side)) / total
    centre_column = (box.sum(axis=0) @ np.arange(side)) / total
    top = min(max(round(height // 2 - float(centre_row)), 0), height - side)
    left = min(max(round(width // 2 - float(centre_column)), 0), width - side)
    image[top : top + side, left : left + side] = np.rint(box * (255 / box.max()))
    return image


def is_normalised(ink: Ink) -> bool:
    """Whether an image has the form that `normalise_character` gives: all of MNIST's images have.

    Args:
        ink: [height, width], values from 0 (ground) upwards, of any scale, not all 0.
    """
    side, total = BOX_SHARE * min(ink.shape), ink.sum()
    box = max(np.ptp(np.flatnonzero(ink.max(axis=axis) > 0)) + 1 for axis in (0, 1))
    off_centre = max(
        abs(float(ink.sum(axis=1 - axis) @ np.arange(length)) / total - length // 2)
        for axis, length in enumerate(ink.shape)
    )
    return bool(-_FAINT <= box - side <= 0.5 and off_centre <= _ROUNDED)


@lru_cache(maxsize=1024)
def area_weights(length: int, square: int, side: int) -> Ink:
    """Weights [side, length] of the pixels of a line in each of `side` equal cells.

    The line lies in the middle of a longer one, of `square` pixels; the cells divide that one. A weight is the share
    of the cell that the pixel covers.
    """
    starts = np.arange(length) + (square - length) // 2  # whole pixels: what fits already stays as it is
    edges = np.arange(side + 1) * (square / side)
    low = np.maximum(starts[np.newaxis], edges[:-1, np.newaxis])
    high = np.minimum(starts[np.newaxis] + 1, edges[1:, np.newaxis])
    return np.asarray(np.maximum(high - low, 0) * (side / square), np.float32)


def stroke_width(ink: Ink) -> float:
    """The mean width of the strokes: twice the ink's area by the length of its outline, in pixels.

    The outline's length is the total variation, the sum of the gradient's length over all pixels, so that grey edges
    count as sharp ones do. 0 without ink.

    Args:
        ink: [height, width], 0…1 (or 0…255: the scale does not matter).
    """
    padded = np.pad(ink.astype(np.float32), 1)
    variation = np.hypot(np.diff(padded, axis=0)[:, 1:], np.diff(padded, axis=1)[1:]).sum()
    return float(2 * padded.sum() / variation) if variation else 0.0
