import numpy as np
import pytest
from PIL import Image

from tenfold.photo.plain import Plain, fit_character, plain_polarity, prepare_plain


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


def plain_of(image: np.ndarray) -> Plain:
    return prepare_plain(image, "light-on-dark", Image.fromarray(image[..., 0]), keep_steps=True)


@pytest.mark.parametrize("polarity", ["light-on-dark", "dark-on-light"])
def test_a_character_in_another_place_is_brought_to_the_middle(mnist_images, polarity):
    known = mnist_images[0]
    moved = np.roll(known, (-3, 2), axis=(0, 1))[..., np.newaxis]
    image = 255 - moved if polarity == "dark-on-light" else moved
    fitted = fit_character(prepare_plain(image, polarity, Image.fromarray(image[..., 0]), True), polarity)
    found = 255 - fitted.images[0] if polarity == "dark-on-light" else fitted.images[0]
    assert np.abs(found[..., 0].astype(int) - known).mean() < 1
    assert fitted.notes == ("not of MNIST's size or place: fitted",)
    assert [name for name, _ in fitted.steps] == ["picture", "network input", "fitted"]


def test_what_has_mnists_form_has_no_ink_or_reaches_the_edge_is_not_fitted(mnist_images):
    assert not any(fit_character(plain_of(image[..., np.newaxis]), "light-on-dark") for image in mnist_images)
    assert fit_character(plain_of(np.full((28, 28, 1), 90, np.uint8)), "light-on-dark") is None
    at_the_edge = image_of(0, 255)
    at_the_edge[20:, 14] = 255
    assert fit_character(plain_of(at_the_edge), "light-on-dark") is None
