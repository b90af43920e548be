"""Ruled and squared paper: its lines are taken out, the strokes that cross them stay."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import ndimage

from tenfold.photo.page import Array, Page, Values, paper

_STRIPS = 48
"""Lines are looked for in this many strips across them: strokes fill few strips, lines nearly all."""

_STEEPEST = 0.12
"""Rows for one column by which lines may rise or fall; in degrees about 7."""

_SHARE_OF_STRIPS = 0.88
_ENDS = (0, _STRIPS // 8, _STRIPS // 4)
"""So many strips at either end may lie beyond the end of a line: sheets are smaller than pictures, and turned."""

_STRETCHES = np.stack(
    [(np.arange(_STRIPS) >= start) & (np.arange(_STRIPS) < _STRIPS - end) for start in _ENDS for end in _ENDS], axis=1
).astype(np.float32)
"""Which strips each stretch holds that a line may run through: [strips, stretches]; the first holds all."""

_THICKEST = 0.02
"""Of the page's longer side. What is thicker is a stroke, or the edge of something."""

_FREE_ENDS = 0.5
_FEW = 3
"""Lines that end before the page does are thinner by that factor, unless so many were found: a slender 1 stays."""

_MOST_LINES = 80


@dataclass(frozen=True)
class _Line:
    """A line: its row at each column, half its thickness in pixels, its darkness, and in which share of strips it is.

    Its evenness is a low value of its darkness by the usual one: writing has gaps, lines have none.
    """

    rows: Values
    reach: int
    level: float
    evenness: float
    share: float


def remove_lines(page: Page) -> Page:
    """Take out straight thin lines that run across the whole page, level or upright ones.

    Between the two edges of a line, what lies on both sides of it is joined; what is much darker than the line stays.
    """
    if page.scale < 1:
        return page  # too small a picture to show a sheet with lines
    values, ink = page.values, float(np.percentile(page.values, 99.5))
    thickest = int(np.clip(0.6 * page.stroke_pixels, 2, max(2, _THICKEST * max(values.shape))))
    level, upright = list(_lines(values, thickest)), list(_lines(values.T, thickest))
    if not level and not upright:
        return page
    crossings = _covered(values.T, upright).T
    for line in level:
        values = _erased(values, line, ink, crossings)
    crossings = _covered(values, level).T
    values = values.T
    for line in upright:
        values = _erased(values, line, ink, crossings)
    values = values.T
    return replace(page, values=np.ascontiguousarray(values)).noted("ruled paper: lines removed")


def _lines(values: Values, thickest: int) -> Iterator[_Line]:
    """The level lines of a page, the clearest first."""
    height, width = values.shape
    if min(height, width) < _STRIPS:
        return
    edges = np.linspace(0, width, _STRIPS + 1).astype(int)
    strips = [np.median(values[:, start:end], axis=1) for start, end in pairwise(edges)]
    profiles = _without_wide(np.stack(strips, axis=1), thickest)
    least = max(0.015, 1.5 * paper(values)[1])
    dark = ndimage.maximum_filter1d(profiles, 3, axis=0) > least
    slopes = np.linspace(-_STEEPEST, _STEEPEST, 97)
    scores = _scores(profiles, dark, slopes * width / _STRIPS)
    found = 0
    for _ in range(_MOST_LINES):
        row, number = np.unravel_index(np.argmax(scores), scores.shape)
        if scores[row, number] <= 0:
            return
        line = _traced(values, profiles, int(row), float(slopes[number]), thickest)
        sure = line.share >= _SHARE_OF_STRIPS or found >= _FEW
        if line.level > least / 2 and line.reach <= (1 if sure else _FREE_ENDS) * thickest and line.evenness > 0.35:
            found += 1
            yield line
        around = min(line.reach, thickest) + 2
        scores[max(0, row - around) : row + around + 1] = 0


def _without_wide(profiles: Values, thickest: int) -> Values:
    """What is narrower than a line may be; the rest, as of strokes and shadows, is taken away."""
    return np.asarray(profiles - ndimage.grey_opening(profiles, size=(2 * thickest + 1, 1)), np.float32)


def _scores(profiles: Values, dark: Array, drifts: Values) -> Values:
    """For each row (at the page's middle) and slope, how dark it is there; 0 where nothing runs from end to end.

    Strips in which the line has left the page do not count, if at least half are left.
    """
    height = len(profiles)
    shifts = np.rint((np.arange(_STRIPS) - (_STRIPS - 1) / 2) * drifts[:, np.newaxis]).astype(int)
    margin = int(np.abs(shifts).max())
    beyond = ((0, 0), (margin, margin))
    clear, black, inside = (
        np.pad(values.T.astype(np.float32), beyond) for values in (profiles, dark, np.ones_like(dark))
    )
    scores = np.zeros((height, len(drifts)), np.float32)
    for number, starts in enumerate(margin + shifts):
        possible = _STRETCHES.T @ _along(inside, starts, height)
        found = _STRETCHES.T @ _along(black, starts, height)
        share = np.where(possible >= _STRIPS / 2, found / np.maximum(possible, 1), 0).max(axis=0)
        chosen = np.flatnonzero(share >= _SHARE_OF_STRIPS)
        if len(chosen):
            darkness = _along(clear, starts, height)[:, chosen].sum(axis=0)
            scores[chosen, number] = darkness / np.maximum(possible[0, chosen], 1)
    return scores


def _along(strips: Values, starts: Array, height: int) -> Values:
    """From each strip, one in a row of the array, the values from its own start on."""
    return np.stack([strip[start : start + height] for strip, start in zip(strips, starts.tolist(), strict=True)])


def _traced(values: Values, profiles: Values, row: int, slope: float, thickest: int) -> _Line:
    """The line's way through the page, followed from strip to strip, since paper is never quite flat."""
    height, width = values.shape
    centres = (np.arange(_STRIPS) + 0.5) * width / _STRIPS
    expected = row + slope * (centres - width / 2)
    near = np.arange(-3, 4)
    window = np.clip(np.rint(expected)[:, np.newaxis].astype(int) + near, 0, height - 1)
    found = profiles[window, np.arange(_STRIPS)[:, np.newaxis]]
    weights = np.maximum(found, 0) + 1e-6
    offsets = (weights * near).sum(axis=1) / weights.sum(axis=1)
    offsets = ndimage.uniform_filter1d(ndimage.median_filter(offsets, 7, mode="nearest"), 5, mode="nearest")
    rows = np.interp(np.arange(width), centres, offsets) + row + slope * (np.arange(width) - width / 2)
    middle = thickest + 2
    profile = np.percentile(_band(values, rows, middle), 40, axis=1)  # of most columns: strokes cross the others
    level = float(profile[middle - 1 : middle + 2].max())
    reach = 1
    while reach <= thickest and max(profile[middle - reach], profile[middle + reach]) > 0.3 * level:
        reach += 1
    strips = found[:, 2:5].max(axis=1)
    low, usual = np.percentile(strips, [25, 50])
    inside = (expected >= 0) & (expected < height)
    share = float((strips[inside] > 0.3 * usual).mean())
    return _Line(np.asarray(rows, np.float32), reach, level, float(low / max(usual, 1e-6)), share)


def _band(values: Values, rows: Array, reach: int) -> Values:
    """The pixels up to `reach` above and below a line: [2 reach + 1, width]."""
    places = np.rint(rows).astype(int) + np.arange(-reach, reach + 1)[:, np.newaxis]
    inside = (places >= 0) & (places < len(values))
    band = values[np.clip(places, 0, len(values) - 1), np.arange(values.shape[1])]
    return np.where(inside, band, 0)


def _places(line: _Line, height: int, margin: int = 0) -> tuple[Array, Array]:
    """Rows and columns of the pixels of a line."""
    reach = line.reach + margin
    rows = np.rint(line.rows).astype(int) + np.arange(-reach, reach + 1)[:, np.newaxis]
    inside = (rows >= 0) & (rows < height)
    columns = np.broadcast_to(np.arange(rows.shape[1]), rows.shape)
    return rows[inside], columns[inside]


def _covered(values: Values, lines: list[_Line]) -> Array:
    """Where lines are, and next to them."""
    covered = np.zeros(values.shape, bool)
    for line in lines:
        covered[_places(line, len(values), margin=1)] = True
    return covered


def _erased(values: Values, line: _Line, ink: float, crossings: Array) -> Values:
    reach = line.reach
    band = _band(values, line.rows, reach + 2)
    beside = np.where(_band(crossings, line.rows, reach + 2), 0, band)  # another line is no stroke
    above = ndimage.maximum_filter1d(beside[:2].max(axis=0), 2 * reach + 1)
    below = ndimage.maximum_filter1d(beside[-2:].max(axis=0), 2 * reach + 1)
    joined = np.minimum(np.minimum(above, below), band[2:-2])
    joined = np.where(joined > line.level / 2, joined, 0)  # else it is the paper's noise
    darker = band[2:-2] > line.level + 0.45 * (ink - line.level) if ink > 1.4 * line.level else False
    darker = darker & (_band(crossings, line.rows, reach) == 0)  # two lines are darker than one
    erased = np.where(darker, band[2:-2], np.minimum(joined, band[2:-2]))
    rows = np.rint(line.rows).astype(int) + np.arange(-reach, reach + 1)[:, np.newaxis]
    values = values.copy()
    values[_places(line, len(values))] = erased[(rows >= 0) & (rows < len(values))]
    return values
