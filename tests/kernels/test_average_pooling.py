import jax
import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.kernels.average_pooling import average_pooling


@pytest.mark.parametrize("pool_size", [(2, 2), (3, 2)])
def test_values_and_gradients_equal_the_stock_pooling(pool_size):
    random = np.random.default_rng(0)
    images = random.normal(size=(3, 7, 6, 2)).astype(np.float32)

    def stock(x):
        return keras.ops.average_pool(x, pool_size, pool_size, "valid")

    weights = random.normal(size=stock(images).shape).astype(np.float32)
    expected = jax.value_and_grad(lambda x: (stock(x) * weights).sum())(images)
    found = jax.value_and_grad(lambda x: (average_pooling(x, pool_size) * weights).sum())(images)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-5)
