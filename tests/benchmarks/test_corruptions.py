import numpy as np
import pytest

from benchmarks.corruptions import CORRUPTIONS, corrupt


@pytest.fixture
def images():
    """A thick upright stroke in each of three images."""
    images = np.zeros((3, 28, 28, 1), np.uint8)
    images[:, 6:22, 12:16] = 255
    return images


def test_there_are_the_fifteen_of_the_published_list():
    assert len(CORRUPTIONS) == 15


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_changes_every_image_and_follows_from_its_seed(images, name):
    corrupted = corrupt(images, name, 3)
    assert corrupted.shape == images.shape
    assert corrupted.dtype == np.uint8
    assert all((one != before).any() for one, before in zip(corrupted, images, strict=True))
    np.testing.assert_array_equal(corrupt(images, name, 3), corrupted)


def test_where_they_lead(images):
    stroke = images[0, ..., 0]
    stripe = corrupt(images, "stripe", 0)[0, ..., 0]
    assert (stripe[:, :7] == 255).all()
    np.testing.assert_array_equal(stripe[:, 7:21], stroke[:, 7:21])
    bright = corrupt(images, "brightness", 0)[0, ..., 0]
    assert (bright[stroke == 0] == 128).all()
    assert (bright[stroke > 0] == 255).all()
    moved = np.argwhere(corrupt(images, "translate", 0)[0, ..., 0])
    assert np.abs(moved.min(axis=0) - [6, 12]).tolist() == [3, 3]
    small = np.argwhere(corrupt(images, "scale", 0)[0, ..., 0] > 127)
    assert np.ptp(small[:, 0]) + 1 == pytest.approx(0.7 * 16, abs=1)
    edges = corrupt(images, "canny_edges", 0)[0, ..., 0]
    assert edges[13, 13] == edges[0, 0] == 0
    noise = corrupt(np.zeros((200, 28, 28, 1), np.uint8), "impulse_noise", 0)
    assert (noise == 255).mean() == pytest.approx(0.085, abs=0.003)
