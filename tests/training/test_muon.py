import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.recipes.settings import Compile, Muon
from tenfold.training.compilation import compile_model
from tenfold.training.muon import Muon as TenfoldsMuon

RATE = 0.01
values = keras.ops.convert_to_numpy


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(8, 3), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    return keras.Sequential([keras.Input((6, 6, 2)), *layers])


def step(optimizer, model, seed):
    """One step with random gradients; what was added to each variable, and the gradients."""
    random = np.random.default_rng(seed)
    gradients = [random.normal(size=variable.shape).astype(np.float32) for variable in model.trainable_variables]
    before = [values(variable) for variable in model.trainable_variables]
    optimizer.apply(gradients, model.trainable_variables)
    return [values(v) - b for v, b in zip(model.trainable_variables, before, strict=True)], gradients


def compiled(model, **arguments):
    settings = Muon(name="muon", learning_rate=RATE, **arguments)
    compile_model(model, Compile(optimizer=settings), 10, 2)
    return model.optimizer


def test_the_first_step_of_a_kernel_is_its_gradient_with_all_directions_alike(model):
    (added, *_), (gradient, *_) = step(compiled(model, weight_decay=0.0), model, 1)
    left, _, right = np.linalg.svd(gradient.reshape(18, 8), full_matrices=False)
    expected = -RATE * 0.2 * np.sqrt(18) * (left @ right)
    # Keras's iterations bring singular values near to 1, not to it.
    lengths = np.linalg.svd(added.reshape(18, 8) / (RATE * 0.2 * np.sqrt(18)), compute_uv=False)
    assert ((lengths > 0.65) & (lengths < 1.25)).all()
    alike = (added.reshape(18, 8) * expected).sum() / np.linalg.norm(added) / np.linalg.norm(expected)
    assert alike > 0.98


def test_steps_are_as_large_as_adams(model):
    added, _ = step(compiled(model, weight_decay=0.0), model, 2)
    # Adam's first step moves every value by the rate; Liu et al. take 0.2 of it for what Adam's later steps have.
    assert np.sqrt((added[0] ** 2).mean()) == pytest.approx(0.2 * RATE, rel=0.3)


def test_biases_and_dense_layers_take_adamws_steps(model):
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    optimizer, stock = compiled(model, weight_decay=0.1), keras.optimizers.AdamW(RATE, weight_decay=0.1)
    for seed in range(3):
        found, _ = step(optimizer, model, seed)
        expected, _ = step(stock, twin, seed)
        for one, other in zip(found[1:], expected[1:], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_weight_decay_shrinks_kernels(model):
    kernel = values(model.trainable_variables[0])
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    with_decay, _ = step(compiled(model, weight_decay=0.5), model, 4)
    without, _ = step(compiled(twin, weight_decay=0.0), twin, 4)
    np.testing.assert_allclose(with_decay[0] - without[0], -0.5 * RATE * kernel, atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (12, 12)])
@pytest.mark.parametrize("smallest", [1.0, 1e-3])
def test_iterations_give_what_kerass_give(shape, smallest):
    random = np.random.default_rng(6)
    left, _, right = np.linalg.svd(random.normal(size=shape), full_matrices=False)
    matrix = ((left * np.geomspace(1, smallest, min(shape))) @ right).astype(np.float32)
    ours = TenfoldsMuon(0.01, 0.0, 0.95).zeropower_via_newtonschulz5(keras.ops.convert_to_tensor(matrix), 5)
    expected = keras.optimizers.Muon().zeropower_via_newtonschulz5(keras.ops.convert_to_tensor(matrix), 5)
    np.testing.assert_allclose(ours, expected, atol=1e-3)
