"""The stages of a picture, drawn, and written as PNG files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from tenfold.errors import ImageError
from tenfold.photo.page import Page
from tenfold.types import Image

_RED = (214, 39, 40)
_ENLARGED = 8

Drawing = np.ndarray[Any, np.dtype[np.uint8]]


def draw_page(page: Page) -> Drawing:
    """A page's values as grey or colour, 0…1 as 0…255."""
    return np.asarray(np.rint(np.clip(page.values, 0, 1) * 255), np.uint8)


def draw_boxes(picture: PillowImage.Image, boxes: Sequence[tuple[int, int, int, int]]) -> Drawing:
    """The picture with a frame around each character."""
    drawing = picture.convert("RGB")
    pen, line = ImageDraw.Draw(drawing), max(1, max(picture.size) // 400)
    for left, top, width, height in boxes:
        pen.rectangle((left - line, top - line, left + width - 1 + line, top + height - 1 + line), None, _RED, line)
    return np.asarray(drawing)


def draw_inputs(images: Sequence[Image]) -> Drawing:
    """What the network gets, side by side, each pixel enlarged; a single black pixel if it gets nothing."""
    if not images:
        return np.zeros((1, 1), np.uint8)
    grey = [np.pad(image[..., 0], 1, constant_values=128) for image in images]
    return np.concatenate(grey, axis=1).repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)


def write_steps(steps: Sequence[tuple[str, Drawing]], folder: Path) -> None:
    """Write every stage as `NN-name.png` into a new or empty folder.

    Raises:
        ImageError: The folder holds something already, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if next(folder.iterdir(), None) is not None:
            raise ImageError(f"{folder}: is not empty; nothing is overwritten. Name a new folder for the steps.")
        for number, (name, drawing) in enumerate(steps):
            drawing = drawing[..., 0] if drawing.ndim == 3 and drawing.shape[2] == 1 else drawing
            PillowImage.fromarray(drawing).save(folder / f"{number:02}-{name.replace(' ', '-')}.png")
    except OSError as error:
        raise ImageError(f"{folder}: the steps cannot be written ({error.strerror or error}).") from error
