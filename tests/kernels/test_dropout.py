import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.keras_on_jax import keras
from tenfold.kernels import native
from tenfold.kernels.dropout import dropout, twin_dropout

INSTRUCTION_SETS = native.supported_instruction_sets()


def check(shape, key, rate):
    """Every instruction set and the twin give Keras's very bytes."""
    inputs = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = np.asarray(keras.random.dropout(inputs, rate, seed=key))
    np.testing.assert_array_equal(twin_dropout(inputs, key, rate), expected)
    for name in INSTRUCTION_SETS:
        native.choose_instruction_set(name)
        np.testing.assert_array_equal(dropout(inputs, key, rate), expected, err_msg=name)


@pytest.mark.parametrize("rate", [1e-6, 0.2, 0.5, 0.999])
def test_the_same_values_as_kerass_own(rate):
    check((7, 9, 300), jax.random.PRNGKey(5), rate)


@settings(max_examples=20, deadline=None)
@given(
    shape=st.lists(st.integers(0, 40), min_size=1, max_size=3).map(tuple),
    words=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    rate=st.floats(0.001, 0.99),
)
def test_random_shapes_keys_and_rates(shape, words, rate):
    check(shape, jnp.array(words, jnp.uint32), rate)


def test_the_gradient_goes_where_values_were_kept():
    inputs, key = jnp.ones((50, 60)), jax.random.PRNGKey(1)
    gradient = jax.jit(jax.grad(lambda inputs: (dropout(inputs, key, 0.25) * jnp.arange(60.0)).sum()))(inputs)
    kept = np.asarray(dropout(inputs, key, 0.25)) > 0
    assert 0.7 < kept.mean() < 0.8
    np.testing.assert_allclose(gradient, np.where(kept, np.arange(60.0) / 0.75, 0), rtol=1e-6)


def test_other_random_numbers_are_drawn_by_jax():
    inputs, key = jnp.ones((5, 60)), jax.random.PRNGKey(1)
    with jax.threefry_partitionable(False):
        np.testing.assert_array_equal(dropout(inputs, key, 0.5), keras.random.dropout(inputs, 0.5, seed=key))
