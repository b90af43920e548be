import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit

layers = keras.layers


def trained(learning_rate, epochs=3, networks=1):
    """The log of networks that were trained for two steps an epoch, and how often it said that it began."""
    images, labels = np.random.default_rng(0).normal(size=(20, 4, 4, 1)), np.arange(20) % 2
    begun = []
    log = EpochLog(at_start=lambda: begun.append(len(log.rows)))
    for _ in range(networks):
        dense = layers.Dense(2, activation="softmax")
        model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), dense])
        model.compile(keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit(model, images, labels, batch_size=10, epochs=epochs, callbacks=[log], verbose=0)
    return log, begun


def test_the_learning_rate_is_that_of_an_epochs_last_step():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.1, 0.01])  # steps are counted from 0
    log, _ = trained(schedule)
    assert [row["learning_rate"] for row in log.rows] == pytest.approx([0.1, 0.1, 0.01])
    assert [row["learning_rate"] for row in trained(0.2)[0].rows] == pytest.approx([0.2, 0.2, 0.2])


def test_several_networks_are_counted_through():
    log, begun = trained(0.1, epochs=2, networks=2)
    assert [row["epoch"] for row in log.rows] == [1, 2, 3, 4]
    assert log.starts == [0, 2]
    assert begun == [0]
    assert {"loss", "accuracy"} < log.rows[0].keys()
    assert len(log.seconds) == 4 and min(log.seconds) > 0
    assert log.compile_seconds > 0
