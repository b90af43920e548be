import jax
import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.kernels import native
from tenfold.kernels.dense_block import dense_block, noted_kernel_products
from tenfold.kernels.optimizer_step import SMALLEST, native_update

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "a schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
    "clipped": lambda: keras.optimizers.Adam(0.01, clipnorm=0.5),
    "averaged": lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5),
    "accumulated": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
}
LARGE, SMALL = (90, 70), (10,)


def weights():
    random = np.random.default_rng(0)
    return [random.normal(size=shape).astype(np.float32) for shape in (LARGE, SMALL)]


def stepped(optimizer, gradients_of, update=None):
    """Weights and the optimiser's variables after three steps inside one program."""
    variables = [keras.Variable(value) for value in weights()]
    optimizer.build(variables)
    if update := update and update(optimizer):
        vars(optimizer)["update_step"] = update

    @jax.jit
    def run(values, slots):
        with noted_kernel_products():
            for step in range(3):
                values, slots = optimizer.stateless_apply(slots, gradients_of(values, step), values)
        return values, slots

    values, slots = run([one.value for one in variables], [one.value for one in optimizer.variables])
    return jax.block_until_ready([*values, *slots])


def random_gradients(values, step):
    random = np.random.default_rng(step)
    return [random.normal(size=value.shape).astype(np.float32) for value in values]


def dense_gradients(values, step):
    """Those of a dense layer, which come out of a product."""
    random = np.random.default_rng(step)
    inputs = (random.normal(size=(12, LARGE[0])) * (random.random((12, LARGE[0])) > 0.7)).astype(np.float32)
    kernel_gradient = jax.grad(
        lambda kernel: (dense_block(inputs, kernel, np.ones(LARGE[1], np.float32), True) ** 2).sum()
    )
    return [kernel_gradient(values[0]), np.ones(SMALL, np.float32)]


@pytest.mark.parametrize("gradients_of", [random_gradients, dense_gradients])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_three_steps_equal_the_stock_optimizers(name, gradients_of):
    assert np.prod(LARGE) >= SMALLEST > np.prod(SMALL)
    expected = stepped(OPTIMIZERS[name](), gradients_of)
    for instruction_set in native.supported_instruction_sets():
        native.choose_instruction_set(instruction_set)
        for found, wanted in zip(stepped(OPTIMIZERS[name](), gradients_of, native_update), expected, strict=True):
            scale = max(float(np.abs(wanted).max()), 1e-3)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * scale, err_msg=instruction_set)


def lowered(gradients_of, optimizer):
    """The text of a program of one step."""
    variables = [keras.Variable(value) for value in weights()]
    optimizer.build(variables)
    vars(optimizer)["update_step"] = native_update(optimizer)

    def step(values, slots):
        with noted_kernel_products():
            return optimizer.stateless_apply(slots, gradients_of(values, 0), values)

    slots = [one.value for one in optimizer.variables]
    return jax.jit(step).lower([one.value for one in variables], slots).compile().as_text()


def test_a_dense_kernels_gradient_is_never_written_where_only_the_optimizer_reads_it():
    text = lowered(dense_gradients, keras.optimizers.Adam())
    assert "dense_step" in text
    assert "dense_kernel_gradient" not in text


def test_a_clipped_gradient_is():
    text = lowered(dense_gradients, keras.optimizers.Adam(clipnorm=1.0))
    assert "dense_kernel_gradient" in text
    assert "optimizer_step" in text
    assert "dense_step" not in text


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(),
        keras.optimizers.RMSprop(centered=True),
        keras.optimizers.RMSprop(momentum=0.5),
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.Nadam(),
        type("Mine", (keras.optimizers.Adam,), {})(),
    ],
)
def test_other_optimizers_keep_their_own_step(optimizer):
    optimizer.build([keras.Variable(value) for value in weights()])
    assert native_update(optimizer) is None
