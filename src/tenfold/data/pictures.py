"""Many picture files → one array of images, decoded by several threads and remembered in the cache."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from tenfold.data.cache import load_pictures, pictures_key, store_pictures
from tenfold.data.image_file import bad_images, decode_image, image_size, resize_image
from tenfold.data.options import ReadOptions, Size
from tenfold.data.sizes import TINT_NOTE, Progress, common_size, has_colour, size_notes
from tenfold.errors import ImageError
from tenfold.types import Image, Images

_Result = TypeVar("_Result")

_MAX_THREADS = 8


@dataclass(frozen=True)
class _Decoded:
    """One picture at the common size: in grey, and in colour where its channels differ.

    A picture that is coloured beyond doubt decides that all images have colour: its `grey` is never used.
    """

    found: Size
    grey: Image
    colour: Image | None
    is_colourful: bool
    is_deep: bool


def read_pictures(
    paths: Sequence[Path], options: ReadOptions, progress: Progress
) -> tuple[Images, tuple[str, ...], frozenset[Path]]:
    """Decode picture files and bring them to one size and number of channels.

    The size is the one asked for or follows `common_size`; the images are grey if all of them are or grey was asked
    for, else colour. All files are tried before a bad one is reported.

    Args:
        paths: The files; the images come in the same order.
        options: What the user asked for; with `skip_bad`, files that cannot be decoded are left out.
        progress: Is called after every file.

    Returns:
        uint8 [n, height, width, channels], the sentences that say what was done, and the files that were left out.

    Raises:
        ImageError: Files cannot be decoded; the first ones are named.
    """
    key = pictures_key(paths, options)
    if key and (cached := load_pictures(key, len(paths))):
        return *cached, frozenset()
    images, notes, bad = _decode_all(paths, options, progress)
    if key and not bad:  # a file that could not be read today may be readable tomorrow
        store_pictures(key, images, notes)
    return images, notes, bad


def _decode_all(
    paths: Sequence[Path], options: ReadOptions, progress: Progress
) -> tuple[Images, tuple[str, ...], frozenset[Path]]:
    count = len(paths)
    steps = count if options.size else 2 * count
    errors: dict[Path, ImageError] = {}
    with _threads() as threads:
        size = options.size
        if not size:
            sizes = _each(threads, image_size, paths, errors, lambda done: progress(done, steps))
            size = common_size(Counter(sizes)) if sizes else (1, 1)
        decode = partial(_decode, size=size, gray=options.gray)
        decoded = _each(threads, decode, paths, errors, lambda done: progress(steps - count + done, steps))
    notes = _bad_notes(errors, count, options)
    colourful = sum(picture.is_colourful for picture in decoded)
    channels = 3 if colourful and not options.gray else 1
    images = np.empty((len(decoded), *size, channels), np.uint8)
    for position, picture in enumerate(decoded):  # a grey one fills all three channels
        images[position] = picture.grey if channels == 1 or picture.colour is None else picture.colour
    notes += size_notes(Counter(picture.found for picture in decoded), size, options)
    return images, notes + _depth_notes(decoded) + _colour_notes(decoded, options.gray), frozenset(errors)


def _decode(path: Path, size: Size, gray: bool) -> _Decoded:
    picture = decode_image(path)
    colour = None if gray or picture.mode == "L" else resize_image(picture, size, 3)
    if colour is not None and (colour == colour[..., :1]).all():
        colour = None
    is_colourful = colour is not None and has_colour(colour)
    grey = colour if colour is not None and is_colourful else resize_image(picture, size, 1)
    if gray and picture.mode != "L":
        is_colourful = has_colour(resize_image(picture, size, 3))
    return _Decoded((picture.height, picture.width), grey, colour, is_colourful, "deep" in picture.info)


def _bad_notes(errors: dict[Path, ImageError], count: int, options: ReadOptions) -> tuple[str, ...]:
    """What was left out; all bad files in one message, unless they may be left out."""
    if not errors:
        return ()
    messages = [str(error) for error in errors.values()]
    if options.skip_bad and len(errors) < count:
        verb = "is" if len(errors) == 1 else "are"
        return (bad_images(messages, count, f"cannot be used and {verb} left out"),)
    can_be_had = any("git lfs pull" in message for message in messages)  # leaving them out would be a loss
    hint = "" if options.skip_bad or can_be_had else "\nTo go on without them: --skip-bad."
    raise ImageError(bad_images(messages, count) + hint)


def _depth_notes(decoded: Sequence[_Decoded]) -> tuple[str, ...]:
    deep = sum(picture.is_deep for picture in decoded)
    if not deep:
        return ()
    return (f"{deep:,} of {len(decoded):,} images {_have(deep)} 16 bits per pixel: 0…65,535 was scaled to 0…255.",)


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _colour_notes(decoded: Sequence[_Decoded], gray: bool) -> tuple[str, ...]:
    count, colourful = len(decoded), sum(picture.is_colourful for picture in decoded)
    if gray and colourful:
        return (f"{colourful:,} of {count:,} images had colour and were turned grey, as asked for.",)
    if 0 < colourful < count:
        return (
            f"All images were read as colour, since {colourful:,} of {count:,} {_have(colourful)} colour "
            "(--gray turns all of them grey).",
        )
    tinted = sum(picture.colour is not None for picture in decoded)
    if tinted and not colourful:
        return (f"{tinted:,} of {count:,} images {_have(tinted)} {TINT_NOTE}",)
    return ()


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads that stop at once, not after the whole folder, when a file is bad or the user interrupts."""
    threads = ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1))
    try:
        yield threads
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def _each(
    threads: ThreadPoolExecutor,
    function: Callable[[Path], _Result],
    paths: Sequence[Path],
    errors: dict[Path, ImageError],
    report: Callable[[int], None],
) -> list[_Result]:
    """The results for all files but bad ones, whose errors are kept, also those of before."""

    def attempt(path: Path) -> _Result | ImageError:
        try:
            return function(path)
        except ImageError as error:
            return error

    results = []
    for done, (path, result) in enumerate(zip(paths, threads.map(attempt, paths), strict=True), 1):
        if isinstance(result, ImageError):
            errors.setdefault(path, result)
        elif path not in errors:
            results.append(result)
        report(done)
    return results
