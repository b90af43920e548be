import numpy as np
import pytest
from PIL import Image

from tenfold.photo.plain import plain_polarity, prepare_plain


def image_of(ground: int, ink: int) -> np.ndarray:
    image = np.full((28, 28, 1), ground, np.uint8)
    image[8:20, 12:16] = ink
    return image


@pytest.mark.parametrize(
    ("image", "polarity"),
    [
        (image_of(0, 255), "light-on-dark"),
        (image_of(240, 20), "dark-on-light"),
        (image_of(128, 255), None),
        (image_of(0, 0), None),
        (np.zeros((2, 2, 1), np.uint8), None),
    ],
)
def test_polarity(image, polarity):
    assert plain_polarity(image) == polarity


def test_a_border_that_is_not_plain_tells_nothing():
    image = image_of(255, 0)
    image[:, :10] = 0
    assert plain_polarity(image) is None


@pytest.mark.parametrize("training", ["light-on-dark", "none"])
def test_negatives_are_inverted_if_the_training_images_have_a_polarity(training):
    image = image_of(255, 0)
    plain = prepare_plain(image, training, Image.fromarray(image[..., 0]), keep_steps=True)
    inverted = training != "none"
    np.testing.assert_array_equal(plain.images[0], 255 - image if inverted else image)
    assert plain.notes == (("dark ink on light ground: inverted",) if inverted else ())
    assert [name for name, _ in plain.steps] == ["picture", "inverted" if inverted else "network input"]
    assert plain.boxes == [(0, 0, 28, 28)]
