"""`tenfold.fit` against `keras.Model.fit`: the same weights, the same History, for the same batches."""

from concurrent.futures import ThreadPoolExecutor

import jax.numpy as jnp
import numpy as np
import pytest

from tenfold.errors import DataError, ModelError, NonFiniteLossError
from tenfold.keras_internals import build_variables
from tenfold.keras_on_jax import keras
from tenfold.training.class_weights import with_class_weights
from tenfold.training.engine import Program
from tenfold.training.evaluation import large_batch
from tenfold.training.fit import fit
from tenfold.training.step import read_state

layers = keras.layers


def digits(count=150, size=10, classes=4):
    """Images whose class is a bright bar in one of four places, under noise."""
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, count).astype(np.int32)
    images = random.integers(0, 120, (count, size, size, 1)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 100
    return images, labels


def dense_layers():
    return [layers.Flatten(), layers.Dense(12, activation="relu"), layers.Dense(4, activation="softmax")]


def convolutional_layers():
    return [
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, padding="same", activation="relu"),
        layers.BatchNormalization(momentum=0.9),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ]


def compiled(network, optimizer="adam", loss="sparse_categorical_crossentropy", **settings):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((10, 10, 1), dtype="uint8"), layers.Rescaling(1 / 255), *network()])
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], **settings)
    return model


def assert_same_training(network, arguments, optimizer="adam", loss="sparse_categorical_crossentropy", one_hot=False):
    images, labels = digits()
    if one_hot:
        labels = np.eye(4, dtype=np.float32)[labels]
    expected_model, found_model = compiled(network, optimizer, loss), compiled(network, optimizer, loss)
    settings = {"epochs": 3, "batch_size": 32, "shuffle": False, "verbose": 0} | arguments
    expected = expected_model.fit(images, labels, **settings).history
    found = fit(found_model, images, labels, **settings).history
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-6, err_msg=name)
    for one, other in zip(found_model.get_weights(), expected_model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


@pytest.mark.parametrize("network", [dense_layers, convolutional_layers])
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_three_epochs_equal_keras_with_a_smaller_last_batch(network, optimizer):
    assert_same_training(network, {}, optimizer)


@pytest.mark.parametrize(
    "arguments",
    [
        {"validation_split": 0.3, "batch_size": 35},
        {"class_weight": {0: 1.0, 1: 5.0, 2: 0.5}},
        {"class_weight": {0: 1.0, 1: 5.0, 2: 0.5}, "validation_split": 0.3},
        {"sample_weight": np.linspace(0.1, 2, 150)},
        {"validation_data": digits(40), "validation_freq": 2},
        {"validation_data": [*digits(40)]},
        {"batch_size": 200},
        {"batch_size": None, "callbacks": None},
    ],
    ids=lambda arguments: ",".join(arguments),
)
def test_every_argument_means_what_it_means_in_keras(arguments):
    assert_same_training(dense_layers, arguments)


def test_one_hot_labels_with_label_smoothing_equal_keras():
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    assert_same_training(dense_layers, {}, "sgd", loss, one_hot=True)


def test_keras_callbacks_work_and_the_best_epoch_is_restored():
    images, labels = digits()
    # Half of the labels are wrong, so that learning them by heart soon makes validation worse.
    labels = np.where(np.arange(150) % 2, np.roll(labels, 7), labels)
    model = compiled(dense_layers, keras.optimizers.Adam(0.03))
    weights = []
    remember = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    history = fit(model, images, labels, epochs=30, validation_split=0.3, callbacks=[remember, stop], verbose=0)
    best = int(np.argmin(history.history["val_loss"]))
    assert len(history.epoch) < 30
    for one, other in zip(model.get_weights(), weights[best], strict=True):
        np.testing.assert_array_equal(one, other)


class PerBatchRate(keras.callbacks.Callback):
    """Sets another rate before each batch, and notes which methods are called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(batch)
        self.model.optimizer.learning_rate = 0.1 / (1 + batch)

    def on_test_begin(self, logs=None):
        self.calls.append("test")

    def on_test_end(self, logs=None):
        self.calls.append(sorted(logs))


def test_a_callback_of_ones_own_acts_at_every_batch_as_in_keras():
    images, labels = digits()
    weights, calls = [], []
    for train in (keras.Model.fit, fit):
        model, callback = compiled(dense_layers, "sgd"), PerBatchRate()
        train(model, images, labels, validation_split=0.3, epochs=2, shuffle=False, verbose=0, callbacks=[callback])
        weights.append(model.get_weights())
        calls.append(callback.calls)
    assert calls[0] == calls[1] == 2 * [0, 1, 2, 3, "test", ["accuracy", "loss"]]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


class OwnStep(keras.Sequential):
    """A train step by hand, with a log that is no metric."""

    def train_step(self, state, data):
        logs, state = super().train_step(state, data)
        return {"twice": 2 * logs["loss"]}, state


def test_a_train_step_of_ones_own_gives_its_own_logs():
    images, labels = digits(64)
    histories = []
    for train in (keras.Model.fit, fit):
        keras.utils.set_random_seed(1)
        model = OwnStep([keras.Input((10, 10, 1)), *dense_layers()])
        model.compile("sgd", "sparse_categorical_crossentropy")
        histories.append(train(model, images / 255, labels, epochs=2, shuffle=False, verbose=0).history)
    assert histories[0].keys() == histories[1].keys() == {"twice"}
    np.testing.assert_allclose(histories[0]["twice"], histories[1]["twice"], rtol=1e-4)


def test_metrics_of_several_values_equal_keras():
    images, labels = digits(96)
    histories = []
    for train in (keras.Model.fit, fit):
        model = compiled(dense_layers)
        model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score()])
        arguments = {"epochs": 2, "shuffle": False, "verbose": 2}
        histories.append(train(model, images, np.eye(4, dtype=np.float32)[labels], **arguments).history["f1_score"])
    assert np.shape(histories[1]) == (2, 4)
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-5)


def unknown_convolutions():
    return [
        layers.Conv2D(4, 3, dilation_rate=2, activation="relu"),
        layers.Conv2DTranspose(3, 3, activation="relu"),
        layers.SeparableConv2D(5, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ]


def test_a_network_with_xlas_own_convolutions_is_run_step_by_step():
    assert_same_training(unknown_convolutions, {})
    model = compiled(unknown_convolutions)
    build_variables(model, digits(32))
    with ThreadPoolExecutor(1) as compiler:
        program = Program(model, tuple(map(jnp.asarray, digits())), 32, True, compiler)
    state = read_state(model)
    assert [chunk.steps for chunk in program.chunks(lambda: state, np.arange(150))] == [1, 2, 3, 4, 5]


def test_shuffling_depends_on_the_seed_alone():
    images, labels = digits()

    def weights(seed):
        model = compiled(dense_layers)
        fit(model, images, labels, epochs=2, seed=seed, verbose=0)
        return [weight.tobytes() for weight in model.get_weights()]

    assert weights(0) == weights(0)
    assert weights(0) != weights(1)


def test_dropout_is_on_in_training_and_off_in_validation():
    images, labels = digits(64)

    def network():
        return [layers.Flatten(), layers.Dropout(0.9), layers.Dense(4, activation="softmax")]

    model = compiled(network, keras.optimizers.SGD(1e-12))
    history = fit(model, images, labels, epochs=2, validation_data=(images, labels), verbose=0).history
    evaluated = model.evaluate(images, labels, verbose=0, return_dict=True)
    np.testing.assert_allclose(history["val_loss"][-1], evaluated["loss"], rtol=1e-5)
    assert history["loss"][0] > 1.2 * history["val_loss"][0]
    assert history["loss"][0] != history["loss"][1]


def test_a_diverging_loss_stops_with_finite_weights():
    images, labels = digits()
    model = compiled(
        dense_layers, keras.optimizers.SGD(1e30), loss=keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    with pytest.raises(NonFiniteLossError, match="learning rate 1e\\+30"):
        fit(model, images, np.eye(4)[labels], epochs=20, verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_an_interrupt_leaves_the_weights_of_the_last_chunk():
    images, labels = digits()
    model = compiled(dense_layers)
    before = model.get_weights()

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, images, labels, callbacks=[Interrupt()], verbose=0)
    assert any((one != other).any() for one, other in zip(before, model.get_weights(), strict=True))


def test_an_interrupt_leaves_the_averaged_weights():
    images, labels = digits()
    model = compiled(dense_layers, keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9))

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, images, labels, callbacks=[Interrupt()], verbose=0)
    averages = model.optimizer._model_variables_moving_average
    for weight, average in zip(model.trainable_weights, averages, strict=True):
        np.testing.assert_array_equal(weight, average)


def test_a_diverging_loss_leaves_the_averaged_weights():
    images, labels = digits()
    model = compiled(dense_layers, keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9))

    class Explode(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 1e30

    with pytest.raises(NonFiniteLossError):
        fit(model, images, labels, epochs=3, callbacks=[Explode()], verbose=0)
    averages = model.optimizer._model_variables_moving_average
    for weight, average in zip(model.trainable_weights, averages, strict=True):
        np.testing.assert_array_equal(weight, average)
        assert np.isfinite(weight).all()


def test_a_training_that_was_backed_up_goes_on_as_with_keras(tmp_path):
    images, labels = digits()

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def resumed(train, name):
        backup = keras.callbacks.BackupAndRestore(tmp_path / name)
        with pytest.raises(KeyboardInterrupt):
            train(compiled(dense_layers), callbacks=[backup, Stop()])
        return train(compiled(dense_layers), callbacks=[backup])

    def train_here(model, **settings):
        return fit(model, images, labels, epochs=3, shuffle=False, verbose=0, **settings)

    def train_with_keras(model, **settings):
        return model.fit(images, labels, epochs=3, shuffle=False, verbose=0, **settings)

    found, expected = resumed(train_here, "a"), resumed(train_with_keras, "b")
    assert found.epoch == expected.epoch == [2]
    assert train_here(found.model).epoch == [0, 1, 2]  # without the callback, nothing is left of it
    np.testing.assert_allclose(found.history["loss"], expected.history["loss"], rtol=1e-4)


@pytest.mark.parametrize("epoch", [-1, 1.5])
def test_a_first_epoch_that_is_none_is_refused(epoch):
    with pytest.raises(DataError, match="initial_epoch"):
        fit(compiled(dense_layers), *digits(), epochs=3, initial_epoch=epoch, verbose=0)


def test_class_weights_need_one_class_for_each_image():
    with pytest.raises(DataError, match="class_weight expects one class"):
        with_class_weights((np.zeros((3, 4)), np.zeros((3, 4, 4))), {0: 2.0})


def test_an_interrupt_before_the_first_step_leaves_the_weights():
    model = compiled(dense_layers, keras.optimizers.SGD(0.5, use_ema=True))
    before = model.get_weights()

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, *digits(), callbacks=[Interrupt()], verbose=0)
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_an_epoch_that_was_stopped_is_validated_as_keras_does():
    images, labels = digits()

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    model = compiled(dense_layers)
    history = fit(model, images, labels, epochs=3, callbacks=[Stop()], validation_data=(images, labels), verbose=0)
    assert len(history.history["val_loss"]) == len(history.history["loss"]) == 1


def test_a_model_that_is_not_compiled_is_refused():
    model = keras.Sequential([keras.Input((10, 10, 1)), layers.Flatten(), layers.Dense(4)])
    with pytest.raises(ModelError, match="model.compile"):
        fit(model, *digits())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"validation_split": 1}, "validation_split is 1"),
        ({"validation_freq": 0}, "validation_freq is 0"),
        ({"validation_data": digits(40)[0]}, "validation_data is ndarray"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_wrong_numbers_are_named(arguments, message):
    with pytest.raises(DataError, match=message):
        fit(compiled(dense_layers), *digits(), **arguments)


@pytest.mark.parametrize(("images", "batch"), [(90, 90), (12_000, 1200), (10_000, 1250), (1338, 669), (9_973, 1337)])
def test_evaluation_leaves_no_smaller_last_batch_where_it_can(images, batch):
    assert large_batch((np.empty((images, 28, 28, 1), np.uint8),)) == batch
