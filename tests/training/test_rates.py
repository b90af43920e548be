import jax
import numpy as np
import pytest

from tenfold.errors import ModelError
from tenfold.keras_on_jax import keras
from tenfold.training.compile_cache import compile_cache_folder
from tenfold.training.fit import fit
from tenfold.training.rates import scheduled_rates

layers, optimizers, ops = keras.layers, keras.optimizers, keras.ops
schedules = optimizers.schedules

X = np.random.default_rng(0).normal(size=(90, 80)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int32) + (X[:, 1] > 0)

SCHEDULES = {
    "cosine": lambda: schedules.CosineDecay(0.1, 20),
    "one-cycle": lambda: schedules.CosineDecay(0.001, 15, alpha=0.01, warmup_target=0.1, warmup_steps=5),
    "step": lambda: schedules.PiecewiseConstantDecay([7, 13], [0.1, 0.01, 0.001]),
    "polynomial": lambda: schedules.PolynomialDecay(0.1, 20, power=2.0),
}


def network(optimizer, model=keras.Sequential, **policy):
    keras.utils.set_random_seed(1)
    hidden = layers.Dense(60, activation="relu", **policy)
    built = model([keras.Input((80,)), hidden, layers.Dense(3, activation="softmax")])
    built.compile(optimizer, "sparse_categorical_crossentropy")
    return built


class Whole(keras.Sequential):
    """Keras's step, but a method of the model's own: the schedule stays inside the program."""

    def train_step(self, state, data):
        return super().train_step(state, data)


def trained(model, epochs=2, **settings):
    fit(model, X, Y, batch_size=10, epochs=epochs, shuffle=False, verbose=0, **settings)
    return model.get_weights()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_step_has_the_rate_of_a_program_with_the_schedule_inside_to_the_bit(name):
    schedule = SCHEDULES[name]()
    inside = jax.jit(schedule)
    rates = scheduled_rates(optimizers.SGD(schedule))
    expected = np.array([inside(np.int32(step)) for step in range(25)])
    np.testing.assert_array_equal(rates(0, 25).values, expected)
    np.testing.assert_array_equal(rates(11, 14).values, expected[11:])


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda rate: optimizers.Adam(rate),
        lambda rate: optimizers.AdamW(rate, weight_decay=0.1),
        lambda rate: optimizers.SGD(rate, momentum=0.9),
        lambda rate: optimizers.SGD(rate, gradient_accumulation_steps=2),
        lambda rate: optimizers.Adafactor(rate, relative_step=False),
    ],
    ids=["adam", "adamw", "sgd", "accumulated", "adafactor"],
)
@pytest.mark.parametrize("schedule", [SCHEDULES["one-cycle"], SCHEDULES["step"]], ids=["one-cycle", "step"])
def test_weights_are_those_of_a_program_with_the_schedule_inside_to_the_bit(optimizer, schedule):
    found, expected = (trained(network(optimizer(schedule()), model)) for model in (keras.Sequential, Whole))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_skipped_steps_use_up_no_rate():
    def scaled(model):
        adam = optimizers.AdamW(schedules.PolynomialDecay(0.1, 10), weight_decay=0.1)
        # Half precision overflows in the first steps, which are skipped.
        return network(optimizers.LossScaleOptimizer(adam, initial_scale=2.0**18), model, dtype="mixed_float16")

    models = [scaled(model) for model in (keras.Sequential, Whole)]
    found, expected = map(trained, models)
    assert 5 < int(models[0].optimizer.iterations) < 18
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_optimizers_made_of_several_keep_their_schedules():
    def several(model):
        parts = optimizers.OptimizerMap(optimizers.SGD(SCHEDULES["step"]()))
        parts[".*bias"] = optimizers.Adam(SCHEDULES["cosine"]())
        return network(optimizers.MultiOptimizer(parts), model)

    found, expected = (trained(several(model)) for model in (keras.Sequential, Whole))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_optimizer_that_counts_two_steps_at_once_has_the_rates_of_its_count():
    class Twice(optimizers.SGD):
        def apply(self, grads, trainable_variables=None):
            super().apply(grads, trainable_variables)
            super().apply(grads, trainable_variables)

    weights = [trained(network(Twice(SCHEDULES["polynomial"]()), model)) for model in (keras.Sequential, Whole)]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_optimizer_has_its_own_schedule_afterwards():
    schedule = SCHEDULES["cosine"]()
    model = network(optimizers.SGD(schedule))
    trained(model, epochs=1)
    assert optimizers.SGD.from_config(model.optimizer.get_config()).learning_rate == schedule(0)
    assert float(model.optimizer.learning_rate) == pytest.approx(float(schedule(9)))


def test_a_schedule_that_leaves_jax_is_refused():
    class Leaves(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 if step < 5 else 0.01

    with pytest.raises(ModelError, match="learning-rate schedule leaves JAX"):
        trained(network(optimizers.SGD(Leaves())))


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_another_number_of_epochs_compiles_the_schedule_alone(tmp_path, monkeypatch, schedule):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", str(tmp_path))

    def programs(epochs):
        jax.clear_caches()  # as in another process
        warmup = {"warmup_target": 0.1, "warmup_steps": 3} if schedule == "one-cycle" else {}
        rate = schedules.CosineDecay(0.01, 9 * epochs, **warmup)
        trained(network(optimizers.AdamW(rate)), epochs, validation_split=0.2)
        return {path.name for path in compile_cache_folder().glob("*/*-cache")}

    first = programs(5)
    assert sum(name.startswith("jit_run-") for name in first) == 3  # training, its smaller last batch, evaluation
    assert [name.partition("-")[0] for name in programs(2) - first] == ["jit_rate"]
