import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.recipes.settings import SGD, Adam, Compile, Constant, Cosine, Muon, OneCycle, RMSprop, Step
from tenfold.training.compilation import compile_model, learning_rate


def rates(schedule, steps_per_epoch=10, epochs=4, peak=1.0):
    rate = learning_rate(schedule, peak, steps_per_epoch, epochs)
    return np.array([float(rate(step)) for step in range(steps_per_epoch * epochs)])


def test_constant_is_a_plain_number():
    assert learning_rate(Constant(), 0.01, 10, 4) == 0.01


def test_step_drops_at_the_first_step_of_an_epoch():
    np.testing.assert_allclose(rates(Step(name="step", epochs=2, factor=0.1)), [1.0] * 20 + [0.1] * 20, rtol=1e-6)


def test_step_longer_than_the_training_never_drops():
    assert learning_rate(Step(name="step", epochs=4), 0.01, 10, 4) == 0.01


def test_cosine_runs_from_the_peak_to_its_final_share():
    found = rates(Cosine(name="cosine", final=0.2))
    assert found[0] == 1
    assert found[20] == pytest.approx(0.6)
    assert found[-1] == pytest.approx(0.2, abs=0.01)
    assert (np.diff(found) < 0).all()


def test_one_cycle_rises_to_the_peak_and_falls_to_zero():
    found = rates(OneCycle(name="one-cycle", start=0.04, warmup=0.25))
    assert found[0] == pytest.approx(0.04)
    assert found[5] == pytest.approx(0.52)
    assert found[10] == 1
    assert found[25] == pytest.approx(0.5)
    assert found[-1] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("optimizer", "kind", "attribute", "value"),
    [
        (Adam(name="adam", beta_1=0.7), "Adam", "beta_1", 0.7),
        (RMSprop(name="rmsprop", momentum=0.5), "RMSprop", "momentum", 0.5),
        (SGD(name="sgd", momentum=0.9, nesterov=True), "SGD", "nesterov", True),
        (Muon(name="muon", momentum=0.8), "ConvolutionMuon", "momentum", 0.8),
    ],
)
def test_the_optimizer_has_the_recipes_values(optimizer, kind, attribute, value):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")])
    settings = Compile(optimizer=optimizer, loss="categorical_crossentropy", label_smoothing=0.1)
    compile_model(model, settings, 10, 4)
    assert type(model.optimizer).__name__ == kind
    assert getattr(model.optimizer, attribute) == value
    assert model.loss.label_smoothing == 0.1
