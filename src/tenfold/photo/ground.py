"""From a picture to how far each pixel differs from the ground it lies on, whatever the light."""

from dataclasses import replace

import numpy as np
from PIL import Image as PillowImage
from scipy import ndimage

from tenfold.photo.page import Array, Page, Values, enlarged, grey, paper, reduced

LONGEST_SIDE = 1600
"""Larger pictures are made smaller first: strokes of a photographed page are still several pixels wide then."""

SMALLEST_SIDE = 128
"""Smaller ones are made larger, smoothly, so that lines are measured between pixels and not in steps."""

_MAP_SIDE = 192
"""The ground is estimated on a small copy with this longest side: light changes slowly."""

_BROAD_STROKE = 16
"""Pixels. Pages with broader strokes are made smaller by a whole number, as long as strokes stay as broad as this."""

_WINDOWS = (0.12, 0.3, 0.6)
"""In which strokes are looked for, as shares of the picture's shorter side."""

_PEAK = 99.95
"""The percentile that is ink at its darkest: writing may take a thousandth of a page."""

_MOST, _PART = 0.6, 0.25
"""Of the darkest, and of all the ink that the widest window finds, a window is wide enough that finds these parts."""

_EDGE = 3
"""How many windows long what lies along a picture's edge has to be, to be no stroke."""

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
    small = _small(grey(page.values))
    width = _rough_stroke_width(small)
    page = _without_spare_pixels(page, width * max(page.values.shape) / max(small.shape))
    window = int(np.clip(round(4 * width), 5, max(5, min(small.shape)))) | 1
    channels = page.values[..., np.newaxis] if page.values.ndim == 2 else page.values
    lights = [_ground(_small(channels[..., channel]), window) for channel in range(channels.shape[2])]
    evenness = min(float(light.min()) / max(float(light.max()), 1e-3) for light in lights)
    shape = page.values.shape[:2]
    differences = [_difference(channels[..., i], enlarged(light, shape)) for i, light in enumerate(lights)]
    difference = _along_ink_colour(np.stack(differences, axis=-1))
    stroke = width * max(shape) / max(small.shape)
    done = replace(page, values=difference, stroke_pixels=stroke)
    return done.noted("uneven light: evened out") if evenness < 0.7 else done


def _without_spare_pixels(page: Page, stroke_pixels: float) -> Page:
    """A page with broad strokes made smaller: all later steps take less time, and noise and thin lines fade."""
    factor = int(stroke_pixels // _BROAD_STROKE)
    if factor < 2 or page.scale < 1:  # a small picture was enlarged for a reason
        return page
    return replace(page, values=reduced(page.values, factor), scale=page.scale * factor)


def _small(values: Values) -> Values:
    """A smoothed copy whose longest side is at most `_MAP_SIDE`."""
    return reduced(values, max(1, -(-max(values.shape) // _MAP_SIDE)))


def _skewness(values: Values, sigma: float) -> float:
    detail = values - ndimage.gaussian_filter(values, sigma, mode="nearest")
    return float(np.mean(detail**3) / max(float(np.mean(detail**2)) ** 1.5, 1e-9))


def _rough_stroke_width(small: Values) -> float:
    """The width of strokes in pixels of the small copy, before the ground is known well; 0 if there are none.

    What is narrower than a window stands out from the light around it. The smallest of three windows is taken that is
    wide enough for the strokes, so that shadows do not count.
    """
    windows = [max(3, round(share * min(small.shape))) | 1 for share in _WINDOWS]
    differences = [_closed(small, window) - small for window in windows]
    peaks = [float(np.percentile(difference, _PEAK)) for difference in differences]
    if peaks[-1] <= _LEAST_CONTRAST:
        return 0.0
    width, ink = 0.0, differences[-1] > peaks[-1] / 2
    for window, difference, peak in zip(windows, differences, peaks, strict=True):
        width = _mean_width(difference > peak / 2)
        # The corners of a broad stroke alone are too little.
        finds_strokes = difference[ink].sum() >= _PART * differences[-1][ink].sum()
        if 3 * width <= window and peak >= _MOST * peaks[-1] and finds_strokes:
            break
    return width


def _closed(small: Values, window: int) -> Values:
    """A grey closing.

    Beyond each edge goes on what lies along it, without strokes that reach the edge: falling light falls no further,
    which leaves no dark rim, and a stroke that ends there is filled up from outside, too.
    """
    wider = np.pad(small, 1, "edge")
    for edge in (wider[0], wider[-1], wider[:, 0], wider[:, -1]):
        ends = np.pad(edge, (length := _EDGE * window), "edge")
        edge[:] = ndimage.grey_closing(ends, size=length)[length:-length]
    wider = np.pad(wider, window, "edge")
    inside = slice(window + 1, -window - 1)
    return np.asarray(ndimage.grey_closing(wider, size=(window, window))[inside, inside], np.float32)


def _mean_width(mask: Array) -> float:
    """Four times the mean distance of the ink to its edge: for stripes their width, thick ones counting more."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return float(4 * distance[mask].mean()) if mask.any() else 0.0


def _ground(small: Values, window: int) -> Values:
    """The light on the paper. A median keeps the edges of shadows, which a mean would blur."""
    closed = _closed(ndimage.gaussian_filter(small, 0.7), window)
    factor = max(1, window // 10)  # a median of many values is slow, and a finer one would tell no more
    coarse = reduced(closed, factor)
    level = ndimage.median_filter(coarse, size=max(3, window // 2 // factor) | 1, mode="nearest")
    return np.asarray(ndimage.gaussian_filter(level, max(1.0, window / 16 / factor), mode="nearest"), np.float32)


def _difference(values: Values, light: Values) -> Values:
    """By what part of the light values are darker; on black ground nothing is."""
    return np.asarray((light - values) / np.maximum(light, 0.05), np.float32)


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
