"""The contract with Keras: what `keras_internals` relies on, checked against the installed version.

pyproject.toml allows keras>=3.15.1,<4, and 3.15.1 is both the oldest and the newest version there is, so that one run
covers both ends. Once there is a newer one, run this file against each end, in an environment of its own:

    pip install keras==VERSION && pytest tests/test_keras_internals.py
"""

import sys

import numpy as np
import pytest

from tenfold import keras_internals as internals
from tenfold.keras_on_jax import keras

layers, ops = keras.layers, keras.ops

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.fixture
def model():
    """A graph with a model inside and an operation between layers: 4 inputs, 3 classes."""
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(6, name="hidden")], name="inner")
    inputs = keras.Input((4,))
    first = layers.Dense(5, name="first")(inputs)
    joined = ops.concatenate([inner(first), first], axis=-1)
    outputs = layers.Dense(3, name="last")(layers.Dropout(0.5, name="dropout")(joined, training=True))
    return keras.Model(inputs, outputs)


class OwnCall(keras.Model):
    def __init__(self):
        super().__init__()
        self.held = [layers.Dense(3, name="held")]

    def call(self, x):
        return self.held[0](x)


class OwnSequential(keras.Sequential):
    def call(self, x):
        return 2 * super().call(x)


def test_what_is_kerass_own():
    for thing in (keras.Sequential, keras.losses.binary_crossentropy, keras.Sequential().train_step):
        assert internals.is_keras(thing)
    for thing in (OwnCall, OwnCall().call, np.mean, None):
        assert not internals.is_keras(thing)
    assert internals.is_keras(OwnCall().train_step)


def test_variables_are_built_from_a_batch_without_training():
    model = keras.Sequential([layers.Dense(3)])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    internals.build_variables(model, (np.zeros((2, 4), np.float32), np.zeros(2, np.int32)))
    assert [variable.shape for variable in model.trainable_variables] == [(4, 3), (3,)]
    assert model.optimizer.built
    assert int(model.optimizer.iterations) == 0
    assert len(model.metrics_variables) == 4  # a sum and a count of the loss and of the accuracy


def test_nested_layers_are_found_at_any_depth(model):
    names = {layer.name for layer in internals.nested_layers(model)}
    assert {"first", "inner", "hidden", "dropout", "last"} <= names
    assert model.name not in names
    assert [layer.name for layer in internals.nested_layers(OwnCall())] == ["held"]


def test_metrics_are_given_as_they_were_compiled(model):
    own = keras.metrics.MeanSquaredError()
    model.compile("sgd", "mse", metrics=["accuracy", own], weighted_metrics=["mae"])
    assert [keras.tree.flatten(group) for group in internals.metrics_as_compiled(model)] == [["accuracy", own], ["mae"]]
    assert internals.metrics_as_compiled(keras.Sequential()) == [None, None]


def test_a_metrics_function_is_the_one_that_it_means_over():
    assert internals.metric_function(keras.metrics.MeanMetricWrapper(np.mean)) is np.mean
    assert internals.metric_function(keras.metrics.AUC()) is keras.metrics.AUC


def test_backup_and_restore_tells_the_epoch(model, tmp_path):
    x, y = np.zeros((4, 4), np.float32), np.zeros((4, 3), np.float32)
    model.compile("sgd", "mse")

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=3, verbose=0, callbacks=[backup, Interrupt()])
    internals.forget_restored_epoch(model)
    assert internals.restored_epoch(model) is None
    backup.on_train_begin()
    assert internals.restored_epoch(model) == 2


@pytest.mark.filterwarnings("ignore:Profiling with the jax backend requires python >= 3.12")
@pytest.mark.parametrize("name", internals.CALLBACK_ATTRIBUTES)
def test_callbacks_remember_what_is_listed_and_nothing_else(name, model, tmp_path):
    """What differs between a callback before and after some epochs is what a checkpoint has to keep."""
    made = {
        "CSVLogger": lambda: keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        "EarlyStopping": lambda: keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True),
        "History": keras.callbacks.History,
        "ModelCheckpoint": lambda: keras.callbacks.ModelCheckpoint(
            tmp_path / "m.weights.h5", "loss", save_best_only=True, save_weights_only=True, save_freq="epoch"
        ),
        "ReduceLROnPlateau": lambda: keras.callbacks.ReduceLROnPlateau("loss", patience=1, cooldown=1),
    }[name]()
    model.compile("sgd", "mse")
    made.set_model(model)
    made.set_params({"epochs": 9, "steps": 1})
    made.on_train_begin()
    before = dict(vars(made))
    for epoch, loss in enumerate((1.0, 0.5, 0.7, 0.8)):
        made.on_epoch_begin(epoch)
        made.on_epoch_end(epoch, {"loss": loss})
    changed = {key for key, value in vars(made).items() if key not in before or value is not before[key]}
    known_otherwise = {"monitor_op", "min_delta", "writer", "csv_file", "append_header"}  # follow from the rest
    assert changed - known_otherwise <= {*internals.CALLBACK_ATTRIBUTES[name]}
    assert all(hasattr(made, attribute) for attribute in internals.CALLBACK_ATTRIBUTES[name])


def test_seed_states_are_the_variables_that_are_no_weights(model):
    assert [variable.path.split("/")[-1] for variable in internals.seed_states(model)] == ["seed_generator_state"]


def test_tensorboard_knows_whether_it_profiles(tmp_path):
    profiling = internals.profiles_batches(keras.callbacks.TensorBoard(tmp_path, profile_batch=2))
    assert profiling == (sys.version_info >= (3, 12))
    assert not internals.profiles_batches(keras.callbacks.TensorBoard(tmp_path))


def test_which_models_have_a_graph(model):
    assert internals.graph_of(model) is model
    sequential = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    graph = internals.graph_of(sequential)
    assert [tuple(tensor.shape) for tensor in (*graph.inputs, *graph.outputs)] == [(None, 4), (None, 3)]
    for without in (keras.Sequential([layers.Dense(3)]), OwnCall(), layers.Dense(3)):
        assert internals.graph_of(without) is None


def test_calls_of_a_graph_come_after_those_that_they_read(model):
    calls = internals.calls_in(internals.graph_of(model))
    names = [call.operation.name for call in calls]
    assert names[:2] == ["first", "inner"]
    assert names[-2:] == ["dropout", "last"]
    known = {id(tensor) for tensor in model.inputs}
    for call in calls:
        assert {id(tensor) for tensor in call.inputs} <= known
        known |= {id(tensor) for tensor in call.outputs}
    assert {id(tensor) for tensor in model.outputs} <= known
    assert [call.keywords.get("training") for call in calls] == [None, None, None, True, None]


def test_the_call_behind_a_tensor(model):
    last = internals.call_behind(model.outputs[0])
    assert last.operation.name == "last"
    assert internals.call_behind(last.inputs[0]).operation.name == "dropout"
    assert internals.call_behind(model.inputs[0]).inputs == []


def test_which_models_call_their_graph_and_nothing_else(model):
    assert internals.calls_its_graph(model)
    assert internals.calls_its_graph(keras.Sequential())
    for other in (OwnCall(), OwnSequential(), layers.Dense(3)):
        assert not internals.calls_its_graph(other)


def test_optimizers_know_their_variables_and_slots():
    variables = [keras.Variable(np.ones(shape, np.float32)) for shape in ((2, 3), (4,))]
    adam, rmsprop = keras.optimizers.Adam(), keras.optimizers.RMSprop()
    for optimizer in (adam, rmsprop):
        optimizer.build(variables)
        assert list(map(id, internals.trained_variables(optimizer))) == list(map(id, variables))
        assert [internals.variable_index(optimizer, variable) for variable in variables] == [0, 1]
    for slots in (*internals.adam_slots(adam), *internals.rmsprop_slots(rmsprop)):
        assert [slot.shape for slot in slots] == [(2, 3), (4,)]
    assert internals.trained_variables(None) is None
    gradients = [2 * ops.ones(variable.shape) for variable in variables]
    adam.apply(gradients)
    means, squares = internals.adam_slots(adam)
    np.testing.assert_allclose(means[1], 0.1 * 2 * np.ones(4), rtol=1e-5)
    np.testing.assert_allclose(squares[1], 0.001 * 4 * np.ones(4), rtol=1e-5)
    rmsprop.apply(gradients)
    np.testing.assert_allclose(internals.rmsprop_slots(rmsprop)[0][1], 0.1 * 4 * np.ones(4), rtol=1e-5)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_schedule_is_computed_from_the_steps_that_were_taken(wrapped):
    class Halving(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5 ** ops.cast(step, "float32")

    schedule, variable = Halving(), keras.Variable(np.zeros(2, np.float32))
    optimizer = keras.optimizers.SGD(schedule, gradient_accumulation_steps=None if wrapped else 2)
    if wrapped:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build([variable])
    values = [variable.value], [one.value for one in optimizer.variables]
    for gradient in (1.0, 1.0, np.inf):  # the last one is skipped if the loss is scaled
        values = optimizer.stateless_apply(values[1], [gradient * ops.ones(2)], values[0])
    for one, value in zip(optimizer.variables, values[1], strict=True):
        one.assign(value)
    assert internals.learning_rate_as_given(optimizer) is schedule
    steps = 2 if wrapped else 3
    assert int(internals.step_counter(optimizer)) == steps
    assert float(optimizer.learning_rate) == 0.5**steps
    assert any(internals.step_counter(optimizer) is one for one in optimizer.variables)


def test_a_constant_rate_is_held_by_a_variable():
    rate = internals.learning_rate_as_given(keras.optimizers.SGD(0.25))
    assert isinstance(rate, keras.Variable)
    assert float(rate) == 0.25


def test_a_layers_call_is_replaced_inside_the_block_only(model):
    first, x = model.get_layer("first"), np.ones((2, 4), np.float32)
    before = len(list(internals.nested_layers(first)))
    with internals.replaced_methods({(first, "call"): lambda inputs: ops.zeros((2, 5))}):
        assert (np.asarray(first(x)) == 0).all()
        assert len(list(internals.nested_layers(first))) == before
    assert (np.asarray(first(x)) != 0).any()


def test_an_optimizers_update_step_is_replaced_inside_the_block_only():
    variable = keras.Variable(np.zeros(2, np.float32))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([variable])
    seen = []
    with internals.replaced_methods({(optimizer, "update_step"): lambda *arguments: seen.append(arguments)}):
        optimizer.apply([ops.ones(2)])
    ((gradient, updated, rate),) = seen
    assert updated is variable
    assert (float(gradient[0]), float(rate)) == (1.0, 1.0)
    optimizer.apply([ops.ones(2)])
    assert np.asarray(variable).tolist() == [-1, -1]


def test_muon_asks_which_variables_are_matrices_and_takes_one_step_for_each():
    class Noted(keras.optimizers.Muon):
        def _should_use_adamw(self, variable):
            return len(variable.shape) == 1

        def _muon_update_step(self, gradient, variable, lr, m):
            self.stepped = [*getattr(self, "stepped", []), variable.shape]
            assert m.shape == variable.shape
            assert self.lr_adjust(lr * self.zeropower_via_newtonschulz5(gradient, self.ns_steps)).shape == (3, 2)

    variables = [keras.Variable(np.ones(shape, np.float32)) for shape in ((3, 2), (2,))]
    optimizer = Noted(0.5, weight_decay=0.2, adam_weight_decay=0.2)
    optimizer.apply([ops.ones((3, 2)), ops.ones(2)], variables)
    assert optimizer.stepped == [(3, 2)]
    np.testing.assert_allclose(variables[0], np.full((3, 2), 0.9), rtol=1e-6)  # its weight decay alone: 1 - 0.5 · 0.2


def test_the_parts_of_a_train_step_give_what_it_gives(model):
    x, y, weights = np.eye(4, dtype=np.float32), np.arange(4) % 3, np.arange(4, dtype=np.float32)
    model.compile(keras.optimizers.SGD(0.0, loss_scale_factor=8.0), SPARSE, weighted_metrics=["accuracy"])
    for batch in ((x, y), (x, y, weights)):
        internals.build_variables(model, batch)
        values = [
            [variable.value for variable in variables]
            for variables in (
                model.trainable_variables,
                model.non_trainable_variables,
                model.metrics_variables,
                model.optimizer.variables,
            )
        ]
        scaled, (loss, outputs, non_trainable, metrics) = internals.loss_and_updates(model, *values, batch)
        found = non_trainable, internals.updated_metrics(model, metrics, loss, outputs, batch)
        trainable, *rest, optimizer = values
        logs, (_, expected_rest, _, expected_metrics) = model.train_step(
            (trainable, rest[0], optimizer, rest[1]), batch
        )
        for one, other in zip(keras.tree.flatten(found), [*expected_rest, *expected_metrics], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)
        assert float(scaled) == pytest.approx(8 * float(loss))
        assert float(logs["loss"]) == pytest.approx(float(loss))
        assert outputs.shape == (4, 3)
