"""Pictures that the network takes whole: resized, and inverted if ink and ground plainly lie the other way round."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from tenfold.classifier.metadata import Metadata
from tenfold.classifier.polarity import is_negative
from tenfold.types import Image

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


def prepare_plain(image: Image, metadata: Metadata, picture: PillowImage.Image, keep_steps: bool) -> Prepared:
    """Give a resized picture to the network as it is; invert it if it is plainly a negative, as the network would.

    Args:
        image: uint8 [height, width, channels] of the network's shape.
        metadata: Of the network.
        picture: Where it came from, for its box and the steps.
        keep_steps: Whether to keep every stage.
    """
    steps = [("picture", np.asarray(picture)), ("network input", image)] if keep_steps else []
    notes: tuple[str, ...] = ()
    if metadata.inverts_negatives and is_negative(image[np.newaxis], metadata.polarity)[0]:
        image = 255 - image
        ground, ink = metadata.polarity.split("-on-")
        notes = (f"{ink} ink on {ground} ground: inverted",)
        steps = [*steps[:-1], ("inverted", image)] if keep_steps else []
    return Prepared([image], [(0, 0, *picture.size)], notes, steps=steps)
