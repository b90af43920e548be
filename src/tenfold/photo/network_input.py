"""The last stage: the ink of a character becomes what the network gets. Training images can take the same way."""

import numpy as np

from tenfold.photo.normalisation import MNIST_STROKE_WIDTH, normalise_character
from tenfold.photo.page import Array, Values
from tenfold.photo.strokes import Change, adapt_stroke
from tenfold.types import Images


def network_input(ink: Values, size: tuple[int, int] = (28, 28)) -> tuple[Array, Change]:
    """Bring one character to the form of MNIST's images: strokes of a usual width, box, centre of mass.

    Args:
        ink: float32 [height, width], 0 is ground, 1 is ink; of any size.
        size: Height and width of the image that is wanted.

    Returns:
        uint8 of that size, light ink on black ground, and what was done to the strokes.
    """
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0), np.flatnonzero(ink.max(axis=0) > 0)
    if not len(rows):
        return np.zeros(size, np.uint8), None
    tight = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    adapted, change = adapt_stroke(tight, MNIST_STROKE_WIDTH, min(size))
    return normalise_character(adapted, size), change


def normalise_images(images: Images) -> Images:
    """Push images of single characters through `network_input`, as the characters of photos are.

    Args:
        images: uint8 [n, height, width, 1], light ink on black ground.

    Returns:
        The same shape and type. A pure function: the same images give the same bytes.
    """
    ink = images[..., 0].astype(np.float32) / np.float32(255)
    normalised = [network_input(one, images.shape[1:3])[0] for one in ink]
    return np.stack(normalised)[..., np.newaxis] if normalised else images.copy()
