import numpy as np
import pytest
from PIL import Image, ImageDraw

from tenfold.classifier.appearance import ink, pixel_mean


def strokes(width: int, angle: float, size: int = 120) -> np.ndarray:
    """A long white stroke on black ground, with soft edges."""
    image = Image.new("L", (4 * size, 4 * size))
    middle = 2 * size
    ImageDraw.Draw(image).rectangle((0.8 * size, middle - 2 * width, 3.2 * size, middle + 2 * width - 1), fill=255)
    turned = image.rotate(angle, Image.Resampling.BICUBIC).resize((size, size), Image.Resampling.BOX)
    return np.asarray(turned)[np.newaxis, ..., np.newaxis]


def test_ink_of_a_bar_by_hand():
    images = np.zeros((3, 20, 20, 1), np.uint8)
    images[:, 5:15, 8:10] = 200  # 10 × 2 pixels: 24 sides
    share, width = ink(images, "light-on-dark")
    assert share == 20 / 400
    assert width == round(2 * 20 / (np.pi / 4 * 24), 2)
    assert ink(255 - images, "dark-on-light") == (share, width)
    assert ink(np.repeat(images, 3, axis=3), "light-on-dark") == (share, width)
    assert pixel_mean(images) == 10.0


def test_strokes_of_all_directions_together_have_their_width():
    angles = np.linspace(0, 180, 24, endpoint=False)
    found = [ink(strokes(8, angle), "light-on-dark")[1] for angle in angles]
    assert 1 / np.mean(1 / np.array(found)) == pytest.approx(8 * 60 / 68, rel=0.06)  # the ends count as sides, too


def test_without_a_polarity_or_ink_nothing_is_measured():
    images = np.zeros((3, 20, 20, 1), np.uint8)
    assert ink(images, "none") is None
    assert ink(images, "light-on-dark") is None
