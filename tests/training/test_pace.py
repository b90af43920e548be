from types import SimpleNamespace

import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.training import pace
from tenfold.training.fit import fit

layers = keras.layers


class Clock:
    now = 1000.0

    def perf_counter(self):
        return self.now


def program(clock, steps, step_seconds, in_chunk, first_seconds):
    """Passes whose very first step is slow; whatever takes time is told by the clock."""
    started = []

    def chunks(state, order):
        done = 0
        while done < steps:
            stop = min(done + (in_chunk if started else 1), steps)
            clock.now += (stop - done) * step_seconds if started else first_seconds
            started.append(stop)
            done = stop
            assert state() is started or len(started) == 1  # each chunk goes on from the one before
            yield SimpleNamespace(steps=done, state=started)

    return SimpleNamespace(images=10 * steps, steps=steps, chunks=chunks)


@pytest.mark.parametrize(
    ("steps", "step_seconds", "in_chunk", "measured"),
    [(400, 0.1, 4, 2.0), (50, 0.01, 40, 0.5), (1, 0.001, 1, 0.5), (3, 5.0, 1, 5.0)],
)
def test_an_epoch_takes_as_long_as_its_steps_after_the_first(monkeypatch, steps, step_seconds, in_chunk, measured):
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    found = pace._epoch_seconds(program(clock, steps, step_seconds, in_chunk, first_seconds=7.0), None, seconds=2.0)
    assert found == pytest.approx(steps * step_seconds)
    assert measured <= clock.now - 1007 <= measured + in_chunk * step_seconds + steps * min(step_seconds, 0.01)


def small_model():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.BatchNormalization(), layers.Flatten(), layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def test_the_model_stays_as_it_is():
    model = small_model()
    x, y = np.random.default_rng(0).random((70, 4, 4, 1), np.float32), np.arange(70) % 3
    before = model.get_weights()
    found = pace.measure_pace(model, x, y, 32, None, seconds=0.1)
    assert found.compile_seconds > 0
    assert found.epoch_seconds > 0
    assert int(model.optimizer.iterations) == 0
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_what_was_compiled_before_counts_as_if_it_were_compiled_now(tmp_path, monkeypatch):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", str(tmp_path))
    x, y = np.zeros((70, 4, 4, 1), np.float32), np.zeros(70, int)
    cold, warm = (pace.measure_pace(small_model(), x, y, 32, None, seconds=0.1) for _ in range(2))
    assert cold.saved_seconds == 0
    assert 0 < warm.saved_seconds < warm.compile_seconds
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", "off")
    assert pace.measure_pace(small_model(), x, y, 32, None, seconds=0.1).saved_seconds == 0


def test_what_is_measured_is_what_trains_with_any_schedule(tmp_path, monkeypatch):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", str(tmp_path))
    x, y = np.zeros((70, 4, 4, 1), np.float32), np.zeros(70, int)
    models = [small_model(), small_model()]
    for model, epochs in zip(models, (9, 2), strict=True):
        model.optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(0.01, 3 * epochs)
    pace.measure_pace(models[0], x, y, 32, None, seconds=0.1)
    programs = set(tmp_path.glob("*/jit_run-*-cache"))
    assert len(programs) == 2  # of whole batches, and of the smaller last one
    fit(models[1], x, y, epochs=2, verbose=0)
    assert set(tmp_path.glob("*/jit_run-*-cache")) == programs
