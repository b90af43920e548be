"""The last stage: the ink of a character becomes what the network gets. Redrawn training images, too."""

import numpy as np

from tenfold.photo.normalisation import MNIST_STROKE_WIDTH, normalise_character
from tenfold.photo.page import Array, Values, around_ink
from tenfold.photo.strokes import Change, adapt_stroke


def network_input(ink: Values, size: tuple[int, int] = (28, 28)) -> tuple[Array, Change]:
    """Bring one character to the form of MNIST's images: strokes of a usual width, box, centre of mass.

    Args:
        ink: float32 [height, width], 0 is ground, 1 is ink; of any size.
        size: Height and width of the image that is wanted.

    Returns:
        uint8 of that size, light ink on black ground, and what was done to the strokes.
    """
    box = around_ink(ink)
    if box is None:
        return np.zeros(size, np.uint8), None
    adapted, change = adapt_stroke(ink[box], MNIST_STROKE_WIDTH, min(size))
    return normalise_character(adapted, size), change
