"""A training that continues from a checkpoint ends like one that was never interrupted."""

import time
from collections import Counter

import numpy as np
import pytest

import tenfold
from tenfold.errors import DataError
from tenfold.keras_on_jax import keras

X = np.random.default_rng(0).integers(0, 255, (300, 8, 8, 1)).astype(np.uint8)
Y = (np.arange(300) % 3).astype(np.int32)


def network(schedule=False, ema=False):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.01, 100) if schedule else 0.01
    model.compile(keras.optimizers.Adam(rate, use_ema=ema), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Interrupts(keras.callbacks.Callback):
    """Ctrl-C after an epoch; counts the epochs that it saw."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.seen = epoch, Counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seen[epoch] += 1
        if epoch == self.epoch:
            raise KeyboardInterrupt

    def get_state(self):
        return {"seen": dict(self.seen)}

    def set_state(self, state):
        self.seen = Counter(state["seen"])


class InterruptsAtBatch(keras.callbacks.Callback):
    """Ctrl-C within an epoch, after so much time that the state was taken before."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt
        if (self.epoch, batch + 1) == self.at:
            time.sleep(1.1)

    def get_state(self):
        return None

    def set_state(self, state):
        pass


def outcome(model, history, folder):
    weights = [weight.tobytes() for weight in model.get_weights()]
    return weights, history.history, history.epoch, (folder / "log.csv").read_text()


def callbacks(folder, first):
    return [
        first,
        keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", "val_loss", save_best_only=True),
        keras.callbacks.CSVLogger(folder / "log.csv"),
        keras.callbacks.TerminateOnNaN(),
    ]


def trained(folder, first, model=None, checkpoint=None, epochs=6, **arguments):
    folder.mkdir(exist_ok=True)
    model = model or network()
    history = tenfold.fit(
        model,
        X,
        Y,
        epochs=epochs,
        verbose=0,
        callbacks=callbacks(folder, first),
        validation_split=0.2,
        checkpoint=checkpoint,
        **arguments,
    )
    return outcome(model, history, folder)


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_after_an_interrupt_everything_ends_as_without(tmp_path, epoch):
    whole = trained(tmp_path / "whole", Interrupts(None))
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", Interrupts(epoch), checkpoint=tmp_path / "state")
    resumed = Interrupts(None)
    assert trained(tmp_path / "part", resumed, checkpoint=tmp_path / "state") == whole
    assert set(resumed.seen.values()) == {1}  # each epoch once
    best = [keras.saving.load_model(tmp_path / name / "best.keras").get_weights() for name in ("whole", "part")]
    assert all(map(np.array_equal, *best))


@pytest.mark.parametrize("arguments", [{}, {"steps_per_epoch": 3}, {"class_weight": "balanced"}])
def test_within_an_epoch_too(tmp_path, arguments):
    whole = trained(tmp_path / "whole", InterruptsAtBatch(None, 0), epochs=3, **arguments)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", InterruptsAtBatch(1, 2), checkpoint=tmp_path / "state", epochs=3, **arguments)
    with np.load(tmp_path / "state" / "state.npz") as file:
        assert b'"snapshot": [[1, ' in file["record"].tobytes()  # the epoch that it is in
    resumed = trained(
        tmp_path / "part", InterruptsAtBatch(None, 0), checkpoint=tmp_path / "state", epochs=3, **arguments
    )
    assert resumed == whole


@pytest.mark.parametrize("options", [{"schedule": True}, {"ema": True}])
def test_schedules_and_averaged_weights(tmp_path, options):
    def train(epoch, checkpoint=None):
        model = network(**options)
        tenfold.fit(model, X, Y, epochs=4, verbose=0, callbacks=[Interrupts(epoch)], checkpoint=checkpoint)
        return [weight.tobytes() for weight in model.get_weights()]

    with pytest.raises(KeyboardInterrupt):
        train(1, tmp_path)
    assert train(None, tmp_path) == train(None)


def test_a_training_that_is_done_is_not_repeated_and_goes_on_with_more_epochs(tmp_path):
    def train(epochs, checkpoint):
        seen, model = Interrupts(None), network()
        history = tenfold.fit(model, X, Y, epochs=epochs, verbose=0, callbacks=[seen], checkpoint=checkpoint)
        return [weight.tobytes() for weight in model.get_weights()], history.history

    first = train(2, tmp_path / "state")
    assert train(2, tmp_path / "state") == first
    assert train(4, tmp_path / "state") == train(4, None)


def test_learning_rates_that_follow_from_the_last_one_are_not_applied_twice(tmp_path):
    def train(batch, checkpoint=None):
        halves = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        model, first = network(), InterruptsAtBatch(1 if batch else None, batch)
        tenfold.fit(model, X, Y, epochs=3, verbose=0, callbacks=[halves, first], checkpoint=checkpoint)
        return float(model.optimizer.learning_rate), [weight.tobytes() for weight in model.get_weights()]

    with pytest.raises(KeyboardInterrupt):
        train(3, tmp_path)
    assert train(0, tmp_path) == train(0)


def test_callbacks_whose_state_nobody_knows_are_refused_before_training(tmp_path):
    class Own(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise AssertionError

    refused = {
        "The callback Own cannot continue .*get_state": Own(),
        "LambdaCallback cannot continue": keras.callbacks.LambdaCallback(),
        "BackupAndRestore and checkpoint both": keras.callbacks.BackupAndRestore(tmp_path / "backup"),
    }
    for message, callback in refused.items():
        with pytest.raises(DataError, match=message):
            tenfold.fit(network(), X, Y, verbose=0, callbacks=[callback], checkpoint=tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_other_data_or_callbacks_are_refused(tmp_path):
    tenfold.fit(network(), X, Y, verbose=0, checkpoint=tmp_path)
    with pytest.raises(DataError, match="of another training"):
        tenfold.fit(network(), X, (Y + 1) % 3, verbose=0, checkpoint=tmp_path)
    with pytest.raises(DataError, match=r"written with the callbacks History; found Interrupts, History"):
        tenfold.fit(network(), X, Y, epochs=2, verbose=0, checkpoint=tmp_path, callbacks=[Interrupts(None)])


def test_a_log_that_has_lost_rows_is_refused(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", Interrupts(2), checkpoint=tmp_path / "state")
    (tmp_path / "part" / "log.csv").unlink()
    with pytest.raises(DataError, match=r"log\.csv: CSVLogger had written"):
        trained(tmp_path / "part", Interrupts(None), checkpoint=tmp_path / "state")


def test_backup_and_restore_continues_with_dropout(tmp_path):
    def train(epoch, folder=None):
        model = network()
        backup = [keras.callbacks.BackupAndRestore(folder)] if folder else []
        history = tenfold.fit(model, X, Y, epochs=4, verbose=0, callbacks=[*backup, Interrupts(epoch)])
        return [weight.tobytes() for weight in model.get_weights()], history.history["loss"][-1]

    with pytest.raises(KeyboardInterrupt):
        train(2, tmp_path / "backup")
    assert train(None, tmp_path / "backup") == train(None)
    assert not (tmp_path / "backup").exists()
