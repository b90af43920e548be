import numpy as np
import pytest
from scipy import ndimage

from tenfold.keras_on_jax import keras
from tenfold.models.averaging import average_networks
from tenfold.recipes.settings import Averaging


def reader(name: str, factor: float = 1.0) -> keras.Model:
    """A "network" whose outputs are its input's pixels times a factor."""
    images = keras.Input((4, 5, 2), dtype="uint8")
    model = keras.Model(images, keras.layers.Flatten()(keras.layers.Rescaling(factor)(images)), name=name)
    model.compile(loss="mean_squared_error")
    return model


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 4, 5, 2), dtype=np.uint8)


def averaged(networks, images, **settings):
    model = average_networks(networks, Averaging(**settings), "mean")
    return np.asarray(model(images)).reshape(images.shape)


def test_networks_count_equally(images):
    found = averaged([reader("one", 0.5), reader("two", 2.0), reader("three", 0.2)], images)
    np.testing.assert_allclose(found, images * np.float32(0.9), rtol=1e-6)


@pytest.mark.parametrize("pixels", [1, 2])
def test_moved_copies_repeat_their_edge(images, pixels):
    moves = [(0, 0), (-pixels, 0), (pixels, 0), (0, -pixels), (0, pixels)]
    copies = [ndimage.shift(images, (0, *move, 0), order=0, mode="nearest") for move in moves]
    found = averaged([reader("one")], images, shift=pixels)
    np.testing.assert_allclose(found, np.mean(copies, axis=0, dtype=np.float32), rtol=1e-6)


def test_mirrored_copies_are_those_of_the_moved_ones_too(images):
    moved = averaged([reader("one")], images, shift=1)
    both = averaged([reader("one")], images, shift=1, mirrored=True)
    np.testing.assert_allclose(both, (moved + moved[:, :, ::-1]) / 2, rtol=1e-5)


@pytest.mark.parametrize(("settings", "copies"), [({}, 1), ({"shift": 3}, 5), ({"shift": 1, "mirrored": True}, 10)])
def test_the_number_of_copies(settings, copies):
    assert Averaging(**settings).copies == copies
