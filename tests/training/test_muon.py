import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.recipes.settings import Compile, Muon
from tenfold.training.compilation import compile_model
from tenfold.training.muon import ConvolutionMuon

RATE = 0.01
values = keras.ops.convert_to_numpy


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(8, 3), keras.layers.DepthwiseConv2D(2, depth_multiplier=2), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((6, 6, 2)), *layers, keras.layers.Dense(3, "softmax")])


def step(optimizer, variables, seed):
    """One step with random gradients, the same for the same seed and sizes."""
    random = np.random.default_rng(seed)
    gradients = [random.normal(size=variable.shape).astype(np.float32) for variable in variables]
    optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)


def compiled(model, **arguments):
    settings = Muon(name="muon", learning_rate=RATE, **arguments)
    compile_model(model, Compile(optimizer=settings), 10, 2)
    return model.optimizer


def test_kernels_learn_as_a_matrix_does_in_keras(model):
    kernel, *_ = model.trainable_variables
    matrix = keras.Variable(values(kernel).reshape(18, 8))
    ours = compiled(model, weight_decay=0.3, momentum=0.8)
    kerass = keras.optimizers.Muon(RATE, weight_decay=0.3, momentum=0.8)
    for seed in range(4):
        step(ours, [kernel], seed)
        step(kerass, [matrix], seed)
    np.testing.assert_allclose(values(kernel).reshape(18, 8), values(matrix), atol=2e-5)


def test_all_else_takes_adamws_steps_depthwise_kernels_too(model):
    _, *others = model.trainable_variables
    copies = [keras.Variable(values(variable)) for variable in others]
    ours, adamw = compiled(model, weight_decay=0.1), keras.optimizers.AdamW(RATE, weight_decay=0.1)
    for seed in range(3):
        step(ours, others, seed)
        step(adamw, copies, seed)
    for variable, copy in zip(others, copies, strict=True):
        np.testing.assert_allclose(values(variable), values(copy), atol=1e-6)


def test_a_step_has_orthogonal_columns_of_nearly_one_length(model):
    kernel, *_ = model.trainable_variables
    before = values(kernel)
    step(compiled(model, weight_decay=0.0), [kernel], 1)
    lengths = np.linalg.svd((values(kernel) - before).reshape(18, 8), compute_uv=False) / (RATE * 0.2 * np.sqrt(18))
    assert ((lengths > 0.65) & (lengths < 1.25)).all()


def test_without_a_gradient_nothing_moves(model):
    kernel, *_ = model.trainable_variables
    before = values(kernel)
    compiled(model, weight_decay=0.0).apply([keras.ops.zeros(kernel.shape)], [kernel])
    np.testing.assert_array_equal(values(kernel), before)


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (12, 12), (12, 30)])
@pytest.mark.parametrize("smallest", [1.0, 1e-3])
def test_iterations_give_what_kerass_give(shape, smallest):
    random = np.random.default_rng(6)
    left, _, right = np.linalg.svd(random.normal(size=shape), full_matrices=False)
    matrix = keras.ops.convert_to_tensor((left * np.geomspace(1, smallest, min(shape))) @ right, "float32")
    found = ConvolutionMuon(RATE).zeropower_via_newtonschulz5(matrix, 5)
    expected = keras.optimizers.Muon().zeropower_via_newtonschulz5(matrix, 5)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_averaged_weights_and_a_copy_from_its_settings(model):
    settings = Compile(optimizer=Muon(name="muon", weight_decay=0.2, momentum=0.7), ema_momentum=0.9)
    compile_model(model, settings, 10, 2)
    copy = ConvolutionMuon.from_config(model.optimizer.get_config())
    assert (copy.use_ema, copy.ema_momentum, copy.momentum) == (True, 0.9, 0.7)
    assert (copy.weight_decay, copy.adam_weight_decay) == (0.2, 0.2)
