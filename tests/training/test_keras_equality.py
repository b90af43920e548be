"""What `tenfold.fit` used to do otherwise than `keras.Model.fit`: each case trains both ways and compares."""

import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tenfold.errors import DataError, ModelError
from tenfold.keras_on_jax import keras
from tenfold.training.fit import fit

layers, ops = keras.layers, keras.ops

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(90, 6)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int32) + (X[:, 1] > 0)
VALIDATION = X[:25] + 0.1, Y[:25]


def network(*, loss="sparse_categorical_crossentropy", metrics=("accuracy",), model=keras.Sequential, **settings):
    """Compiled: six inputs, three classes."""
    keras.utils.set_random_seed(1)
    built = model([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")])
    built.compile("sgd", loss, metrics=list(metrics), **settings)
    return built


def trained(train, make, x=X, y=Y, callbacks=(), **settings):
    """The model, its History, and the callbacks, after a training."""
    keras.utils.set_random_seed(1)
    model, callbacks = make(), [one() for one in callbacks]
    settings = {"batch_size": 10, "epochs": 2, "shuffle": False, "verbose": 0, "callbacks": callbacks} | settings
    return model, train(model, x, y, **settings).history, callbacks


def assert_equal(make, x=X, y=Y, callbacks=(), **settings):
    """Train both ways, compare, and give back both models' callbacks."""
    (expected_model, expected, theirs), (model, found, ours) = (
        trained(train, make, x, y, callbacks, **settings) for train in (keras.Model.fit, fit)
    )
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-6, err_msg=name)
    for one, other in zip(model.get_weights(), expected_model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())
    return theirs, ours


class InputGradient(keras.Model):
    """Its output is the gradient of a scalar with respect to the input, as in physics-informed networks."""

    def __init__(self):
        super().__init__()
        self.hidden, self.outer = layers.Dense(8, activation="tanh"), layers.Dense(1)

    def call(self, x):
        return jax.grad(lambda x: self.outer(self.hidden(x)).sum())(x)


class StepOfItsOwn(keras.Sequential):
    """A train step with a term besides the loss; it logs the batch's loss."""

    def train_step(self, state, data):
        trainable, non_trainable, optimizer, metrics = state
        x, y = data

        def loss(trainable):
            def call(x):
                return self.stateless_call(trainable, non_trainable, x, training=True)[0]

            return self.compute_loss(x, y, call(x)) + 0.1 * self.term(call, x)

        loss, gradients = jax.value_and_grad(loss)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return {"loss": loss}, (trainable, non_trainable, optimizer, metrics)

    def term(self, call, x):
        return 0.0


class GradientPenalty(StepOfItsOwn):
    def term(self, call, x):
        return (jax.grad(lambda x: call(x)[:, 0].sum())(x) ** 2).mean()


class Tangent(StepOfItsOwn):
    def term(self, call, x):
        return (jax.jvp(call, (x,), (jnp.ones_like(x),))[1] ** 2).mean()


def pinn():
    model = InputGradient()
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("make", "y"), [(pinn, np.sin(X)), (lambda: network(model=GradientPenalty), Y), (lambda: network(model=Tangent), Y)]
)
def test_models_that_differentiate_themselves_train(make, y):
    assert_equal(make, y=y)


def contrastive(y, probabilities):
    same = ops.cast(ops.equal(ops.reshape(y, (-1, 1)), ops.reshape(y, (1, -1))), "float32")
    return ops.mean((ops.matmul(probabilities, ops.transpose(probabilities)) - same) ** 2)


def batch_accuracy(y, probabilities):
    """One number for a batch, so that the mean over batches depends on how they are cut."""
    return ops.max(probabilities)


def fixed_batch():
    keras.utils.set_random_seed(1)
    inputs = keras.Input(batch_shape=(10, 6))
    hidden = ops.reshape(layers.Dense(8, activation="relu")(inputs), (10, 8))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(hidden))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def tokens():
    keras.utils.set_random_seed(1)
    embedded = layers.Embedding(5, 4, mask_zero=True)
    model = keras.Sequential([embedded, layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


TOKENS = RANDOM.integers(0, 5, (60, 4))
SUM = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
WEIGHTED = keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
IGNORING = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
WEIGHTS = np.linspace(0, 2, 90)


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (lambda: network(loss=SUM), {}),
        (lambda: network(loss=WEIGHTED), {"sample_weight": WEIGHTS, "validation_data": (*VALIDATION, WEIGHTS[:25])}),
        (lambda: network(loss=contrastive), {}),
        (lambda: network(metrics=[batch_accuracy]), {}),
        (
            lambda: network(loss=IGNORING, metrics=()),
            {"y": np.where(np.arange(90) % 7, Y, -1), "validation_split": 0.3},
        ),
        (fixed_batch, {"validation_data": (X[:20], Y[:20])}),
        (tokens, {"x": TOKENS, "y": TOKENS % 3, "validation_data": (TOKENS[:25], TOKENS[:25] % 3)}),
        (tokens, {"x": TOKENS, "y": TOKENS % 3, "sample_weight": TOKENS > 1, "validation_data": None}),
        (network, {"validation_batch_size": 4}),
        (network, {"validation_steps": 2}),
        (network, {"steps_per_epoch": 4, "epochs": 5}),
        (network, {"steps_per_epoch": 3, "batch_size": None}),
        (network, {"validation_freq": [1, 3], "epochs": 3}),
        (network, {"epochs": 0}),
        (network, {"sample_weight": WEIGHTS[:, None]}),
        (network, {"x": X[..., None]}),
        (network, {"x": [X]}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else getattr(value, "__name__", ""),
)
@pytest.mark.filterwarnings("ignore:.*ran out of data")
def test_numbers_equal_keras(make, settings):
    assert_equal(make, **{"validation_data": VALIDATION} | settings)


class Calls(keras.callbacks.Callback):
    """Notes each call for a batch, with the loss at its end."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(("train", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(("trained", batch, logs["loss"]))

    def on_test_batch_begin(self, batch, logs=None):
        self.calls.append(("test", batch))

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append(("tested", batch, logs["loss"]))


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (network, {}),
        (lambda: network(model=StepOfItsOwn), {}),
        (lambda: network(steps_per_execution=4), {"batch_size": 8}),
        (lambda: network(model=StepOfItsOwn, steps_per_execution=4), {"batch_size": 8}),
        (lambda: network(steps_per_execution=50), {}),
        (network, {"steps_per_epoch": 4, "epochs": 4}),
    ],
)
@pytest.mark.filterwarnings("ignore:.*ran out of data")
def test_callbacks_are_called_for_the_batches_that_keras_calls_them_for(make, settings):
    (theirs,), (ours,) = assert_equal(make, validation_data=VALIDATION, callbacks=[Calls], **settings)
    assert [call[:2] for call in ours.calls] == [call[:2] for call in theirs.calls]
    losses = [[call[2] for call in one.calls if len(call) == 3] for one in (ours, theirs)]
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_callbacks_in_a_list_of_keras_are_called_too():
    calls = []
    for train in (keras.Model.fit, fit):
        model, callback = network(), Calls()
        listed = keras.callbacks.CallbackList([callback], add_history=True, model=model)
        train(model, X, Y, callbacks=listed, verbose=0)
        calls.append([call[:2] for call in callback.calls])
    assert calls[0] == calls[1]


class Stop(keras.callbacks.Callback):
    """Stops where it is told to."""

    def __init__(self, method, flag="stop_training"):
        super().__init__()
        setattr(self, method, lambda number=0, logs=None: number == 1 and setattr(self.model, flag, True))


@pytest.mark.parametrize("method", ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end"])
def test_a_training_stops_where_keras_stops(method):
    assert_equal(network, callbacks=[lambda: Stop(method)], validation_data=VALIDATION, epochs=3)


def test_an_evaluation_stops_where_keras_stops():
    assert_equal(network, callbacks=[lambda: Stop("on_test_batch_end", "stop_evaluating")], validation_data=VALIDATION)


def test_checkpoints_at_batches_are_written_where_keras_writes_them(tmp_path):
    written = []
    for train in (keras.Model.fit, fit):
        folder = tmp_path / train.__name__ / str(len(written))
        path = folder / "{epoch}-{batch}.weights.h5"
        checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=5, save_weights_only=True)
        train(network(), X, Y, batch_size=10, epochs=2, verbose=0, callbacks=[checkpoint])
        written.append(sorted(file.name for file in folder.iterdir()))
    assert written[0] == written[1] == ["1-5.weights.h5", "2-1.weights.h5", "2-6.weights.h5"]


def test_a_loss_that_is_not_finite_ends_the_training_as_terminate_on_nan_asks():
    class Explode(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 1e30

        def on_train_end(self, logs=None):
            self.ended = True

    callbacks = [Explode, keras.callbacks.TerminateOnNaN]
    theirs, ours = assert_equal(lambda: network(loss="mse", metrics=[]), y=X[:, :3], callbacks=callbacks, epochs=5)
    assert theirs[0].ended
    assert ours[0].ended


@pytest.fixture
def debug_limits():
    keras.config.set_max_epochs(2)
    keras.config.set_max_steps_per_epoch(3)
    yield
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


@pytest.mark.filterwarnings("ignore:Limiting")
def test_limits_in_keras_config_are_kept(debug_limits):
    with pytest.warns(UserWarning, match="limits"):
        assert_equal(network, validation_data=VALIDATION, epochs=4)


def test_shuffling_within_batches_keeps_the_batches():
    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.losses_seen = [*getattr(self.model, "losses_seen", []), logs["loss"]]

    seen = []
    for shuffle in (False, "batch", True):
        model = network()
        model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
        fit(model, X, Y, batch_size=10, verbose=0, shuffle=shuffle, callbacks=[Seen()])
        seen.append(model.losses_seen)
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-5)
    assert np.abs(np.subtract(seen[2], seen[0])).max() > 1e-3


def test_ctrl_c_leaves_the_best_weights_of_early_stopping():
    best = []

    class Worsen(keras.callbacks.Callback):
        """Its second epoch is a bad one, and in the third somebody presses Ctrl-C."""

        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 20.0 if epoch else 0.1

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                best.extend(self.model.get_weights())

        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == 22:
                signal.raise_signal(signal.SIGINT)

    model = network()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=9, restore_best_weights=True)
    with pytest.raises(KeyboardInterrupt):
        fit(model, X, Y, 10, 5, 0, [Worsen(), stop], validation_data=VALIDATION)
    for one, other in zip(model.get_weights(), best, strict=True):
        np.testing.assert_array_equal(one, other)
    assert fit(model, X, Y, verbose=0).epoch == [0]  # and the model can be trained on


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[:10], Y[:10]


def several(inputs=1, outputs=1):
    entries = [keras.Input((6,)) for _ in range(inputs)]
    merged = layers.Concatenate()(entries) if inputs > 1 else entries[0]
    model = keras.Model(entries, [layers.Dense(3, activation="softmax")(merged) for _ in range(outputs)])
    model.compile("sgd", ["sparse_categorical_crossentropy"] * outputs)
    return model


def two_outputs():
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dense(3), layers.Dense(3)

        def call(self, x):
            return self.a(x), self.b(x)

    model = Two()
    model.compile("sgd", ["mse", "mse"])
    return model


def numpy_metric(y, probabilities):
    return np.mean(np.argmax(np.asarray(probabilities), -1) == np.asarray(y).ravel())


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (network, (Batches(),)),
        (network, (Batches(), None)),
        (network, (iter([(X, Y)]),)),
        (network, ((batch for batch in [(X, Y)]), None)),
        (network, (X,)),
        (network, (X, None)),
        (network, (X, Y, 10, 1, 0, None, 0.0, Batches())),
        (network, ([X, X[:, :3]], Y)),
        (lambda: several(inputs=2), ([X, X], Y)),
        (lambda: several(inputs=2), ({"a": X, "b": X}, Y)),
        (lambda: several(outputs=2), (X, [Y, Y])),
        (two_outputs, (X, [X[:, :3], X[:, :3]])),
        (lambda: network(run_eagerly=True), (X, Y)),
    ],
)
def test_what_fit_does_not_do_names_what_does(make, arguments):
    with pytest.raises((DataError, ModelError), match=r"keras\.Model\.fit"):
        fit(make(), *arguments)


def test_a_model_that_leaves_jax_is_told_so():
    class Leaves(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x) * float(ops.mean(x))

    model = Leaves()
    model.build((None, 6))
    model.compile("sgd", "mse")
    with pytest.raises(ModelError, match="run_eagerly"):
        fit(model, X, X[:, :3], verbose=0)


def test_a_layer_that_crops_in_training_only_is_named():
    crop = layers.RandomCrop(4, 4, name="crop")
    model = keras.Sequential([keras.Input((6, 6, 1)), crop, layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    images = np.zeros((20, 6, 6, 1), np.float32)
    with pytest.raises(ModelError, match=r"expected axis -1 of input shape to have value 16.* crop crops in training"):
        fit(model, images, X[:20, :3], validation_split=0.5, verbose=0)


@pytest.mark.parametrize("when", ["between", "during"])
def test_a_layer_that_is_frozen_after_compiling_is_named(when):
    model = network()
    name = model.layers[0].name

    class Freeze(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.layers[0].trainable = epoch == 0

    with pytest.raises(ModelError, match=rf"of {name}, .* Call model\.compile"):
        if when == "between":
            fit(model, X, Y, verbose=0)
            model.layers[0].trainable = False
            fit(model, X, Y, verbose=0)
        else:
            fit(model, X, Y, epochs=2, verbose=0, callbacks=[Freeze()])
