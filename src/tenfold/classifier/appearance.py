"""What the training images look like, so that pictures of another look can be told, and adapted."""

import numpy as np

from tenfold.classifier.polarity import Polarity, grey_levels
from tenfold.types import Images

_AT_MOST = 2_000


def pixel_mean(images: Images) -> float:
    """The mean of all pixels, 0…255, to one digit.

    Args:
        images: uint8 [n, height, width, channels], n at least 1; at most 2,000 of them, evenly spaced, are looked at.
    """
    return round(float(_some(images).mean(dtype=np.float64)), 1)


def ink(images: Images, polarity: Polarity) -> tuple[float, float] | None:
    """How much ink the images have, and how wide its strokes are.

    A pixel's share of ink is its distance from the ground (the median of the image's border) as a share of the image's
    largest one; pixels of more than half count as ink. The width is 2 · area / perimeter, which is exact for long
    strokes. The area is the sum of the shares; the perimeter is π/4 · the number of sides at which ink meets ground,
    since on a grid of pixels an outline of all directions alike has 4/π times its length (Crofton's formula).

    Args:
        images: As for `pixel_mean`.
        polarity: How ink and ground lie.

    Returns:
        The mean share of pixels that is ink, 0…1, and the median width in pixels; None without a polarity, or if no
        image has ink.
    """
    if polarity == "none":
        return None
    grey = grey_levels(_some(images))
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
    ground = np.median(border, axis=1)[:, np.newaxis, np.newaxis]
    above = np.maximum(grey - ground if polarity == "light-on-dark" else ground - grey, 0)
    strongest = above.max(axis=(1, 2), keepdims=True)
    drawn = strongest[:, 0, 0] >= 2
    if not drawn.any():
        return None
    share = above[drawn] / strongest[drawn]
    inked = np.pad(share > 0.5, ((0, 0), (1, 1), (1, 1)))
    sides = (inked[:, 1:] != inked[:, :-1]).sum(axis=(1, 2)) + (inked[:, :, 1:] != inked[:, :, :-1]).sum(axis=(1, 2))
    widths = 2 * share.sum(axis=(1, 2)) / (np.pi / 4 * sides)
    return round(float((share > 0.5).mean()), 4), round(float(np.median(widths)), 2)


def _some(images: Images) -> Images:
    return images[:: -(-len(images) // _AT_MOST)]
