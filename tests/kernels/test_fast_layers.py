import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.kernels.fast_layers import fast_layers

layers = keras.layers


def test_the_model_is_untouched_outside_the_block():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.MaxPooling2D()])
    before = [dict(vars(layer)) for layer in model.layers]
    with fast_layers(model):
        assert "convolution_op" in vars(model.layers[0])
        assert "max_pooling" in repr(vars(model.layers[1])["call"])
    assert [dict(vars(layer)) for layer in model.layers] == before


def test_an_error_inside_the_block_restores_the_model():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)])
    with pytest.raises(KeyError), fast_layers(model):
        raise KeyError
    assert "convolution_op" not in vars(model.layers[0])


def test_layers_that_are_not_known_stay_as_they_are():
    class Shifted(layers.Conv2D):
        pass

    model = keras.Sequential(
        [
            keras.Input((12, 12, 2)),
            layers.Conv2D(2, 3, dilation_rate=2),
            layers.Conv2D(2, 3, groups=2),
            layers.MaxPooling2D(3, strides=1),
            Shifted(2, 3),
        ]
    )
    with fast_layers(model):
        for layer in model.layers:
            assert not {"convolution_op", "call"} & set(vars(layer))


def test_layers_inside_a_nested_model_are_found_and_give_the_same_values():
    inner = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(3, 3, activation="relu"), layers.MaxPooling2D(2)])
    model = keras.Sequential([keras.Input((9, 9, 1)), inner, layers.Flatten()])
    images = np.random.default_rng(0).normal(size=(4, 9, 9, 1)).astype(np.float32)
    expected = np.asarray(model(images))
    with fast_layers(model):
        assert "convolution_op" in vars(inner.layers[0])
        found = np.asarray(model(images))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
