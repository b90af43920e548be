"""Pictures that the network takes whole: resized, and inverted if ink and ground plainly lie the other way round."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from tenfold.photo.page import border
from tenfold.types import Image

_PLAIN_BORDER, _NEAR = 0.9, 24
_LIGHT, _DARK = 176, 80


Steps = list[tuple[str, np.ndarray[Any, np.dtype[np.uint8]]]]
"""Stages of a picture, named: uint8 [height, width] or [height, width, 3]."""


@dataclass(frozen=True)
class Prepared:
    """A picture as images for the network: one for the whole, or one for each character in reading order.

    Args:
        images: uint8 [height, width, channels] of the network's shape.
        boxes: Left, top, width and height of each in pixels of the picture.
        notes: Sentences on what was unusual about the picture.
        line_lengths: How many images each line has.
        steps: Every stage, if asked for.
    """

    images: list[Image]
    boxes: list[tuple[int, int, int, int]]
    notes: tuple[str, ...] = ()
    line_lengths: tuple[int, ...] = (1,)
    steps: Steps = field(default_factory=list)


def prepare_plain(image: Image, polarity: str, picture: PillowImage.Image, keep_steps: bool) -> Prepared:
    """Give a resized picture to the network as it is; invert it if its ground is plainly that of a negative.

    Args:
        image: uint8 [height, width, channels] of the network's shape.
        polarity: Of the training images.
        picture: Where it came from, for its box and the steps.
        keep_steps: Whether to keep every stage.
    """
    steps = [("picture", np.asarray(picture)), ("network input", image)] if keep_steps else []
    notes: tuple[str, ...] = ()
    if (found := plain_polarity(image)) and polarity not in ("none", found):
        image = 255 - image
        ink, ground = found.split("-on-")
        notes = (f"{ink} ink on {ground} ground: inverted",)
        steps = [*steps[:-1], ("inverted", image)] if keep_steps else []
    return Prepared([image], [(0, 0, *picture.size)], notes, steps=steps)


def plain_polarity(image: Image) -> str | None:
    """Whether an image plainly shows light on dark or dark on light; None if its border does not tell.

    Nearly all of the border has to be alike, and light with a darker middle, or dark with a lighter one.
    """
    grey = image.mean(axis=2, dtype=np.float32)
    if min(grey.shape) < 3:
        return None
    edge = border(grey)
    ground = float(np.median(edge))
    if (np.abs(edge - ground) <= _NEAR).mean() < _PLAIN_BORDER:
        return None
    difference = float(grey[1:-1, 1:-1].mean()) - ground
    if ground >= _LIGHT and difference <= -2:
        return "dark-on-light"
    if ground <= _DARK and difference >= 2:
        return "light-on-dark"
    return None
