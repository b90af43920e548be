import numpy as np
import pytest
from skimage.measure import regionprops

from tenfold.photo.redrawing import SPOILT, redraw, shown_characters


def _redrawn(images, seed, **settings):
    return redraw(images, ["?"] * len(images), seed, **settings)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(mnist_images):
    images = mnist_images[:40, ..., np.newaxis]
    redrawn = _redrawn(images, 3)
    assert redrawn.shape == images.shape
    assert redrawn.dtype == np.uint8
    np.testing.assert_array_equal(_redrawn(images, 3), redrawn)
    assert all((one != other).any() for one, other in zip(_redrawn(images, 4), redrawn, strict=True))


def test_an_image_is_drawn_alike_whatever_comes_after_it(mnist_images):
    images = mnist_images[:600, ..., np.newaxis]
    np.testing.assert_array_equal(_redrawn(images, 1)[:5], _redrawn(images[:5], 1))


@pytest.mark.parametrize(("spoilt", "least"), [(0.0, 0.9), (SPOILT, 0.8)])
def test_what_is_written_stays_readable(classifier, mnist_images, spoilt, least):
    redrawn = _redrawn(mnist_images[..., np.newaxis], 0, spoilt=spoilt)
    labels = [prediction.top[0][0] for prediction in classifier.predict_prepared(mnist_images[..., np.newaxis])]
    again = [prediction.top[0][0] for prediction in classifier.predict_prepared(redrawn)]
    assert np.mean([one == other for one, other in zip(labels, again, strict=True)]) > least


def test_other_sizes_and_blank_images():
    images = np.zeros((2, 40, 32, 1), np.uint8)
    images[0, 10:30, 14:18] = 255
    redrawn = _redrawn(images, 0)
    assert redrawn.shape == images.shape
    assert redrawn[0].any()
    assert not redrawn[1].any()


def test_progress_ends_at_all_images():
    told = []
    redraw(np.zeros((1200, 4, 4, 1), np.uint8), ["?"] * 1200, 0, lambda done, of: told.append((done, of)))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]


def test_some_ones_get_an_upstroke_and_no_other_character_changes():
    images = np.zeros((200, 84, 84, 1), np.uint8)
    images[:, 12:72, 38:45] = 255
    characters = [character for other in "2345689lAø" for character in ("1", other)] * 10
    redrawn = redraw(images, characters, 0, spoilt=0)
    solid = np.array([regionprops((image[..., 0] > 127).astype(int))[0].solidity for image in redrawn])
    hollow = solid < 0.72  # much of the convex hull is empty
    assert np.mean(hollow[::2]) > np.mean(hollow[1::2]) + 0.2
    np.testing.assert_array_equal(redrawn[1::2], _redrawn(images, 0, spoilt=0)[1::2])


def test_only_digits_are_formed_otherwise():
    labels = np.array([0, 2, 1], np.int32)
    assert shown_characters(labels, ("7", "1", "0")) == ["7", "0", "1"]
    assert shown_characters(labels, ("0", "1", "O")) == ["", "", ""]
