import numpy as np
import pytest

from tenfold.photo.redrawing import SPOILT, redraw


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(mnist_images):
    images = mnist_images[:40, ..., np.newaxis]
    redrawn = redraw(images, 3)
    assert redrawn.shape == images.shape
    assert redrawn.dtype == np.uint8
    np.testing.assert_array_equal(redraw(images, 3), redrawn)
    assert all((one != other).any() for one, other in zip(redraw(images, 4), redrawn, strict=True))


def test_an_image_is_drawn_alike_whatever_comes_after_it(mnist_images):
    images = mnist_images[:600, ..., np.newaxis]
    np.testing.assert_array_equal(redraw(images, 1)[:5], redraw(images[:5], 1))


@pytest.mark.parametrize(("spoilt", "least"), [(0.0, 0.9), (SPOILT, 0.8)])
def test_what_is_written_stays_readable(classifier, mnist_images, spoilt, least):
    redrawn = redraw(mnist_images[..., np.newaxis], 0, spoilt=spoilt)
    labels = [prediction.top[0][0] for prediction in classifier.predict(mnist_images[..., np.newaxis])]
    again = [prediction.top[0][0] for prediction in classifier.predict(redrawn)]
    assert np.mean([one == other for one, other in zip(labels, again, strict=True)]) > least


def test_other_sizes_and_blank_images():
    images = np.zeros((2, 40, 32, 1), np.uint8)
    images[0, 10:30, 14:18] = 255
    redrawn = redraw(images, 0)
    assert redrawn.shape == images.shape
    assert redrawn[0].any()
    assert not redrawn[1].any()


def test_progress_ends_at_all_images():
    told = []
    redraw(np.zeros((1200, 4, 4, 1), np.uint8), 0, lambda done, of: told.append((done, of)))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]
