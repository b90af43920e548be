import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.kernels.max_pooling import max_pooling


def test_the_gradient_goes_to_the_first_of_equal_values():
    images = jnp.array([[1.0, 3.0], [3.0, 3.0]]).reshape(1, 2, 2, 1)
    value, gradient = jax.value_and_grad(lambda x: max_pooling(x, (2, 2), "valid").sum())(images)
    assert value == 3
    assert gradient.reshape(2, 2).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("pool_size", [(2, 2), (3, 3), (2, 3), (1, 2)])
@pytest.mark.parametrize("size", [(6, 6), (7, 5), (4, 9)])
def test_values_and_gradients_equal_the_stock_pooling(padding, pool_size, size):
    random = np.random.default_rng(0)
    # Few different values, so that many windows hold equal ones.
    images = jnp.asarray(random.integers(-2, 3, (3, *size, 2)), jnp.float32)

    def stock(x):
        return keras.ops.max_pool(x, pool_size, pool_size, padding)

    weights = jnp.asarray(random.normal(size=stock(images).shape), jnp.float32)
    expected = jax.value_and_grad(lambda x: (stock(x) * weights).sum())(images)
    found = jax.value_and_grad(lambda x: (max_pooling(x, pool_size, padding) * weights).sum())(images)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
    np.testing.assert_array_equal(found[1], expected[1])
