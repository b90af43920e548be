import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from tenfold.kernels import native
from tenfold.kernels.dense_block import dense_block, kernel_product, noted_kernel_products, twin_dense_block

INSTRUCTION_SETS = native.supported_instruction_sets()


def stock_block(inputs, kernel, bias, relu):
    outputs = jnp.matmul(inputs, kernel, precision="highest") + bias
    return jax.nn.relu(outputs) if relu else outputs


def arguments(n, features, units, random, share_of_zeros=0.8):
    inputs = random.normal(size=(n, features)) * (random.random((n, features)) >= share_of_zeros)
    arrays = inputs, random.normal(size=(features, units)) * features**-0.5, random.normal(size=units)
    return [array.astype(np.float32) for array in (*arrays, random.normal(size=(n, units)))]


def values_and_gradients(function, relu):
    def compute(inputs, kernel, bias, gradient):
        outputs, transpose = jax.vjp(lambda *values: function(*values, relu), inputs, kernel, bias)
        return outputs, *transpose(gradient)

    return jax.jit(compute)


def check(inputs, relu, exact=False):
    """Every instruction set and the twin against JAX's own product."""
    expected = values_and_gradients(stock_block, relu)(*inputs)
    found = {"twin": values_and_gradients(twin_dense_block, relu)(*inputs)}
    for name in INSTRUCTION_SETS:
        native.choose_instruction_set(name)
        found[name] = jax.block_until_ready(values_and_gradients(dense_block, relu)(*inputs))
    for name, results in found.items():
        for part, result, wanted in zip(("outputs", "inputs", "kernel", "bias"), results, expected, strict=True):
            tolerance = 0 if exact else 1e-5 * max(float(np.abs(wanted).max(initial=0)), 1e-3)
            np.testing.assert_allclose(result, wanted, rtol=0, atol=tolerance, err_msg=f"{name}: {part}")


@pytest.mark.parametrize("share_of_zeros", [0, 0.8, 1])
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(
    ("n", "features", "units"),
    # Shared by columns; by rows; a last column alone; more rows than a block has, for outputs and for the kernel.
    [(32, 784, 128), (256, 90, 10), (5, 30, 65), (200, 300, 40)],
)
def test_values_and_gradients_equal_jaxs_product(n, features, units, relu, share_of_zeros):
    check(arguments(n, features, units, np.random.default_rng(0), share_of_zeros), relu)


@settings(max_examples=8, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 120), st.integers(1, 120), st.integers(1, 150)),
    relu=st.booleans(),
    share_of_zeros=st.floats(0, 1),
)
def test_random_shapes(shape, relu, share_of_zeros):
    check(arguments(*shape, np.random.default_rng(0), share_of_zeros), relu)


def test_at_exactly_zero_relu_passes_no_gradient():
    inputs, kernel = np.array([[1.0, 2.0], [1.0, 1.0]], np.float32), np.array([[2.0], [-1.0]], np.float32)
    outputs, to_inputs, to_kernel, to_bias = values_and_gradients(dense_block, True)(
        inputs, kernel, np.zeros(1, np.float32), np.array([[5.0], [3.0]], np.float32)
    )
    assert outputs.tolist() == [[0.0], [1.0]]
    assert to_inputs.tolist() == [[0.0, 0.0], [6.0, -3.0]]
    assert to_kernel.tolist() == [[3.0], [3.0]]
    assert to_bias.tolist() == [3.0]


def test_whole_numbers_are_exact():
    random = np.random.default_rng(1)
    check(
        [random.integers(-2, 3, shape).astype(np.float32) for shape in ((40, 70), (70, 33), (33,), (40, 33))],
        True,
        True,
    )


def test_what_is_not_a_number_stays_so():
    inputs = np.zeros((4, 50), np.float32)
    inputs[2, 7] = np.nan
    outputs = np.asarray(dense_block(inputs, np.ones((50, 20), np.float32), np.zeros(20, np.float32), True))
    assert np.isnan(outputs[2]).all()
    assert not np.isnan(outputs[[0, 1, 3]]).any()


def test_the_gradient_of_data_is_not_computed():
    inputs, kernel = jnp.ones((4, 6)), jnp.ones((6, 3))
    program = jax.jit(jax.grad(lambda kernel: dense_block(inputs, kernel, jnp.zeros(3), True).sum())).lower(kernel)
    assert "dense_kernel_gradient" in program.as_text()
    assert "dense_input_gradient" not in program.as_text()


def test_a_loop_on_two_threads_gives_the_same_bytes_every_time():
    inputs, kernel, bias, gradient = arguments(64, 784, 256, np.random.default_rng(2))
    both = values_and_gradients(dense_block, True)

    @jax.jit
    def descend(kernel, bias):
        def step(_, weights):
            _, _, kernel_gradient, bias_gradient = both(inputs, *weights, gradient)
            return weights[0] - 1e-4 * kernel_gradient, weights[1] - 1e-4 * bias_gradient

        return lax.fori_loop(0, 5, step, (kernel, bias))

    first = descend(kernel, bias)
    for _ in range(5):
        for before, after in zip(first, descend(kernel, bias), strict=True):
            np.testing.assert_array_equal(before, after)


def test_no_images_give_no_outputs_and_no_gradient():
    inputs = jnp.ones((0, 6)), jnp.ones((6, 3)), jnp.zeros(3)
    assert dense_block(*inputs, True).shape == (0, 3)
    gradients = jax.grad(lambda *values: dense_block(*values, True).sum(), (1, 2))(*inputs)
    assert not any(gradient.any() for gradient in gradients)


def test_the_factors_of_a_kernels_gradient_are_known_where_it_is_used_as_it_is():
    inputs, kernel, bias, _ = arguments(4, 30, 7, np.random.default_rng(3))

    def loss(kernel, bias):
        return (dense_block(inputs, kernel, bias, True) ** 2).sum()

    def factors(kernel, bias):
        gradient, _ = jax.grad(loss, (0, 1))(kernel, bias)
        assert kernel_product(gradient + 0) is None
        product = kernel_product(gradient)
        return gradient, product.inputs, product.outputs

    with noted_kernel_products():
        gradient, left, right = jax.jit(factors)(kernel, bias)
    assert kernel_product(gradient) is None
    np.testing.assert_allclose(left.T @ right, gradient, rtol=1e-5, atol=1e-5)
