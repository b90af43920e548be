import jax.numpy as jnp
import numpy as np
import pytest
from jax import random

from tenfold.recipes.augmentation import Augmentation
from tenfold.training.warping import warped

KEY = random.PRNGKey(0)


def images(count=4, height=9, width=7, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels)).astype(np.float32)


def varied(pictures, **amounts):
    return np.asarray(warped(jnp.asarray(pictures), KEY, Augmentation(**amounts)))


def test_nothing_to_do_leaves_images_as_they_are():
    np.testing.assert_array_equal(varied(images()), images())


def test_a_crop_moves_whole_pixels_and_brings_in_black():
    pictures = images(count=64)
    for before, after in zip(pictures, varied(pictures, crop_padding=2), strict=True):
        padded = np.pad(before, ((2, 2), (2, 2), (0, 0)))
        assert any(np.array_equal(after, padded[i : i + 9, j : j + 7]) for i in range(5) for j in range(5))


@pytest.mark.parametrize("flip", ["horizontal", "vertical", "both"])
def test_flips_give_the_image_or_its_mirror_image(flip):
    mirrors = {
        "horizontal": [lambda x: x, lambda x: x[:, ::-1]],
        "vertical": [lambda x: x, lambda x: x[::-1]],
        "both": [lambda x: x, lambda x: x[:, ::-1], lambda x: x[::-1], lambda x: x[::-1, ::-1]],
    }[flip]
    pictures = images(count=64)
    seen = set()
    for before, after in zip(pictures, varied(pictures, flip=flip), strict=True):
        kinds = [number for number, mirror in enumerate(mirrors) if np.allclose(after, mirror(before), atol=1e-3)]
        assert kinds
        seen.update(kinds)
    assert seen == set(range(len(mirrors)))


def bar():
    """An upright bar in the middle of an image."""
    picture = np.zeros((1, 21, 21, 1), np.float32)
    picture[:, 4:17, 10] = 255
    return np.repeat(picture, 200, axis=0)


def direction_degrees(picture):
    """How far a bar leans from upright."""
    weights = picture[..., 0]
    rows, columns = np.mgrid[: weights.shape[0], : weights.shape[1]] - 10.0
    return np.degrees(np.arctan2((weights * rows * columns).sum(), (weights * rows**2).sum()))


@pytest.mark.parametrize("amounts", [{"rotation": 20.0}, {"shear": 20.0}])
def test_turned_and_sheared_bars_lean_up_to_the_limit_both_ways(amounts):
    leans = np.array([direction_degrees(picture) for picture in varied(bar(), **amounts)])
    assert 17 < leans.max() < 21
    assert -21 < leans.min() < -17
    assert abs(leans.mean()) < 3


def test_zoom_makes_bars_longer_and_shorter_by_the_factor():
    pictures = varied(bar(), zoom=0.25)
    lengths = pictures[..., 10, 0].sum(1) / pictures[..., 10, 0].max(1)
    assert 1.15 < lengths.max() / 13 < 1.3
    assert 0.75 < lengths.min() / 13 < 0.87


def test_shift_moves_up_to_the_share_of_each_side():
    wide = np.pad(bar(), ((0, 0), (0, 0), (10, 10), (0, 0)))  # 21×41
    pictures = varied(wide, shift=0.1)[..., 0]
    for axis, limit in ((1, 2.1), (2, 4.1)):
        profile = pictures.sum(3 - axis)
        moved = (profile * np.arange(profile.shape[1])).sum(1) / profile.sum(1) - (profile.shape[1] - 1) / 2
        assert 0.85 * limit < moved.max() < 1.05 * limit
        assert -1.05 * limit < moved.min() < -0.85 * limit


def test_elastic_fields_move_points_by_their_standard_deviation():
    """Seen on pictures whose brightness is the number of the row, and of the column."""
    rows, columns = np.mgrid[:41, :61].astype(np.float32)
    for numbers in (rows, columns):
        picture = np.broadcast_to(numbers[..., None], (100, 41, 61, 1))
        moved = varied(picture, elastic=2.0, fill="edge")[:, 15:26, 15:46] - picture[:, 15:26, 15:46]
        assert 1.7 < moved.std() < 2.3
