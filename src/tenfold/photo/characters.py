"""From clear ink to the single characters in it, in reading order."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tenfold.photo.page import Array, Values, around_ink

_SPECK = 0.3
"""Marks smaller than this share of the usual height of a character are pieces or specks."""

MOST_MARKS = 1_000
"""Of more, none is read: they are print, a texture, or noise."""

_SHORTEST = 1.5
"""Marks that are shorter than this multiple of a stroke's width tell nothing about how high characters are."""

_HIGHER_WHOLE = 1.25
"""By what factor whole characters may be higher than the highest pieces."""

_NEAR = 0.3
"""Marks nearer to a single character than that share of its longer side are pieces of it."""

_FLAT = 8
"""What is wider than this multiple of its height is a line, not a character."""


@dataclass(frozen=True, eq=False)
class Mark:
    """The ink of one character; equal only to itself.

    Args:
        ink: float32 [height, width], 0…1, tightly cut out; other characters' ink is taken out.
        left: Of its box on the page, in pixels.
        top: The same.
    """

    ink: Values
    left: int
    top: int

    @property
    def height(self) -> int:
        """Of the box, in pixels of the page."""
        return int(self.ink.shape[0])

    @property
    def width(self) -> int:
        """Of the box, in pixels of the page."""
        return int(self.ink.shape[1])


def find_marks(ink: Values, stroke_pixels: float) -> tuple[list[Mark], int]:
    """Cut the ink into characters: connected strokes, with the pieces of broken ones joined, and without specks.

    Returns:
        The marks, in no order, and how many specks were left out; no marks if there are more than `MOST_MARKS`.
    """
    parts, count = ndimage.label(ink > 0.25, np.ones((3, 3)))
    if not count:
        return [], 0
    boxes = _boxes(parts)
    if sum(_extent(box) >= stroke_pixels for box in boxes) > MOST_MARKS:
        return [], count
    group_of = _touching_when_grown(parts, 0.75 * stroke_pixels)
    # Broken strokes are whole when grown; but lines of writing close to one another grow together.
    grown, pieces = (_without_dots(some, stroke_pixels) for some in (_boxes(group_of[parts]), boxes))
    usual = min(_usual_height(grown), _HIGHER_WHOLE * _height_of_highest(pieces))
    owner = _join(boxes, group_of, usual, stroke_pixels)
    joined = owner[parts]
    boxes = _boxes(joined)
    large = [
        number
        for number, (top, left, bottom, right) in enumerate(boxes, start=1)
        if max(bottom - top, right - left) >= _SPECK * usual and bottom > top and right - left <= _FLAT * (bottom - top)
    ]
    specks = sum(bottom > top for top, _, bottom, _ in boxes) - len(large)
    marks = [_mark(ink, joined, number, boxes[number - 1]) for number in large]
    whole = _without_edges(marks, ink.shape)
    return whole, specks + len(marks) - len(whole)


def reading_order(marks: list[Mark]) -> list[list[Mark]]:
    """Sort marks into lines from top to bottom, each from left to right.

    A mark continues the line whose last mark overlaps it most in height, if that is at least 40 % of the lower one:
    so lines may rise or fall.
    """
    lines: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda one: one.left):
        overlaps = [_overlap(line[-1].top, line[-1].height, mark.top, mark.height) for line in lines]
        if overlaps and max(overlaps) >= 0.4:
            lines[int(np.argmax(overlaps))].append(mark)
        else:
            lines.append([mark])
    return sorted(lines, key=lambda line: float(np.mean([mark.top + mark.height / 2 for mark in line])))


def largest_character(marks: list[Mark]) -> Mark:
    """The mark with most ink and all that lies near it, as one: for pictures that show one character."""
    largest = max(marks, key=lambda one: float(one.ink.sum()))
    reach = _NEAR * max(largest.height, largest.width)
    pieces = [one for one in marks if _distance(one, largest) <= reach]
    top, left = min(one.top for one in pieces), min(one.left for one in pieces)
    bottom, right = (max(one.top + one.height for one in pieces), max(one.left + one.width for one in pieces))
    ink = np.zeros((bottom - top, right - left), np.float32)
    for one in pieces:
        place = ink[one.top - top :, one.left - left :][: one.height, : one.width]
        np.maximum(place, one.ink, out=place)
    return Mark(ink, left, top)


def _distance(one: Mark, other: Mark) -> int:
    """Pixels between two boxes, across or down, whichever are more; 0 or less if they overlap."""
    across = max(one.left, other.left) - min(one.left + one.width, other.left + other.width)
    down = max(one.top, other.top) - min(one.top + one.height, other.top + other.height)
    return max(across, down)


def _without_edges(marks: list[Mark], shape: tuple[int, ...]) -> list[Mark]:
    """Marks without those at the page's edge that are no characters: ends of shadows, a table, a finger.

    They are solid, or lower than the characters that lie wholly on the page. If none does, all stay.
    """
    inside = [one for one in marks if not _at_edge(one, shape)]
    if not inside:
        return marks
    usual = float(np.median([one.height for one in inside]))
    return [
        one for one in marks if not _at_edge(one, shape) or (one.height >= 0.75 * usual and float(one.ink.mean()) < 0.5)
    ]


def _at_edge(mark: Mark, shape: tuple[int, ...]) -> bool:
    right, bottom = mark.left + mark.width, mark.top + mark.height
    return mark.left <= 1 or mark.top <= 1 or right >= shape[1] - 1 or bottom >= shape[0] - 1


def _boxes(parts: Array) -> list[tuple[int, int, int, int]]:
    """Top, left, bottom and right of each part; zeros for numbers that no pixel has."""
    return [
        (one[0].start, one[1].start, one[0].stop, one[1].stop) if one is not None else (0, 0, 0, 0)
        for one in ndimage.find_objects(parts)
    ]


def _without_dots(boxes: list[tuple[int, int, int, int]], stroke: float) -> list[tuple[int, int, int, int]]:
    return [box for box in boxes if _extent(box) >= _SHORTEST * stroke] or boxes


def _usual_height(boxes: list[tuple[int, int, int, int]]) -> float:
    """The median height of the marks that are at least half as high as the highest tenth."""
    heights = np.array([bottom - top for top, _, bottom, _ in boxes])
    return float(np.median(heights[heights >= 0.5 * _height_of_highest(boxes)]))


def _height_of_highest(boxes: list[tuple[int, int, int, int]]) -> float:
    """The height that a tenth of the marks exceed."""
    order = sorted((bottom - top for top, _, bottom, _ in boxes), reverse=True)
    return float(order[min(len(order) - 1, len(order) // 10)])


def _join(boxes: list[tuple[int, int, int, int]], group_of: Array, usual: float, stroke: float) -> Array:
    """For each part the number of the character that it belongs to, itself or a neighbour.

    Two parts are pieces of one broken stroke if at most one of them is as high as a character, and they come as near to
    one another as strokes are wide, or one lies above the other with little between them.
    """
    owner = np.arange(len(boxes) + 1)
    sized = [number for number, box in enumerate(boxes, start=1) if _extent(box) >= max(0.12 * usual, stroke / 2)]
    sized.sort(key=lambda number: boxes[number - 1][1])
    for position, one in enumerate(sized):
        for other in sized[position + 1 :]:
            if boxes[other - 1][1] > boxes[one - 1][3] + usual:
                break  # all others lie farther to the right
            if _belong(boxes[one - 1], boxes[other - 1], usual, group_of[one] == group_of[other]):
                owner[owner == owner[other]] = owner[one]
    return owner


def _extent(box: tuple[int, int, int, int]) -> int:
    top, left, bottom, right = box
    return max(bottom - top, right - left)


def _touching_when_grown(parts: Array, radius: float) -> Array:
    """For each part, which group it would be in if all grew by a radius."""
    distance = ndimage.distance_transform_edt(parts == 0)
    groups, _ = ndimage.label(distance <= radius)
    group_of = np.zeros(int(parts.max()) + 1, np.int64)
    group_of[parts.ravel()] = groups.ravel()
    group_of[0] = 0
    return group_of


def _belong(one: tuple[int, int, int, int], other: tuple[int, int, int, int], usual: float, near: bool) -> bool:
    heights = [box[2] - box[0] for box in (one, other)]
    across = _overlap(one[1], one[3] - one[1], other[1], other[3] - other[1])
    gap = max(one[0], other[0]) - min(one[2], other[2])
    union = max(one[2], other[2]) - min(one[0], other[0])
    if min(heights) >= 0.7 * usual and gap > -0.5 * usual:
        return False  # two whole characters
    if max(one[3], other[3]) - min(one[1], other[1]) > 1.5 * usual:
        return False
    if across >= 0.5 and union <= 1.35 * usual and gap <= 0.35 * usual:
        return True
    small = min(heights) < (0.6 if across >= 0.2 else 0.35) * max(heights)
    return near and small and union <= 1.35 * usual


def _overlap(start: int, length: int, other_start: int, other_length: int) -> float:
    """What two stretches share, as a part of the shorter."""
    shared = min(start + length, other_start + other_length) - max(start, other_start)
    return max(0, shared) / max(1, min(length, other_length))


def _mark(ink: Values, joined: Array, number: int, box: tuple[int, int, int, int]) -> Mark:
    top, left, bottom, right = box
    # The faint edge outside the threshold belongs to the stroke as well.
    top, left = max(0, top - 1), max(0, left - 1)
    region = (slice(top, bottom + 1), slice(left, right + 1))
    own = ndimage.binary_dilation(joined[region] == number, np.ones((3, 3)))
    others = (joined[region] != number) & (joined[region] > 0)
    cut = np.where(own & ~others, ink[region], 0)
    return _tight(cut, left, top)


def cut_mark(mark: Mark, starts: Array, ends: Array) -> Mark | None:
    """The part of a mark between two ways through it, given by their column at each row; None if there is no ink."""
    columns = np.arange(mark.width)
    within = (columns >= starts[:, np.newaxis]) & (columns < ends[:, np.newaxis])
    cut = np.where(within, mark.ink, 0)
    return _tight(cut, mark.left, mark.top) if (cut > 0.25).any() else None


def _tight(ink: Values, left: int, top: int) -> Mark:
    box = around_ink(ink)
    assert box is not None
    return Mark(np.asarray(ink[box], np.float32), left + int(box[1].start), top + int(box[0].start))
