import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from tenfold.keras_on_jax import keras
from tenfold.kernels import native
from tenfold.kernels.norm_block import norm_block, twin_norm_block

INSTRUCTION_SETS = native.supported_instruction_sets()
EPSILON = 1e-3


def stock_block(inputs, gamma, beta, epsilon, relu):
    """What Keras's own layers compute."""
    axes = list(range(inputs.ndim - 1))
    mean, variance = keras.ops.moments(inputs, axes)
    outputs = keras.ops.batch_normalization(inputs, mean, variance, -1, beta, gamma, epsilon)
    return (jax.nn.relu(outputs) if relu else outputs), mean, variance


def arguments(shape, random, offset=0.0):
    channels = shape[-1:]
    arrays = random.normal(offset, 2, shape), random.normal(1, 0.5, channels), random.normal(size=channels)
    return [array.astype(np.float32) for array in (*arrays, random.normal(size=shape))]


def values_and_gradients(function, relu):
    def compute(inputs, gamma, beta, gradient):
        def outputs(*values):
            outputs, mean, variance = function(*values, EPSILON, relu)
            return outputs, (mean, variance)

        outputs, transpose, moments = jax.vjp(outputs, inputs, gamma, beta, has_aux=True)
        return outputs, *moments, *transpose(gradient)

    return jax.jit(compute)


def check(shape, relu, random, offset=0.0):
    """Every instruction set and the twin against Keras's own operations."""
    given = arguments(shape, random, offset)
    expected = values_and_gradients(stock_block, relu)(*given)
    found = {"twin": values_and_gradients(twin_norm_block, relu)(*given)}
    for name in INSTRUCTION_SETS:
        native.choose_instruction_set(name)
        found[name] = jax.block_until_ready(values_and_gradients(norm_block, relu)(*given))
    parts = ("outputs", "mean", "variance", "inputs", "gamma", "beta")
    for name, results in found.items():
        for part, result, wanted in zip(parts, results, expected, strict=True):
            tolerance = 1e-5 * max(float(np.abs(wanted).max(initial=0)), 1e-3)
            np.testing.assert_allclose(result, wanted, rtol=0, atol=tolerance, err_msg=f"{name}: {part}")


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(
    "shape",
    # Many slices; channels that fill no vector; rows of a dense layer; a row longer than a slice.
    [(8, 20, 20, 32), (5, 7, 9, 19), (40, 3), (2, 2, 9000)],
)
def test_values_and_gradients_equal_kerass_operations(shape, relu):
    check(shape, relu, np.random.default_rng(0))


@settings(max_examples=8, deadline=None)
@given(
    # With two or three rows, the gradient of the inputs is a small difference of large numbers, in any order of sums.
    shape=st.tuples(st.integers(8, 20), st.integers(1, 20), st.integers(1, 20), st.integers(1, 40)),
    relu=st.booleans(),
)
def test_random_shapes(shape, relu):
    check(shape, relu, np.random.default_rng(1))


def test_by_hand():
    inputs = jnp.array([[1.0, 5.0], [3.0, 5.0]])
    outputs, mean, variance = norm_block(inputs, jnp.array([2.0, 1.0]), jnp.array([0.5, -1.0]), 0.0, True)
    assert mean.tolist() == [2.0, 5.0]
    assert variance.tolist() == [1.0, 0.0]
    assert outputs[:, 0].tolist() == [0.0, 2.5]


def test_the_variance_of_values_far_from_zero_is_not_lost():
    inputs = 3000 + np.random.default_rng(2).normal(size=(20_000, 3)).astype(np.float32)
    _, _, variance = norm_block(inputs, jnp.ones(3), jnp.zeros(3), EPSILON, False)
    np.testing.assert_allclose(variance, inputs.astype(np.float64).var(axis=0), rtol=1e-4)


def test_at_exactly_zero_relu_passes_no_gradient():
    inputs = jnp.array([[-1.0], [0.0], [1.0]])
    gradient = jax.grad(lambda beta: norm_block(inputs, jnp.ones(1), beta, EPSILON, True)[0].sum())(jnp.zeros(1))
    assert gradient.tolist() == [1.0]


def test_what_is_not_a_number_stays_so():
    inputs = jnp.ones((4, 2)).at[1, 0].set(jnp.nan)
    outputs, _, _ = norm_block(inputs, jnp.ones(2), jnp.zeros(2), EPSILON, True)
    assert jnp.isnan(outputs[:, 0]).all()
    assert not jnp.isnan(outputs[:, 1]).any()


def test_a_loop_on_two_threads_gives_the_same_bytes_every_time():
    inputs, gamma, beta, gradient = arguments((33, 13, 13, 32), np.random.default_rng(3))
    both = values_and_gradients(norm_block, True)

    @jax.jit
    def descend(inputs, gamma):
        def step(_, values):
            *_, to_inputs, to_gamma, _ = both(*values, beta, gradient)
            return values[0] - 0.1 * to_inputs, values[1] - 1e-4 * to_gamma

        return lax.fori_loop(0, 5, step, (inputs, gamma))

    first = descend(inputs, gamma)
    for _ in range(5):
        for before, after in zip(first, descend(inputs, gamma), strict=True):
            np.testing.assert_array_equal(before, after)
