import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from tenfold.keras_on_jax import keras
from tenfold.kernels import native
from tenfold.kernels.conv_block import ConvBlock, conv_block, output_shape, twin_conv_block

INSTRUCTION_SETS = native.supported_instruction_sets()


def stock_block(images, kernel, bias, block):
    """What Keras's own layers compute, through XLA's own operations."""
    maps = keras.ops.conv(images, kernel, list(block.strides), block.padding) + bias
    maps = jax.nn.relu(maps) if block.relu else maps
    return keras.ops.max_pool(maps, block.pool_size, block.pool_size, block.pool_padding)


def arguments(images, kernel, block, random, integers=False):
    shapes = images, kernel, kernel[-1:], output_shape(images, kernel, block)
    if integers:
        return [random.integers(-1, 2, shape).astype(np.float32) for shape in shapes]
    scales = 1, np.prod(kernel[:3]) ** -0.5, 1, 1
    return [(scale * random.normal(size=shape)).astype(np.float32) for shape, scale in zip(shapes, scales, strict=True)]


def values_and_gradients(function, block):
    def compute(images, kernel, bias, gradient):
        maps, transpose = jax.vjp(lambda *inputs: function(*inputs, block), images, kernel, bias)
        return maps, *transpose(gradient)

    return jax.jit(compute)


def check(images, kernel, block, random, integers=False):
    """Every instruction set and the twin against the stock layers."""
    inputs = arguments(images, kernel, block, random, integers)
    expected = values_and_gradients(stock_block, block)(*inputs)
    fused = values_and_gradients(conv_block, block)
    found = {"twin": values_and_gradients(twin_conv_block, block)(*inputs)}
    for name in INSTRUCTION_SETS:
        native.choose_instruction_set(name)
        found[name] = jax.block_until_ready(fused(*inputs))
    for name, results in found.items():
        for part, result, wanted in zip(("maps", "images", "kernel", "bias"), results, expected, strict=True):
            # Sums of whole numbers are exact, whatever their order.
            tolerance = 0 if integers else 1e-5 * max(float(np.abs(wanted).max(initial=0)), 1e-3)
            np.testing.assert_allclose(result, wanted, rtol=0, atol=tolerance, err_msg=f"{name}: {part}")


def test_the_library_is_there_where_a_compiler_is():
    assert native.available()
    assert "plain" in INSTRUCTION_SETS


@pytest.mark.parametrize(("pool_size", "relu"), [((1, 1), False), ((2, 2), True), ((3, 3), True)])
@pytest.mark.parametrize(
    ("images", "kernel"),
    # One channel; several panels of filters; odd sizes; an image that goes through in several slices.
    [
        ((3, 12, 11, 1), (3, 3, 1, 32)),
        ((2, 9, 9, 32), (3, 3, 32, 70)),
        ((5, 8, 10, 3), (5, 4, 3, 7)),
        ((2, 40, 40, 16), (3, 3, 16, 8)),
    ],
)
def test_values_and_gradients_equal_the_stock_layers(images, kernel, pool_size, relu):
    check(images, kernel, ConvBlock(pool_size=pool_size, relu=relu), np.random.default_rng(0))


@pytest.mark.parametrize("size", [(3, 3), (6, 7), (9, 8)])
@pytest.mark.parametrize("padding", ["valid", "same"])
# Whole vectors; parts of vectors, and more than a panel of them.
@pytest.mark.parametrize(("channels", "filters"), [(32, 20), (20, 70), (70, 33)])
def test_tiles_at_odd_edges_count_what_is_inside(size, padding, channels, filters):
    block = ConvBlock(padding=padding, relu=True)
    check((3, *size, channels), (3, 3, channels, filters), block, np.random.default_rng(4))


@pytest.mark.parametrize("channels", [1, 32])
@pytest.mark.parametrize("pool_size", [(2, 2), (3, 3), (5, 2)])
def test_windows_that_reach_over_the_edge(channels, pool_size):
    block = ConvBlock(relu=True, pool_size=pool_size, pool_padding="same")
    check((3, 9, 11, channels), (3, 3, channels, 20), block, np.random.default_rng(4))
    check((3, 9, 11, channels), (3, 3, channels, 20), block, np.random.default_rng(4), integers=True)


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
def test_a_kernel_with_a_hundred_thousand_values_for_each_filter_has_a_gradient_everywhere(name):
    native.choose_instruction_set(name)
    images = np.random.default_rng(5).integers(-1, 2, (2, 1, 1, 120_000)).astype(np.float32)
    kernel, bias = np.ones((1, 1, 120_000, 1), np.float32), np.zeros(1, np.float32)
    found = jax.grad(lambda kernel: conv_block(images, kernel, bias, ConvBlock()).sum())(kernel)
    np.testing.assert_array_equal(found.ravel(), images.sum(0).ravel())


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_random_shapes(data):
    size = st.integers(1, 9)
    kernel = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 40), st.integers(1, 70)))
    height, width = kernel[0] + data.draw(size), kernel[1] + data.draw(size)
    block = ConvBlock(
        strides=(data.draw(st.integers(1, 2)),) * 2,
        padding=data.draw(st.sampled_from(["valid", "same"])),
        relu=data.draw(st.booleans()),
        pool_size=data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        pool_padding=data.draw(st.sampled_from(["valid", "same"])),
    )
    check((data.draw(st.integers(1, 5)), height, width, kernel[2]), kernel, block, np.random.default_rng(0))


@pytest.mark.parametrize("channels", [1, 20])
@pytest.mark.parametrize("pool_size", [(1, 1), (2, 2)])
def test_ties_and_exact_zeros_send_their_gradients_where_the_stock_layers_do(channels, pool_size):
    block = ConvBlock(padding="same", relu=True, pool_size=pool_size)
    check((4, 8, 8, channels), (3, 3, channels, 20), block, np.random.default_rng(1), integers=True)


def test_blank_images_have_no_gradient_of_the_kernel_but_one_of_the_bias():
    block = ConvBlock(relu=True, pool_size=(2, 2))
    images, kernel, bias = jnp.zeros((2, 6, 6, 1)), jnp.ones((3, 3, 1, 2)), jnp.array([1.0, -1.0])
    _, found, gradient = jax.grad(lambda *inputs: conv_block(*inputs, block).sum(), (0, 1, 2))(images, kernel, bias)
    assert not found.any()
    assert gradient.tolist() == [8, 0]


def test_what_is_not_a_number_stays_so():
    images = jnp.zeros((1, 6, 6, 1)).at[0, 3, 3, 0].set(jnp.nan)
    for pool_size in [(1, 1), (2, 2)]:
        maps = conv_block(images, jnp.ones((3, 3, 1, 2)), jnp.zeros(2), ConvBlock(relu=True, pool_size=pool_size))
        assert jnp.isnan(maps).any()


def test_the_gradient_of_data_is_not_computed():
    block = ConvBlock(relu=True)
    images, kernel = jnp.ones((1, 5, 5, 1)), jnp.ones((3, 3, 1, 2))
    program = jax.jit(jax.grad(lambda kernel: conv_block(images, kernel, jnp.zeros(2), block).sum()))
    assert "image_gradient = false" in program.lower(kernel).as_text()


def test_a_loop_on_two_threads_gives_the_same_bytes_every_time():
    block, random = ConvBlock(relu=True, pool_size=(2, 2)), np.random.default_rng(2)
    images, kernel, bias, gradient = arguments((33, 13, 13, 32), (3, 3, 32, 64), block, random)
    both = values_and_gradients(conv_block, block)

    @jax.jit
    def descend(kernel, bias):
        def step(_, weights):
            _, _, kernel_gradient, bias_gradient = both(images, *weights, gradient)
            return weights[0] - 1e-4 * kernel_gradient, weights[1] - 1e-4 * bias_gradient

        return lax.fori_loop(0, 5, step, (kernel, bias))

    first = descend(kernel, bias)
    for _ in range(5):
        for before, after in zip(first, descend(kernel, bias), strict=True):
            np.testing.assert_array_equal(before, after)


def test_no_images_give_no_maps_and_no_gradient():
    block = ConvBlock(relu=True, pool_size=(2, 2))
    inputs = jnp.ones((0, 6, 6, 1)), jnp.ones((3, 3, 1, 2)), jnp.zeros(2)
    assert conv_block(*inputs, block).shape == (0, 2, 2, 2)
    gradients = jax.grad(lambda *values: conv_block(*values, block).sum(), (1, 2))(*inputs)
    assert not any(gradient.any() for gradient in gradients)


@pytest.mark.parametrize(("wanted", "code", "printed"), [("none", 0, "False None"), ("mmx", 1, "expected none, or an")])
def test_the_environment_chooses(wanted, code, printed):
    program = "from tenfold.kernels import native; print(native.available(), native.instruction_set())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"TENFOLD_KERNELS": wanted, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert printed in done.stdout + done.stderr
