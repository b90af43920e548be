import numpy as np
import pytest

from tenfold.photo.strangers import draw_strangers


@pytest.fixture
def digits(mnist_images):
    return mnist_images[..., np.newaxis]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(digits):
    drawn = draw_strangers(40, digits, 3)
    assert drawn.shape == (40, 28, 28, 1)
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(draw_strangers(40, digits, 3), drawn)
    assert all((one != other).any() for one, other in zip(draw_strangers(40, digits, 4), drawn, strict=True))


def test_an_image_is_drawn_alike_whatever_comes_after_it(digits):
    np.testing.assert_array_equal(draw_strangers(600, digits, 1)[:5], draw_strangers(5, digits, 1))


def test_hardly_any_is_blank(digits):
    assert np.mean(draw_strangers(400, digits, 0).max(axis=(1, 2, 3)) > 0) > 0.99


@pytest.mark.parametrize("size", [(40, 32), (6, 9)])
def test_other_sizes_and_blank_digits(size):
    assert draw_strangers(60, np.zeros((2, *size, 1), np.uint8), 0).shape == (60, *size, 1)


def test_progress_ends_at_all_images(digits):
    told = []
    draw_strangers(700, digits, 0, lambda done, of: told.append((done, of)))
    assert told == [(500, 700), (700, 700)]


def test_the_model_inside_the_package_knows_none_of_them(classifier, digits):
    drawn = draw_strangers(300, digits, 1_000_000)
    assert np.mean([one.label is None for one in classifier.predict_prepared(drawn)]) > 0.8
