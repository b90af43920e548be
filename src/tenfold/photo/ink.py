"""From differences to the ground, with noise and paper in them, to clear ink."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from tenfold.photo.normalisation import stroke_width
from tenfold.photo.page import Page, paper

_LEAST_INK = 0.06
"""What differs less from the ground is paper, not ink."""

_LEAST_SIGNAL = 5.0
"""How many standard deviations of the paper's noise ink differs from it."""

_CLEARLY = 1.5
"""By that factor ink's usual darkness exceeds what paper may have; else there is none."""


def smooth_paper(page: Page) -> Page:
    """Smooth away noise and texture, as far as the strokes' width allows; plain ground stays untouched."""
    if paper(page.values)[1] < 0.01:
        return page
    return replace(page, values=ndimage.gaussian_filter(page.values, float(np.clip(0.15 * page.stroke_pixels, 0.7, 3))))


def clear_ink(page: Page) -> Page:
    """Tell ink from paper: 0 is ground, 1 is ink, edges are between.

    A pixel belongs to the ink if it is darker than a third of the ink's usual darkness and connected with one that is
    darker than half of it (a threshold with hysteresis), and both lie above the paper's noise.
    """
    values, noise = page.values, paper(page.values)[1]
    least = max(_LEAST_INK, _LEAST_SIGNAL * noise)
    dark = values[values > least]
    if len(dark) < 4:
        return replace(page, values=np.zeros_like(values), stroke_pixels=0.0)
    level = float(np.percentile(dark[dark > 0.5 * np.percentile(dark, 95)], 60))
    if level < _CLEARLY * least:
        return replace(page, values=np.zeros_like(values), stroke_pixels=0.0)
    low, high = max(0.33 * level, 0.6 * least), max(0.5 * level, least)
    parts, count = ndimage.label(values > low, np.ones((3, 3)))
    keep = np.zeros(count + 1, bool)
    keep[parts[(values > high) & (parts > 0)]] = True
    near = ndimage.binary_dilation(keep[parts], np.ones((3, 3)))
    foot = 0.6 * low
    ink = np.clip((values - foot) / (0.85 * level - foot), 0, 1) * near
    return replace(page, values=np.asarray(ink, np.float32), stroke_pixels=stroke_width(ink))
