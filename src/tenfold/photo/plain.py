"""Pictures that the network takes whole: resized, and inverted if ink and ground plainly lie the other way round."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from tenfold.photo.normalisation import is_normalised
from tenfold.photo.page import border
from tenfold.types import Image

_PLAIN_BORDER, _NEAR = 0.9, 24
_LIGHT, _DARK = 176, 80

_LEAST_CONTRAST, _FAINT = 40, 0.15
"""Ink differs from the ground by so many greys at its strongest, and by more than that share of it elsewhere."""


@dataclass(frozen=True)
class Plain:
    """One picture as one image for the network."""

    images: list[Image]
    boxes: list[tuple[int, int, int, int]]
    notes: tuple[str, ...]
    steps: list[tuple[str, np.ndarray[Any, np.dtype[np.uint8]]]] = field(default_factory=list)
    line_lengths: tuple[int, ...] = (1,)


def prepare_plain(image: Image, polarity: str, picture: PillowImage.Image, keep_steps: bool) -> Plain:
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
    return Plain([image], [(0, 0, *picture.size)], notes, steps)


def fit_character(plain: Plain, polarity: str) -> Plain | None:
    """Bring a character of another size, or in another place, than MNIST's to their form.

    Args:
        plain: One grey image with MNIST's shape.
        polarity: Of the training images.

    Returns:
        None if there is nothing to do: the image has that form already, has no ink, or its ink reaches the edge, so
        that it is no character on a ground.
    """
    grey = plain.images[0][..., 0]
    grey = 255 - grey if polarity == "dark-on-light" else grey
    difference = grey - np.float32(np.median(border(grey)))
    strongest = difference.max()
    ink = np.where(difference > _FAINT * strongest, difference, 0) / max(strongest, 1)
    if strongest < _LEAST_CONTRAST or border(ink).any() or is_normalised(ink):
        return None
    from tenfold.photo.network_input import network_input  # SciPy takes a while to load

    fitted = network_input(ink, ink.shape)[0][..., np.newaxis]
    fitted = 255 - fitted if polarity == "dark-on-light" else fitted
    notes = (*plain.notes, "not of MNIST's size or place: fitted")
    return replace(plain, images=[fitted], notes=notes, steps=plain.steps and [*plain.steps, ("fitted", fitted)])


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
