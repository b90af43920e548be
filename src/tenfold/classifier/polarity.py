"""How ink and ground lie: light ink on dark ground, or dark ink on light."""

import math
from typing import Any, Literal

import numpy as np

from tenfold.types import Greys, Images

Polarity = Literal["light-on-dark", "dark-on-light", "none"]

PLAIN_SHARE, PLAIN_LEVELS = 0.9, 24
"""An image is plainly of one polarity only if so much of its border lies within so many grey levels of the ground."""

LIGHT_GROUND, DARK_GROUND = 176, 80
"""Grey levels from which on, and up to which, a ground is plainly light or dark."""

LEAST_DIFFERENCE = 2
"""Grey levels by which the mean inside the border differs from the ground, at least."""

_MOST_NEGATIVES = 0.01
"""Share of the training images that may be negatives of the others, of which the network has learnt nothing then."""


def grey_levels(images: Images) -> Greys:
    """The mean of each pixel's channels, 0…255.

    Args:
        images: uint8 [n, height, width, channels].
    """
    # Whole channels added up: nine times as quick as a mean over the last axis of colour images.
    channels = np.stack([images[..., channel] for channel in range(images.shape[3])])
    greys: Greys = channels.mean(axis=0, dtype=np.float32)
    return greys


def polarity(images: Images) -> Polarity:
    """Tell light ink on dark ground from dark ink on light ground.

    The ground of an image is the median of its border (the outermost pixels, grey). An image counts if at
    least three quarters of its border lie within 32 grey levels of the ground, and the mean of the other
    pixels differs from the ground by at least 2 levels: upwards is light on dark, downwards dark on light. A
    polarity holds for the data if at least three quarters of the images have it. Photos without a plain
    ground, and data of both kinds, have none.

    Args:
        images: uint8 [n, height, width, channels], the training images; at most 10,000 of them, evenly
            spaced, are looked at.
    """
    grey = grey_levels(_at_most_10_000(images))
    inside = inner_pixels(*grey.shape[1:])
    if not inside.any():
        return "none"
    border, rest = grey[:, ~inside], grey[:, inside]
    ground = np.median(border, axis=1, keepdims=True)
    plain = (np.abs(border - ground) <= 32).mean(axis=1) >= 0.75
    difference = rest.mean(axis=1) - ground[:, 0]
    if (plain & (difference >= LEAST_DIFFERENCE)).mean() >= 0.75:
        return "light-on-dark"
    if (plain & (difference <= -LEAST_DIFFERENCE)).mean() >= 0.75:
        return "dark-on-light"
    return "none"


def is_negative(images: Images, polarity: Polarity) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether images are plainly negatives of images of a polarity.

    The ground of an image is the median of its border (the outermost pixels, grey). Nearly all of the border
    (`PLAIN_SHARE`) has to be alike, and light with a darker inside where training images have light ink on dark ground,
    or dark with a lighter inside where they have dark ink on light ground.

    Args:
        images: uint8 [n, height, width, channels].
        polarity: Of the training images; "none" has no negatives.

    Returns:
        bool [n].
    """
    height, width = images.shape[1:3]
    if polarity == "none" or min(height, width) < 3:
        return np.zeros(len(images), bool)
    grey, inside = grey_levels(images), inner_pixels(height, width)
    border, rest = grey[:, ~inside], grey[:, inside]
    ground = np.median(border, axis=1)
    alike = (np.abs(border - ground[:, np.newaxis]) <= PLAIN_LEVELS).sum(axis=1)
    plain = alike >= math.ceil(PLAIN_SHARE * border.shape[1])
    difference = rest.mean(axis=1) - ground
    if polarity == "light-on-dark":
        return np.asarray(plain & (ground >= LIGHT_GROUND) & (difference <= -LEAST_DIFFERENCE))
    return np.asarray(plain & (ground <= DARK_GROUND) & (difference >= LEAST_DIFFERENCE))


def may_invert_negatives(images: Images, polarity: Polarity) -> bool:
    """Whether hardly any of the training images are negatives of the others, so that a negative is best inverted.

    Args:
        images: uint8 [n, height, width, channels], the training images; at most 10,000 of them are looked at.
        polarity: Of most of them.
    """
    return bool(is_negative(_at_most_10_000(images), polarity).mean() < _MOST_NEGATIVES)


def inner_pixels(height: int, width: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which pixels do not belong to the border, bool [height, width]."""
    inside = np.zeros((height, width), bool)
    inside[1:-1, 1:-1] = True
    return inside


def _at_most_10_000(images: Images) -> Images:
    return images[:: -(-len(images) // 10_000)]
