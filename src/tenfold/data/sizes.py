"""The rule that brings images of mixed size and colour to one shape, and sentences on what it did."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tenfold.data.image_file import resize_images
from tenfold.data.options import ReadOptions, Size
from tenfold.errors import DataError
from tenfold.types import Images

MAX_TINT = 8
"""Levels by which red, green and blue differ in grey pictures that were saved with losses in colour."""

_AT_ONCE = 500

TINT_NOTE = (
    f"red, green and blue that differ by at most {MAX_TINT} levels, as those of grey pictures do that were "
    "saved with losses: read as grey."
)

Progress = Callable[[int, int], None]
"""Is called with the steps that are done and all steps, while images are read or resized."""

_RESIZED = " were resized to "

MAX_CHOSEN_SIDE = 96
"""No side grows longer than this unless the user asks for it: small networks on a CPU need no more."""

MAX_ASKED_SIDE = 1024
MOST_PIXELS = MAX_ASKED_SIDE**2
"""Of images that networks are trained on."""


def parse_size(text: str) -> Size:
    """Read "32" (square) or "32x24" (height 32, width 24, in Keras's order) as height and width in pixels.

    Raises:
        DataError: It is written differently, or a side lies outside 1…`MAX_ASKED_SIDE`.
    """
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*(?:[xX×*,]\s*([0-9]{1,9})\s*)?", text)
    if not match:
        raise DataError(f"The size {text!r} cannot be read; expected HEIGHTxWIDTH in pixels, such as 32x32.")
    size = int(match[1]), int(match[2] or match[1])
    check_size(size)
    return size


def check_size(size: Size) -> None:
    """Refuse sides outside 1…`MAX_ASKED_SIDE`.

    Raises:
        DataError: A side is too short or too long.
    """
    if not all(1 <= side <= MAX_ASKED_SIDE for side in size):
        raise DataError(f"The size {_text(size)} cannot be used; expected 1 to {MAX_ASKED_SIDE:,} pixels a side.")


def common_size(counts: Counter[Size]) -> Size:
    """The size to bring all images to, if nobody asked for one.

    The size of most images; if no size has at least half of them, the median height and the median width.
    If a side is longer than `MAX_CHOSEN_SIDE`, both shrink in proportion until the longer one has that
    length.

    Args:
        counts: How many images there are of each size.
    """
    # Of two equally frequent sizes the smaller one, so that the choice depends on nothing else.
    size, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    if 2 * count < counts.total():
        size = _median(counts, axis=0), _median(counts, axis=1)
    shrink = min(1.0, MAX_CHOSEN_SIDE / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def size_notes(counts: Counter[Size], size: Size, options: ReadOptions) -> tuple[str, ...]:
    """One sentence on how many images were resized, and why to this size; none if all of them fit."""
    changed = {found: count for found, count in counts.items() if found != size}
    if not changed:
        return ()
    resized, total = sum(changed.values()), counts.total()
    who = f"All {total:,}" if resized == total else f"{resized:,} of {total:,}"
    smallest, largest = min(changed, key=_area), max(changed, key=_area)
    before = _text(smallest) if len(changed) == 1 else f"{_text(smallest)} to {_text(largest)}"
    ratio = size[0] / size[1]
    stretched = any(abs(height / width / ratio - 1) > 0.05 for height, width in changed)
    return (
        f"{who} images ({before}){_RESIZED}{_text(size)} (height×width), "
        f"{_reason(counts, size, options)}"
        f"{'; some are stretched by it, as their proportions differ' if stretched else ''}.",
    )


def were_resized(notes: Sequence[str]) -> bool:
    """Whether the notes of a data set say that some of its images had another size before."""
    return any(_RESIZED in note for note in notes)


def bring_to_one_shape(
    parts: list[Images], options: ReadOptions, progress: Progress
) -> tuple[list[Images], tuple[str, ...]]:
    """Apply the rule to arrays.

    Args:
        parts: Arrays of images, each of one size; not all need have the same.
        options: What the user asked for.
        progress: Is called now and then while images are resized.

    Returns:
        The arrays with one height, width and number of channels, and the sentences that say what was done.
    """
    counts: Counter[Size] = Counter()
    for images in parts:
        counts[images.shape[1], images.shape[2]] += len(images)
    size = options.size or common_size(counts)
    notes = size_notes(counts, size, options)
    colour = any(has_colour(images) for images in parts)
    if colour and options.gray:
        notes += ("Colour was turned into grey, as asked for.",)
    elif not colour and any(images.shape[3] == 3 for images in parts):
        equal = all(bool((images == images[..., :1]).all()) for images in parts)
        notes += ("The three channels are equal everywhere: read as grey." if equal else f"All have {TINT_NOTE}",)
    channels = 3 if colour and not options.gray else 1
    total, resized, done = counts.total(), [], 0
    for images in parts:
        resized.append(resize_images(images, size, channels, partial(_report, progress, done, total)))
        done += len(images)
        progress(done, total)
    return resized, notes


def has_colour(images: Images) -> bool:
    """Whether red, green and blue differ anywhere by more than `MAX_TINT`: grey saved with losses does not."""
    if images.shape[-1] != 3:
        return False
    for start in range(0, len(images), _AT_ONCE):  # the first few images of a set in colour decide
        red, green, blue = np.moveaxis(images[start : start + _AT_ONCE], -1, 0)
        lightest, darkest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
        if np.any(lightest - darkest > MAX_TINT):
            return True
    return False


def _report(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _reason(counts: Counter[Size], size: Size, options: ReadOptions) -> str:
    if options.size:
        return "as asked for"
    if 2 * counts[size] >= counts.total():
        return "the size of most images (--size chooses another)"
    if max(size) < MAX_CHOSEN_SIDE:
        return "the median height and width (--size chooses another)"
    return f"so that no side is longer than {MAX_CHOSEN_SIDE} (--size chooses another)"


def _median(counts: Counter[Size], axis: int) -> int:
    sides = np.array([size[axis] for size in counts])
    order = np.argsort(sides)
    passed = np.cumsum(np.array(list(counts.values()))[order])
    return int(sides[order][np.searchsorted(passed, counts.total() / 2)])


def _area(size: Size) -> tuple[int, Size]:
    return size[0] * size[1], size


def _text(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
