"""What the steps from a picture to its ink pass on to one another."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image as PillowImage

Array = np.ndarray[Any, np.dtype[Any]]
Values = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Page:
    """A picture on its way to being ink on clear ground.

    Args:
        values: float32 [height, width] or [height, width, 3]. First the picture's own values, 0…1; once the ground is
            divided out, how far each pixel differs from it, from 0 (ground) upwards.
        scale: Pixels of the original picture for one of this page.
        stroke_pixels: The width of a typical stroke on this page, as far as known; 0 if not.
        notes: Sentences on what was unusual.
    """

    values: Values
    scale: float = 1.0
    stroke_pixels: float = 0.0
    notes: tuple[str, ...] = ()

    def noted(self, note: str) -> "Page":
        """The same page with one more sentence."""
        return replace(self, notes=(*self.notes, note))


def paper(difference: Values) -> tuple[float, float]:
    """The commonest difference from the ground, and the standard deviation of the paper's noise.

    The noise is told from the values below the commonest one, where no ink is: 1.4826 times the median distance.
    """
    some = difference[::2, ::2] if difference.size > 40_000 else difference
    counts, edges = np.histogram(some, bins=np.linspace(-0.3, 0.3, 121))
    smooth = np.convolve(counts, [1, 2, 3, 2, 1], "same")
    mode = float(edges[np.argmax(smooth)] + 0.0025)
    below = mode - some[some < mode]
    return mode, 1.4826 * float(np.median(below)) if len(below) > 0.02 * some.size else 0.0


def grey(values: Values) -> Values:
    """The luma of ITU-R BT.601; grey pages as they are."""
    if values.ndim == 2:
        return values
    return np.asarray(values @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def reduced(values: Values, factor: int) -> Values:
    """The mean of each block of so many rows and columns, of [height, width] or each channel of it."""
    if factor == 1:
        return values
    if values.ndim == 3:
        return np.stack([reduced(values[..., channel], factor) for channel in range(values.shape[2])], axis=-1)
    return np.asarray(PillowImage.fromarray(np.ascontiguousarray(values)).reduce(factor), np.float32)


def enlarged(values: Values, shape: tuple[int, ...]) -> Values:
    """Interpolated to the height and width that `shape` begins with; [height, width] or each channel of it."""
    if values.ndim == 3:
        return np.stack([enlarged(values[..., channel], shape) for channel in range(values.shape[2])], axis=-1)
    image = PillowImage.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), PillowImage.Resampling.BILINEAR), np.float32)


def around_ink(ink: Array) -> tuple[slice, slice] | None:
    """Rows and columns of the smallest box with all that is above 0 in [height, width]; None if nothing is."""
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0), np.flatnonzero(ink.max(axis=0) > 0)
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if len(rows) else None


def border(values: Array) -> Array:
    """The outermost pixels of [height, width], as [n]."""
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])
