import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.keras_on_jax import keras
from tenfold.kernels.convolution import convolution, window_margins


def stock(images, kernel, strides, padding):
    return keras.ops.conv(images, kernel, strides=strides, padding=padding, data_format="channels_last")


def values_and_gradients(operation, images, kernel, strides, padding, weights):
    maps, gradients = jax.vjp(lambda images, kernel: operation(images, kernel, strides, padding), images, kernel)
    return maps, gradients(weights)


def test_convolution_by_hand():
    images = jnp.arange(9.0).reshape(1, 3, 3, 1)
    kernel = jnp.array([[1.0, 0.0], [0.0, 2.0]]).reshape(2, 2, 1, 1)
    maps = convolution(images, kernel, (1, 1), "valid")
    assert maps.reshape(2, 2).tolist() == [[0 + 2 * 4, 1 + 2 * 5], [3 + 2 * 7, 4 + 2 * 8]]


@pytest.mark.parametrize(
    ("size", "window", "stride", "expected"),
    [
        (5, 3, 1, (1, 1)),
        (6, 2, 1, (0, 1)),
        (6, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (4, 1, 2, (0, 0)),
        (3, 5, 1, (2, 2)),
    ],
)
def test_same_padding_places_the_odd_zero_after(size, window, stride, expected):
    assert window_margins((size, 9), (window, 3), (stride, 1), "same") == (expected, (1, 1))
    assert window_margins((size, 9), (window, 3), (stride, 1), "valid") == ((0, 0), (0, 0))


@settings(max_examples=6, deadline=None)
@given(
    size=st.tuples(st.integers(5, 11), st.integers(5, 11)),
    window=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    strides=st.sampled_from([(1, 1), (2, 2), (1, 2), (3, 1)]),
    padding=st.sampled_from(["valid", "same"]),
    channels=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_values_and_gradients_equal_the_stock_convolution(size, window, strides, padding, channels, seed):
    random = np.random.default_rng(seed)
    images = jnp.asarray(random.normal(size=(2, *size, channels)), jnp.float32)
    kernel = jnp.asarray(random.normal(size=(*window, channels, 4)), jnp.float32)
    weights = jnp.asarray(random.normal(size=stock(images, kernel, strides, padding).shape), jnp.float32)
    expected = values_and_gradients(stock, images, kernel, strides, padding, weights)
    found = values_and_gradients(convolution, images, kernel, strides, padding, weights)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * float(jnp.abs(other).max()))
