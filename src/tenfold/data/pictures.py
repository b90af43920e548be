"""Many picture files → one array of images, decoded by several threads and remembered in the cache."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from tenfold.data.cache import load_pictures, pictures_key, store_pictures
from tenfold.data.image_file import decode_image, image_size, resize_image
from tenfold.data.options import ReadOptions, Size
from tenfold.data.sizes import Progress, common_size, has_colour, size_notes
from tenfold.types import Image, Images

_Result = TypeVar("_Result")

_MAX_THREADS = 8


def read_pictures(paths: Sequence[Path], options: ReadOptions, progress: Progress) -> tuple[Images, tuple[str, ...]]:
    """Decode picture files and bring them to one size and number of channels.

    The size is the options one or follows `common_size`; the images are grey if all of them are or grey is
    options, else colour.

    Args:
        paths: The files; the images come in the same order.
        options: What the user asked for.
        progress: Is called after every file.

    Returns:
        uint8 [n, height, width, channels] and the sentences that say what was done.

    Raises:
        ImageError: A file cannot be decoded.
    """
    key = pictures_key(paths, options)
    if key and (cached := load_pictures(key, len(paths))):
        return cached
    images, notes = _decode_all(paths, options, progress)
    if key:
        store_pictures(key, images, notes)
    return images, notes


def _decode_all(paths: Sequence[Path], options: ReadOptions, progress: Progress) -> tuple[Images, tuple[str, ...]]:
    count = len(paths)
    steps = count if options.size else 2 * count
    with _threads() as threads:
        size = options.size or common_size(
            Counter(_each(threads, image_size, paths, lambda done: progress(done, steps)))
        )
        decode = partial(_decode, size=size, gray=options.gray)
        decoded = _each(threads, decode, paths, lambda done: progress(steps - count + done, steps))
    notes = size_notes(Counter(found for _, found, _ in decoded), size, options)
    colourful = sum(colour for _, _, colour in decoded)
    return (
        _joined([image for image, _, _ in decoded], size),
        notes + _colour_notes(colourful, count, options.gray),
    )


def _decode(path: Path, size: Size, gray: bool) -> tuple[Image, Size, bool]:
    """The picture with as few channels as it needs, its size before, and whether it had colour."""
    picture = decode_image(path)
    found = picture.height, picture.width
    image = resize_image(picture, size, 1 if picture.mode == "L" else 3)
    colour = has_colour(image)
    if gray and colour:
        image = resize_image(picture, size, 1)
    return image if colour and not gray else image[..., :1], found, colour


def _joined(images: list[Image], size: Size) -> Images:
    joined = np.empty((len(images), *size, max(image.shape[2] for image in images)), np.uint8)
    for position, image in enumerate(images):
        joined[position] = image  # a grey one fills all three channels
    return joined


def _colour_notes(colourful: int, count: int, gray: bool) -> tuple[str, ...]:
    if gray and colourful:
        return (f"{colourful:,} of {count:,} images had colour and were turned grey, as asked for.",)
    if 0 < colourful < count:
        return (
            f"All images were read as colour, since {colourful:,} of {count:,} have colour "
            "(--gray turns all of them grey).",
        )
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
    report: Callable[[int], None],
) -> list[_Result]:
    results = []
    for result in threads.map(function, paths):
        results.append(result)
        report(len(results))
    return results
