import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tenfold.data.load import load_dataset
from tenfold.photo.normalisation import (
    MNIST_STROKE_WIDTH,
    area_weights,
    is_normalised,
    normalise_character,
    stroke_width,
)


def test_a_digit_of_mnist_stays_as_it_is(mnist_images):
    normalised = np.stack([normalise_character(image.astype(np.float32)) for image in mnist_images])
    differences = np.abs(normalised.astype(int) - mnist_images).max(axis=(1, 2))
    assert np.mean(differences <= 3) > 0.98  # few have less than 255 as their lightest grey, or lie a pixel off


def test_mnists_images_are_normalised_and_others_are_not(mnist_images):
    images = mnist_images.astype(np.float32)
    assert all(is_normalised(image) for image in images)
    assert not any(is_normalised(np.roll(image, 2, axis=axis)) for image in images[:50] for axis in (0, 1))
    assert not any(is_normalised(np.pad(image[4:24:2, 4:24:2], 9)) for image in images[:50])


def test_each_pixel_is_the_mean_of_its_area():
    ink = np.zeros((40, 40), np.float32)
    ink[:, :20] = 1  # left half; a row of 20 boxes of 2×2 pixels
    image = normalise_character(np.pad(ink, 5))
    rows, columns = np.nonzero(image)
    assert (rows.min(), rows.max() + 1) == (4, 24)
    assert columns.max() + 1 - columns.min() == 10
    assert set(np.unique(image)) == {0, 255}


def test_the_box_is_twenty_pixels_and_its_centre_of_mass_in_the_middle():
    ink = np.zeros((100, 60), np.float32)
    ink[10:90, 10:20] = 1
    image = normalise_character(ink).astype(float)
    assert np.count_nonzero(image.max(axis=1)) == 20
    weights = image / image.sum()
    centre = (weights.sum(axis=1) @ np.arange(28), weights.sum(axis=0) @ np.arange(28))
    assert centre == pytest.approx((14, 14), abs=0.6)


def test_other_sizes():
    image = normalise_character(np.ones((30, 30), np.float32), (56, 42))
    assert image.shape == (56, 42)
    assert np.count_nonzero(image.max(axis=1)) == 30  # 20/28 of 42


def test_without_ink_the_image_is_black():
    assert not normalise_character(np.zeros((5, 9), np.float32)).any()


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 60), st.integers(1, 60)), elements=st.floats(0, 1, width=16)))
def test_any_ink_gives_an_image_that_reaches_white(ink):
    image = normalise_character(ink)
    assert image.shape == (28, 28)
    assert image.max() == (255 if ink.max() > 0 else 0)


def test_weights_share_a_pixel_between_two_cells():
    np.testing.assert_allclose(area_weights(3, 3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]], atol=1e-6)


def test_width_of_a_stripe():
    ink = np.zeros((60, 300), np.float32)
    ink[20:26, 5:295] = 1
    assert stroke_width(ink) == pytest.approx(6, rel=0.03)
    assert stroke_width(np.zeros((3, 3), np.float32)) == 0


def test_the_stroke_width_of_mnist():
    some = load_dataset("mnist").train.images[::49, ..., 0]  # not every 50th: kinds of writers alternate
    assert np.median([stroke_width(image) for image in some]) == pytest.approx(MNIST_STROKE_WIDTH, abs=0.05)
