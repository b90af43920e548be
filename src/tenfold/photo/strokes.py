"""Strokes much thinner or thicker than those of the training images, brought nearer to them."""

from typing import Literal

import numpy as np
from PIL import Image as PillowImage
from scipy import ndimage

from tenfold.photo.normalisation import BOX_SHARE, stroke_width
from tenfold.photo.page import Values

THINNEST, THICKEST = 0.7, 1.6
"""Strokes between these multiples of the training images' width stay as they are (in MNIST, nine in ten do)."""

Change = Literal["thickened", "thinned"] | None

_FINE_PIXELS = 80


def adapt_stroke(ink: Values, wanted_pixels: float, image_side: int = 28) -> tuple[Values, Change]:
    """Make strokes thicker or thinner if their width is very unlike the training images'.

    Args:
        ink: float32 [height, width], 0…1, tightly cut out.
        wanted_pixels: The width of strokes in the training images, see `stroke_width`.
        image_side: The shorter side of the training images, in pixels.

    Returns:
        The ink (with a margin, if it has grown), and what was done.
    """
    to_image = BOX_SHARE * image_side / max(ink.shape)
    width = stroke_width(ink) * to_image
    faint = not (ink >= 0.5).any()  # no pixel is certainly ink, so that there is no edge to move
    if THINNEST * wanted_pixels <= width <= THICKEST * wanted_pixels or width == 0 or faint:
        return ink, None
    ink, to_image = _fine(ink), to_image * max(ink.shape) / max(_FINE_PIXELS, *ink.shape)
    if width < wanted_pixels:
        radius = (0.85 * wanted_pixels - width) / 2 / to_image
        margin = int(radius) + 2
        distance = ndimage.distance_transform_edt(np.pad(ink, margin) < 0.5)
        return _edge(radius + 1 - distance), "thickened"
    radius = min((width - 1.3 * wanted_pixels) / 2, 0.3 * width) / to_image
    distance = ndimage.distance_transform_edt(np.pad(ink, 1) >= 0.5)
    thinned = _edge(distance - radius)
    return (thinned, "thinned") if thinned.any() else (ink, None)


def _fine(ink: Values) -> Values:
    """Small cut-outs enlarged, so that a fraction of a pixel counts."""
    factor = _FINE_PIXELS / max(ink.shape)
    if factor <= 1:
        return ink
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    enlarged = PillowImage.fromarray(ink).resize(size, PillowImage.Resampling.BILINEAR)
    return np.asarray(enlarged, np.float32)


def _edge(values: Values) -> Values:
    return np.asarray(np.clip(values, 0, 1), np.float32)
