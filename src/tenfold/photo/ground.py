"""From a picture to how far each pixel differs from the ground it lies on, whatever the light."""

from dataclasses import replace

import numpy as np
from PIL import Image as PillowImage
from scipy import ndimage

from tenfold.photo.page import Array, Page, Values, grey, paper

LONGEST_SIDE = 1600
"""Larger pictures are made smaller first: strokes of a photographed page are still several pixels wide then."""

SMALLEST_SIDE = 128
"""Smaller ones are made larger, smoothly, so that lines are measured between pixels and not in steps."""

_MAP_SIDE = 192
"""The ground is estimated on a small copy with this longest side: light changes slowly."""

_LEAST_CONTRAST = 0.04
"""A picture in which nothing differs from the ground by more is blank."""


def read_values(picture: PillowImage.Image) -> Page:
    """A decoded picture ("L" or "RGB") as a page of a size that can be worked on: 0…1."""
    longest = max(picture.size)
    wanted = min(max(longest, SMALLEST_SIDE), LONGEST_SIDE)
    if wanted != longest:
        width, height = (max(1, round(side * wanted / longest)) for side in picture.size)
        smooth = PillowImage.Resampling.BICUBIC if wanted > longest else PillowImage.Resampling.BOX
        # Averaging whole blocks first is many times faster, and leaves at least twice the wanted size.
        picture = picture.resize((width, height), smooth, reducing_gap=2.0 if wanted < longest else None)
    return Page(np.asarray(picture, np.float32) / np.float32(255), scale=longest / wanted)


def make_ink_dark(page: Page) -> Page:
    """Invert light ink on dark ground.

    Ink is rarer than the ground around it, and differs more from the mean of its surroundings: the side on which the
    differences reach further (their skewness) is the ink's. Light and shadow change too slowly to count much.
    """
    small = _small(grey(page.values))
    if _skewness(small, max(small.shape) / 4) + _skewness(small, max(small.shape) / 8) <= 0:
        return page
    return replace(page, values=1 - page.values).noted("light ink on dark ground: inverted")


def remove_ground(page: Page) -> Page:
    """Divide by the ground, so that light and shadow are gone: how far pixels are darker than it, 0…1.

    The ground is what is left of the picture when all that is as narrow as strokes has been filled up from both
    sides (a grey closing), smoothed. In colour, what counts is the difference in the direction of the ink's own colour.
    """
    brightness = grey(page.values)
    small = _small(brightness)
    width = _rough_stroke_width(small)
    window = int(np.clip(round(4 * width), 5, max(5, min(small.shape)))) | 1
    channels = page.values[..., np.newaxis] if page.values.ndim == 2 else page.values
    lights = [_ground(_small(channels[..., channel]), window) for channel in range(channels.shape[2])]
    evenness = min(float(light.min()) / max(float(light.max()), 1e-3) for light in lights)
    shape = page.values.shape[:2]
    differences = [_difference(channels[..., i], _enlarged(light, shape)) for i, light in enumerate(lights)]
    difference = _along_ink_colour(np.stack(differences, axis=-1))
    stroke = width * max(shape) / max(small.shape)
    done = replace(page, values=difference, stroke_pixels=stroke)
    return done.noted("uneven light: evened out") if evenness < 0.7 else done


def _small(values: Values) -> Values:
    """A smoothed copy whose longest side is at most `_MAP_SIDE`."""
    factor = max(1, -(-max(values.shape) // _MAP_SIDE))
    image = PillowImage.fromarray(values)
    return np.asarray(image.reduce(factor) if factor > 1 else image, np.float32)


def _skewness(values: Values, sigma: float) -> float:
    detail = values - ndimage.gaussian_filter(values, sigma, mode="nearest")
    return float(np.mean(detail**3) / max(float(np.mean(detail**2)) ** 1.5, 1e-9))


def _rough_stroke_width(small: Values) -> float:
    """The width of strokes in pixels of the small copy, before the ground is known well; 0 if there are none.

    What is narrower than a window stands out from the light around it. The smallest of three windows is taken that is
    wide enough for the strokes, so that shadows do not count.
    """
    windows = [max(3, round(share * min(small.shape))) | 1 for share in (0.12, 0.3, 0.6)]
    differences = [ndimage.grey_closing(small, size=window, mode="nearest") - small for window in windows]
    peaks = [float(np.percentile(difference, 99.5)) for difference in differences]
    if peaks[-1] <= _LEAST_CONTRAST:
        return 0.0
    for window, difference, peak in zip(windows, differences, peaks, strict=True):
        width = _mean_width(difference > peak / 2)
        if 3 * width <= window and peak >= 0.6 * peaks[-1]:
            return width
    return width


def _mean_width(mask: Array) -> float:
    """Four times the mean distance of the ink to its edge: for stripes their width, thick ones counting more."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return float(4 * distance[mask].mean()) if mask.any() else 0.0


def _ground(small: Values, window: int) -> Values:
    """The light on the paper. A median keeps the edges of shadows, which a mean would blur."""
    closed = ndimage.grey_closing(ndimage.gaussian_filter(small, 0.7), size=window, mode="nearest")
    factor = max(1, window // 16)  # a median of many values is slow, and a finer one would tell no more
    coarse = np.asarray(PillowImage.fromarray(closed).reduce(factor), np.float32)
    level = ndimage.median_filter(coarse, size=max(3, window // 2 // factor) | 1, mode="nearest")
    return np.asarray(ndimage.gaussian_filter(level, max(1.0, window / 16 / factor), mode="nearest"), np.float32)


def _difference(values: Values, light: Values) -> Values:
    """By what part of the light values are darker; on black ground nothing is."""
    return np.asarray((light - values) / np.maximum(light, 0.05), np.float32)


def _enlarged(light: Values, shape: tuple[int, ...]) -> Values:
    image = PillowImage.fromarray(light).resize((shape[1], shape[0]), PillowImage.Resampling.BILINEAR)
    return np.asarray(image, np.float32)


def _along_ink_colour(difference: Values) -> Values:
    """One value for each pixel: the difference from the ground along the mean direction of the strongest ones."""
    if difference.shape[2] == 1:
        plain = difference[..., 0]
    else:
        strength = np.abs(difference).max(axis=2)
        strong = difference[strength >= np.percentile(strength[::4, ::4], 98)]
        direction = strong.mean(axis=0)
        length = float(np.abs(direction).max())
        direction = direction / length if length > 0.02 else np.ones(3, np.float32)
        plain = difference @ (direction / (direction @ direction))
    return np.asarray(plain - paper(plain)[0], np.float32)
