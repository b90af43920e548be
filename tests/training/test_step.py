import jax
import numpy as np
import pytest

from tenfold.keras_internals import build_variables
from tenfold.keras_on_jax import keras
from tenfold.kernels.fast_layers import fast_layers
from tenfold.training import step
from tenfold.training.step import State, read_state

layers, optimizers = keras.layers, keras.optimizers

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((24, 8, 8, 1)).astype(np.float32)
LABELS = (np.arange(24) % 3).astype(np.int32)
WEIGHTS = np.linspace(0, 2, 24, dtype=np.float32)


def dense(**policy):
    return [layers.Flatten(), layers.Dense(80, activation="relu", **policy), layers.Dense(3, activation="softmax")]


def convolution(**policy):
    block = [layers.Conv2D(8, 3, **policy), layers.BatchNormalization(**policy), layers.ReLU(), layers.MaxPooling2D(2)]
    return [*block, layers.Dropout(0.3), *dense(**policy)]


def compiled(make, optimizer, model=keras.Sequential, **settings):
    keras.utils.set_random_seed(1)
    built = model([keras.Input((8, 8, 1)), *make()])
    built.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **settings)
    build_variables(built, (IMAGES, LABELS, WEIGHTS))
    return built


def frozen():
    made = convolution()
    made[0].trainable = False
    return made


def stepped(model, take, batches):
    """All variables, after the batches, where `take` is compiled as a program trains: with the fast layers."""
    state = read_state(model)
    with fast_layers(model):
        run = jax.jit(take).lower(state, batches[0]).compile()
    for batch in batches:
        state, _ = run(state, batch)
    return state


def in_bytes(value):
    return np.asarray(value).tobytes()


def keras_step(model):
    def take(state, batch):
        logs, values = model.train_step(tuple(state), batch)
        return State(*values), logs

    return take


@pytest.mark.parametrize(
    ("make", "optimizer", "arrays"),
    [
        (dense, lambda: optimizers.Adam(0.01), (IMAGES, LABELS)),
        (dense, lambda: optimizers.Adam(0.01), (IMAGES, LABELS, WEIGHTS)),
        (convolution, lambda: optimizers.RMSprop(0.01), (IMAGES, LABELS)),
        (convolution, lambda: optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.5), (IMAGES, LABELS)),
        (frozen, lambda: optimizers.SGD(0.1, momentum=0.9, global_clipnorm=1.0), (IMAGES, LABELS)),
        (convolution, lambda: optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5), (IMAGES, LABELS)),
        (dense, lambda: optimizers.Adam(0.01, gradient_accumulation_steps=2), (IMAGES, LABELS)),
        (dense, lambda: optimizers.SGD(0.1, loss_scale_factor=64.0), (IMAGES, LABELS, WEIGHTS)),
        # With this scale, half precision overflows: one of the steps is skipped.
        (
            lambda: convolution(dtype="mixed_float16"),
            lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.01), initial_scale=2.0**16),
            (IMAGES, LABELS),
        ),
    ],
    ids=["adam", "weights", "rmsprop", "adamw", "frozen", "averaged", "accumulated", "scaled", "mixed"],
)
def test_three_steps_equal_keras_to_the_bit(make, optimizer, arrays):
    model = compiled(make, optimizer())
    batches = [tuple(array[start : start + 8] for array in arrays) for start in (0, 8, 16)]
    expected = stepped(model, keras_step(model), batches)
    found = stepped(model, step.train_step(model), batches)
    for name, ours, theirs in zip(State._fields, found, expected, strict=True):
        assert list(map(in_bytes, ours)) == list(map(in_bytes, theirs)), name
    assert list(map(in_bytes, found.trainable)) != list(map(in_bytes, read_state(model).trainable))


def test_the_reduction_stands_between_the_gradient_and_the_optimizers_step():
    def doubled(gradient):
        return gradient._replace(trainable=[2 * one for one in gradient.trainable])

    model = compiled(dense, optimizers.SGD(0.1))
    start = read_state(model).trainable
    once, twice = (
        stepped(model, step.train_step(model, reduce), [(IMAGES, LABELS)]) for reduce in (step.on_one_device, doubled)
    )
    for before, one, two in zip(start, once.trainable, twice.trainable, strict=True):
        np.testing.assert_allclose(two - before, 2 * (one - before), atol=1e-6)


class OwnStep(keras.Sequential):
    def train_step(self, state, data):
        return {"seen": data[1].sum()}, state


def test_a_train_step_of_the_models_own_is_kept_whole():
    model = compiled(dense, optimizers.SGD(0.1), OwnStep)
    state, logs = step.train_step(model, reduce=None)(read_state(model), (IMAGES, LABELS))
    assert int(logs["seen"]) == LABELS.sum()
    assert state == read_state(model)


def test_the_dense_kernels_gradient_goes_straight_into_the_optimizers_step():
    model = compiled(dense, optimizers.Adam(0.01))

    def program(reduce):
        with fast_layers(model):
            take = step.train_step(model, reduce)
            return jax.jit(take).lower(read_state(model), (IMAGES, LABELS)).compile().as_text()

    def copied(gradient):
        return jax.tree.map(lambda one: one + 0.0, gradient)

    assert "dense_step" in (fused := program(step.on_one_device))
    assert "dense_step" not in (written := program(copied))
    # Only that of the last layer, too small to gain from it, is written.
    assert written.count("dense_kernel_gradient") > fused.count("dense_kernel_gradient")
