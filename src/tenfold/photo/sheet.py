"""A sheet of paper on a darker table: the table is painted over with the paper's own colour."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from tenfold.photo.page import Array, Page, Values, border, enlarged, grey, reduced

_MAP_SIDE = 160
_LEAST_SHARE = 0.2
"""Of the picture, which a sheet takes at least."""

_LEAST_BORDER = 0.2
"""Of the picture's edge, along which the surroundings lie at least: a character that touches the edge takes less."""

_DARKER = 0.45
"""What lies around a sheet has less than this part of its brightness; a shadow on paper leaves more."""

_SOLID = 0.4
"""A sheet holds a square with this part of the picture's shorter side nearly everywhere; strokes of chalk do not."""

_MOST_INK = 0.15
"""Of a sheet; a light 0 on dark ground has more dark within."""


def cover_surroundings(page: Page) -> Page:
    """Give what lies around a light sheet the colour of the sheet's nearest edge, so that it is no ink."""
    if page.scale < 1:
        return page  # too small a picture to show a sheet
    factor = max(1, -(-max(page.values.shape) // _MAP_SIDE))
    small = reduced(page.values, factor)
    sheet = _sheet(grey(small))
    if sheet is None:
        return page
    inner = ndimage.binary_erosion(sheet, np.ones((3, 3)), iterations=2)
    if not inner.any():
        return page  # too narrow a strip to show a sheet
    nearest = ndimage.distance_transform_edt(~inner, return_distances=False, return_indices=True)
    shape = page.values.shape
    filled, inside = enlarged(small[tuple(nearest)], shape), enlarged(inner, shape) > 0.5
    values = np.where(inside if page.values.ndim == 2 else inside[..., np.newaxis], page.values, filled)
    return replace(page, values=values).noted("sheet on a darker ground: the rest left out")


def _sheet(small: Values) -> Array | None:
    """Where a sheet is, with what is written on it; None if the picture shows none, or nothing but one."""
    dark, bright = np.percentile(small, [5, 95])
    light = small > np.sqrt(dark * bright)  # light multiplies: a sheet in half shadow is still lighter than the table
    parts, count = ndimage.label(light)
    if not count:
        return None
    largest = int(np.argmax(np.bincount(parts.ravel())[1:])) + 1
    sheet = ndimage.binary_fill_holes(parts == largest)
    side = max(3, round(_SOLID * min(small.shape))) | 1
    if np.count_nonzero(light[sheet]) < (1 - _MOST_INK) * np.count_nonzero(sheet):
        return None
    # A binary opening, but by rows and columns, which takes a hundredth of the time.
    eroded = ndimage.minimum_filter(sheet, side, mode="constant", cval=False)
    solid = ndimage.maximum_filter(eroded, side, mode="constant", cval=False)
    outside = ~sheet
    if solid.sum() < max(_LEAST_SHARE * sheet.size, 0.9 * sheet.sum()) or border(outside).mean() < _LEAST_BORDER:
        return None
    return solid if np.percentile(small[outside], 75) < _DARKER * np.median(small[solid]) else None
