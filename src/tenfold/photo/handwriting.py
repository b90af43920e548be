"""From a photo of handwriting to one image for each character, in the form of MNIST's."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image as PillowImage

from tenfold.classifier.classifier import Classifier, Prediction
from tenfold.photo.characters import MOST_MARKS, Mark, find_marks, largest_character, reading_order
from tenfold.photo.ground import make_ink_dark, read_values, remove_ground
from tenfold.photo.ink import clear_ink, smooth_paper
from tenfold.photo.lines import remove_lines
from tenfold.photo.network_input import network_input
from tenfold.photo.page import Page
from tenfold.photo.pictures import draw_boxes, draw_inputs, draw_page
from tenfold.photo.plain import Prepared
from tenfold.photo.sheet import cover_surroundings
from tenfold.photo.strokes import Change
from tenfold.photo.touching import split_touching
from tenfold.types import Image

STEPS: tuple[tuple[str, Callable[[Page], Page]], ...] = (
    ("sheet alone", cover_surroundings),
    ("dark ink", make_ink_dark),
    ("even light", remove_ground),
    ("smooth paper", smooth_paper),
    ("lines removed", remove_lines),
    ("clear ink", clear_ink),
)
"""What is done to the whole picture, in this order; each takes a page and gives the next one."""

_AS_HIGH = 0.6
"""Marks that are at least so high, measured by the highest, may be characters of their own, and not pieces."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def prepare_handwriting(classifier: Classifier, picture: PillowImage.Image, keep_steps: bool) -> Prepared:
    """Find the characters of a photo, and normalise each.

    Args:
        classifier: Takes images of MNIST's form; tells which reading of touching strokes is likelier.
        picture: "L" or "RGB", upright.
        keep_steps: Whether to keep every stage.
    """
    steps = [("picture", np.asarray(picture))] if keep_steps else []
    for name, page in _pages(picture):
        if keep_steps:
            steps.append((name, draw_page(page)))
    found, specks = find_marks(page.values, page.stroke_pixels)
    separate = split_touching(found, lambda some: _predictions(some, classifier))
    lines = reading_order(separate)
    marks = [mark for line in lines for mark in line]
    inputs, changes = normalise_marks(marks, classifier)
    boxes = [_box(mark, page.scale, picture.size) for mark in marks]
    if keep_steps:
        steps += [("characters", draw_boxes(picture, boxes)), ("network input", draw_inputs(inputs))]
    if len(separate) > len(found):
        page = page.noted("touching marks: cut apart")
    notes = (*page.notes, *_notes(marks, lines, specks, changes)) if marks else (_nothing(specks),)
    return Prepared(inputs, boxes, notes, tuple(len(line) for line in lines), steps)


def prepare_character(classifier: Classifier, picture: PillowImage.Image) -> Prepared:
    """Find the character that a photo ("L" or "RGB") shows, and normalise it; no image if it shows none, or several.

    Several are there if the network takes two marks for characters of which none is much higher.
    """
    *_, (_, page) = _pages(picture)
    found, _ = find_marks(page.values, page.stroke_pixels)
    nothing = Prepared([], [], line_lengths=(0,))
    if not found:
        return nothing
    marks = split_touching(found, lambda some: _predictions(some, classifier))
    highest = max(mark.height for mark in marks)
    high = [mark for mark in marks if mark.height >= _AS_HIGH * highest]
    if len(high) > 1:
        known = [one.label is not None for one in _predictions(high, classifier)]
        if sum(known) > 1:
            return nothing
    mark = largest_character(found)
    return Prepared(normalise_marks([mark], classifier)[0], [_box(mark, page.scale, picture.size)])


def _pages(picture: PillowImage.Image) -> Iterator[tuple[str, Page]]:
    """What each of the steps gives, from the picture to clear ink."""
    page = read_values(picture)
    for name, step in STEPS:
        page = step(page)
        yield name, page


def normalise_marks(marks: Sequence[Mark], classifier: Classifier) -> tuple[list[Image], list[Change]]:
    """Each mark as an image for the network, and what was done to its strokes."""
    inputs = [network_input(mark.ink, classifier.image_shape[:2]) for mark in marks]
    dark = classifier.metadata.polarity == "dark-on-light"
    images = [(255 - image if dark else image)[..., np.newaxis] for image, _ in inputs]
    return images, [change for _, change in inputs]


def _predictions(marks: Sequence[Mark], classifier: Classifier) -> list[Prediction]:
    return classifier.predict_prepared(np.stack(normalise_marks(marks, classifier)[0]))


def _box(mark: Mark, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a mark lies in the picture, in whole pixels: left, top, width, height."""
    left, top = int(mark.left * scale), int(mark.top * scale)
    right = min(size[0], int(np.ceil((mark.left + mark.width) * scale)))
    bottom = min(size[1], int(np.ceil((mark.top + mark.height) * scale)))
    return left, top, right - left, bottom - top


def _notes(marks: list[Mark], lines: list[list[Mark]], specks: int, changes: list[Change]) -> list[str]:
    notes = []
    words: tuple[tuple[Change, str], ...] = (("thickened", "thinner"), ("thinned", "thicker"))
    for change, unlike in words:
        if changes.count(change) > len(changes) / 2:
            notes.append(f"stroke much {unlike} than in training: {change}")
    if specks:
        notes.append(f"{_number(specks)} speck{'s' * (specks > 1)}: left out")
    if len(marks) > 1:
        on_lines = f" on {_number(len(lines))} lines" if len(lines) > 1 else ""
        notes.append(f"{_number(len(marks))} marks: read as {_number(len(marks))} characters{on_lines}")
    return notes


def _nothing(specks: int) -> str:
    return f"{specks:,} marks: too many for rows of characters" if specks > MOST_MARKS else "nothing found"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
