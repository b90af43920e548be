"""What callbacks are found to need before a training."""

import numpy as np
import pytest

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.training.callbacks import act_on_batches, flattened
from tenfold.training.fit import fit

callbacks = keras.callbacks

X = np.zeros((20, 3), np.float32)
Y = np.arange(20) % 2


def model():
    built = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    built.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return built


def checkpoint(name="m.keras", **settings):
    return callbacks.ModelCheckpoint(name, **settings)


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (callbacks.EarlyStopping("val_loss"), "EarlyStopping watches 'val_loss'.*Give validation_data"),
        (callbacks.EarlyStopping("acc"), "'acc'.*one of loss, accuracy"),
        (callbacks.ReduceLROnPlateau(), "ReduceLROnPlateau watches 'val_loss'"),
        (checkpoint(save_best_only=True), "ModelCheckpoint watches 'val_loss'"),
        (checkpoint("{epoch}-{val_accuracy}.keras"), "names 'val_accuracy'"),
        ([callbacks.CallbackList([callbacks.EarlyStopping("acc")])], "'acc'"),
        (callbacks.EarlyStopping, "instances of keras.callbacks.Callback"),
    ],
)
def test_what_will_not_be_there_is_refused(callback, message):
    with pytest.raises(DataError, match=message):
        fit(model(), X, Y, callbacks=callback, verbose=0)


def test_tensorboard_without_tensorflow_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install tensorflow"):
        fit(model(), X, Y, callbacks=callbacks.TensorBoard("logs"), verbose=0)


def test_a_validation_value_is_not_there_at_a_batch():
    callback = checkpoint(save_best_only=True, save_freq=5)
    with pytest.raises(DataError, match='Take save_freq="epoch"'):
        fit(model(), X, Y, callbacks=callback, validation_split=0.5, verbose=0)


def test_what_another_callback_adds_to_the_logs_may_be_watched():
    add = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(own=epoch))
    stop = callbacks.EarlyStopping("own", mode="min", patience=1)
    assert len(fit(model(), X, Y, epochs=9, callbacks=[add, stop], verbose=0).epoch) == 2


def named(model, x, y):
    def own(y, probabilities):
        return probabilities[:, 0]

    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[own])
    return fit(model, x, y, callbacks=callbacks.EarlyStopping("own", mode="max"), verbose=0)


def test_metrics_of_the_users_own_may_be_watched():
    assert named(model(), X, Y).epoch == [0]


class OfItsOwn(callbacks.Callback):
    def on_test_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    ("callback", "phases"),
    [
        (callbacks.EarlyStopping("loss"), []),
        (callbacks.History(), []),
        (callbacks.TerminateOnNaN(), []),
        (callbacks.BackupAndRestore("backup"), []),
        (callbacks.BackupAndRestore("backup", save_freq=4), ["train"]),
        (checkpoint(), []),
        (checkpoint(save_freq=4), ["train"]),
        (callbacks.TensorBoard("logs"), []),
        (callbacks.TensorBoard("logs", update_freq="batch"), ["train", "test"]),
        (callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None), []),
        (callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None), ["train"]),
        (OfItsOwn(), ["test"]),
        (callbacks.CallbackList([OfItsOwn()]), ["test"]),
    ],
)
def test_only_callbacks_that_need_it_are_called_at_every_batch(callback, phases):
    assert [phase for phase in ("train", "test") if act_on_batches(flattened(callback), phase)] == phases
