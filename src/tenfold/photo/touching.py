"""Characters that touch one another: cut where little ink is crossed, if the classifier finds the parts likelier."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image as PillowImage

from tenfold.classifier.classifier import Prediction
from tenfold.photo.characters import Mark, cut_mark
from tenfold.photo.normalisation import stroke_width
from tenfold.photo.page import Array, Values

WIDE = 1.1
"""Marks that are wider than this multiple of their height may be several characters."""

_PAIR = 2.0
"""Up to this multiple, a mark is a single character, known or not, unless all its parts are known."""

_HEIGHT = 40
_MOST_CUTS = 8
_MOST_INK_CROSSED = 1.4
"""A cut crosses one stroke, in widths of strokes; to cross two would be to cut a character in halves."""

_COST_OF_CUT, _COST_OF_WIDTH, _COST_OF_LOWNESS = 0.25, 3.0, 5.0
"""In nats, for each multiple of the height: what read most simulated rows right, touching ones and others."""

_UNKNOWN = 0.1
"""What the probability of a part that is none of the classes counts."""

_WIDEST, _LOWEST = 1.1, 0.7
"""A character may be as wide as that multiple of its height, and as low as that share of the whole mark, at no cost."""

Predict = Callable[[list[Mark]], list[Prediction]]

Cut = Array
"""For each row of a mark the column at which its right part begins."""


def split_touching(marks: Sequence[Mark], predict: Predict) -> list[Mark]:
    """Cut wide marks into characters where that is likelier than one character.

    Each part costs the negative logarithm of its class's probability, more if it is wider than high or lower than the
    mark, and each cut costs something; the division with the least cost is taken. A pair is only cut into parts that
    are known.

    Args:
        marks: What `find_marks` gave.
        predict: Tells for each mark what it is.
    """
    found = []
    for mark in marks:
        cuts = _cuts(mark) if mark.width > WIDE * mark.height else []
        found += _likeliest(mark, cuts, predict) if cuts else [mark]
    return found


def _likeliest(mark: Mark, cuts: list[Cut], predict: Predict) -> list[Mark]:
    """The parts of a mark between some of the cuts, from left to right, that cost least together."""
    ends = [np.zeros(mark.height, int), *cuts, np.full(mark.height, mark.width)]
    spans = [(start, end) for end in range(1, len(ends)) for start in range(end)]
    parts = {span: part for span in spans if (part := cut_mark(mark, ends[span[0]], ends[span[1]])) is not None}
    predictions = dict(zip(parts, predict(list(parts.values())), strict=True))
    whole, is_pair = (0, len(ends) - 1), mark.width <= _PAIR * mark.height
    costs = {
        span: _cost(part, mark.height, predictions[span])
        for span, part in parts.items()
        if span == whole or not is_pair or predictions[span].label is not None
    }
    best: list[tuple[float, list[int]]] = [(0.0, [0])]
    for end in range(1, len(ends)):
        ways = [(best[start][0] + costs.get((start, end), np.inf), [*best[start][1], end]) for start in range(end)]
        best.append(min(ways, key=lambda way: way[0]))
    return [parts[span] for span in pairwise(best[-1][1])]


def _cost(part: Mark, height: int, prediction: Prediction) -> float:
    wider = max(0.0, part.width / part.height - _WIDEST)
    lower = max(0.0, _LOWEST - part.height / height)
    known = 1 if prediction.label is not None else _UNKNOWN
    doubt = -float(np.log(max(known * prediction.probability, 1e-6)))
    return _COST_OF_CUT + doubt + _COST_OF_WIDTH * wider + _COST_OF_LOWNESS * lower


def _cuts(mark: Mark) -> list[Cut]:
    """The ways from top to bottom that cross least ink, from left to right; none lies at the mark's ends."""
    scale = _HEIGHT / mark.height
    size = (max(3, round(mark.width * scale)), _HEIGHT)
    small = np.asarray(PillowImage.fromarray(mark.ink).resize(size, PillowImage.Resampling.BOX), np.float32)
    allowed = _MOST_INK_CROSSED * max(1.0, stroke_width(mark.ink) * scale)
    ways = sorted(_cheapest_ways(small, allowed), key=lambda way: float(way.mean()))
    rows = np.minimum((np.arange(mark.height) * scale).astype(int), _HEIGHT - 1)
    return [np.rint(way[rows] / scale).astype(int) for way in ways]


def _cheapest_ways(ink: Values, allowed: float) -> Iterator[Array]:
    """The ways with the least ink, at some distance from one another."""
    height, width = ink.shape
    costs, steps = ink + 0.01, np.zeros(ink.shape, int)
    for row in range(1, height):
        before = np.pad(costs[row - 1], 1, constant_values=np.inf)
        choices = np.stack([before[:-2] + 0.005, before[1:-1], before[2:] + 0.005])
        steps[row] = choices.argmin(axis=0) - 1
        costs[row] += choices.min(axis=0)
    taken: list[float] = [0.0, float(width)]
    for end in np.argsort(costs[-1], kind="stable"):
        if costs[-1, end] > allowed or len(taken) >= _MOST_CUTS + 2:
            return
        way = np.zeros(height, int)
        way[-1] = end
        for row in range(height - 1, 0, -1):
            way[row - 1] = way[row] + steps[row, way[row]]
        middle = float(way.mean())
        if min(abs(middle - other) for other in taken) >= 0.12 * height:
            taken.append(middle)
            yield way
