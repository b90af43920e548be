import jax
import numpy as np
import pytest

from tenfold.keras_internals import nested_layers
from tenfold.keras_on_jax import keras
from tenfold.kernels.fast_layers import fast_layers

layers = keras.layers


def replaced(model):
    """Names of the layers whose call is replaced inside the block, and what they then compute."""
    names = {}
    with fast_layers(model):
        for layer in nested_layers(model):
            if "call" in vars(layer):
                function = vars(layer)["call"]
                names[layer.name] = getattr(function, "func", function).__name__
    return names


def assert_same_values(model, shape):
    images = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)
    expected = np.asarray(model(images))
    with fast_layers(model):
        found = np.asarray(model(images))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_model_is_untouched_outside_the_block():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.MaxPooling2D()])
    before = [dict(vars(layer)) for layer in model.layers]
    with fast_layers(model):
        assert "call" in vars(model.layers[0])
    assert [dict(vars(layer)) for layer in model.layers] == before


def test_an_error_inside_the_block_restores_the_model():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)])
    with pytest.raises(KeyError), fast_layers(model):
        raise KeyError
    assert "call" not in vars(model.layers[0])


@pytest.mark.parametrize(
    "activation",
    [
        [layers.Conv2D(3, 3, activation="relu", name="c")],
        [layers.Conv2D(3, 3, name="c"), layers.Activation("relu", name="a")],
        [layers.Conv2D(3, 3, name="c", use_bias=False), layers.ReLU(name="a")],
    ],
)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_convolution_relu_and_pooling_become_one_block(activation, padding):
    pooling = layers.MaxPooling2D(2, padding=padding, name="p")
    model = keras.Sequential([keras.Input((9, 9, 1)), *activation, pooling, layers.Flatten()])
    assert replaced(model) == {
        "c": "_call_block",
        **({"a": "_pass_on"} if len(activation) == 2 else {}),
        "p": "_pass_on",
    }
    assert_same_values(model, (9, 9, 1))


def test_an_output_that_others_read_is_not_swallowed():
    inputs = keras.Input((8, 8, 1))
    maps = layers.Conv2D(2, 3, activation="relu", name="c")(inputs)
    pooled = layers.MaxPooling2D(2, name="p")(maps)
    averaged = layers.GlobalAveragePooling2D(name="g")(maps)
    branches = keras.Model(inputs, layers.Concatenate()([layers.Flatten()(pooled), averaged]))
    assert replaced(branches) == {"c": "_call_block", "p": "max_pooling"}
    assert_same_values(branches, (8, 8, 1))
    both = keras.Model(inputs, [maps, pooled])
    assert replaced(both) == {"c": "_call_block", "p": "max_pooling"}


def test_a_layer_used_twice_keeps_its_pooling_apart():
    inputs = keras.Input((8, 8, 1))
    shared = layers.Conv2D(1, 3, padding="same", activation="relu", name="c")
    model = keras.Model(inputs, layers.MaxPooling2D(2, name="p")(shared(shared(inputs))))
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling"}
    assert_same_values(model, (8, 8, 1))


@pytest.mark.parametrize("relu", [layers.ReLU, lambda name: layers.Activation("relu", name=name)])
@pytest.mark.parametrize("before", [layers.Conv2D, layers.BatchNormalization, layers.Dense])
def test_a_relu_used_twice_cuts_off_both_times(relu, before):
    arguments = {
        layers.Conv2D: {"filters": 2, "kernel_size": 3, "padding": "same"},
        layers.BatchNormalization: {"beta_initializer": "random_normal"},
        layers.Dense: {"units": 2},
    }
    inputs, shared = keras.Input((8, 8, 2)), relu(name="a")
    maps = shared(before(**arguments[before])(inputs))
    model = keras.Model(inputs, shared(layers.Subtract()([inputs, maps])))
    assert "a" not in replaced(model)
    assert_same_values(model, (8, 8, 2))


def test_a_pooling_used_twice_pools_both_times():
    pooling = layers.MaxPooling2D(2, name="p")
    first, second = layers.Conv2D(2, 3, activation="relu", name="c"), layers.Conv2D(2, 2, activation="tanh", name="d")
    model = keras.Sequential([keras.Input((12, 12, 1)), first, pooling, second, pooling])
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling", "d": "_call_block"}
    assert_same_values(model, (12, 12, 1))


def test_a_layer_in_two_graphs_keeps_its_pooling_apart():
    inputs, shared = keras.Input((8, 8, 1)), layers.Conv2D(2, 3, activation="relu", name="c")
    inner = keras.Model(inputs, layers.MaxPooling2D(2, name="p")(shared(inputs)))
    others = keras.Input((8, 8, 1))
    joined = layers.Concatenate()([layers.Flatten()(inner(others)), layers.Flatten()(shared(others))])
    model = keras.Model(others, joined)
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling"}
    assert_same_values(model, (8, 8, 1))


def test_a_layer_that_another_layer_calls_keeps_its_pooling_apart():
    class Applied(layers.Layer):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, inputs):
            return self.inner(inputs)

    inputs, shared = keras.Input((8, 8, 1)), layers.Conv2D(2, 3, activation="relu", name="c")
    pooled = layers.MaxPooling2D(2, name="p")(shared(inputs))
    joined = layers.Concatenate()([layers.Flatten()(pooled), layers.Flatten()(Applied(shared)(inputs))])
    model = keras.Model(inputs, joined)
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling"}
    assert_same_values(model, (8, 8, 1))


def test_a_model_within_called_twice_keeps_its_blocks():
    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="c"), layers.ReLU(name="a")])
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Add()([inner(inputs), inner(layers.Rescaling(-1.0)(inputs))]))
    assert replaced(model) == {"c": "_call_block", "a": "_pass_on"}
    assert_same_values(model, (8, 8, 1))


def test_a_model_with_a_call_of_its_own_sees_what_every_layer_gives():
    class Taps(keras.Model):
        def __init__(self):
            super().__init__()
            convolution, relu, pooling = layers.Conv2D(2, 3, name="c"), layers.ReLU(name="a"), layers.MaxPooling2D(2)
            self.base = keras.Sequential([keras.Input((8, 8, 1)), convolution, relu, pooling])

        def call(self, inputs):
            outputs = [inputs]
            for layer in self.base.layers:
                outputs.append(layer(outputs[-1]))
            return [keras.ops.mean(output, (1, 2)) for output in outputs[1:]]

    class Residual(keras.Model):
        def __init__(self):
            inputs = keras.Input((8, 8, 1))
            self.convolution, self.relu = layers.Conv2D(2, 3, name="c"), layers.ReLU(name="a")
            super().__init__(inputs, self.relu(self.convolution(inputs)))

        def call(self, inputs):
            maps = self.convolution(inputs)
            return [self.relu(maps) - maps]

    for model in (Taps(), Residual()):
        images = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype(np.float32)
        expected = model(images)
        assert "a" not in replaced(model)
        with fast_layers(model):
            found = model(images)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


class InnerLoss(keras.Model):
    """Its loss looks at what a layer within gives."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(self.get_layer("c")(x))


def test_a_loss_of_the_models_own_may_look_at_any_layers_output():
    inputs = keras.Input((8, 8, 1))
    maps = layers.MaxPooling2D(2, name="p")(layers.Conv2D(2, 3, activation="relu", name="c")(inputs))
    model = InnerLoss(inputs, maps)
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling"}
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype(np.float32)
    expected = float(model.compute_loss(images))
    with fast_layers(model):
        assert float(model.compute_loss(images)) == pytest.approx(expected, rel=1e-5)


def test_a_convolution_that_somebody_put_in_place_of_a_layers_own_stays():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="c")])
    layer = model.layers[0]
    layer.convolution_op = lambda inputs, kernel, stock=layer.convolution_op: 2 * stock(inputs, kernel)
    assert replaced(model) == {}


def test_with_64_bits_switched_on_float32_layers_stay_float32():
    normalization = layers.BatchNormalization(scale=False, center=False)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, use_bias=False, padding="same"),
            layers.Conv2D(3, 3, use_bias=False, padding="same"),
            normalization,
            layers.Flatten(),
            layers.Dense(3, use_bias=False),
        ]
    )
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype(np.float32)
    expected = np.asarray(model(images, training=True))

    def loss(kernel):
        values = [kernel, *(variable.value for variable in model.trainable_variables[1:])]
        rest = [variable.value for variable in model.non_trainable_variables]
        return model.stateless_call(values, rest, images, training=True)[0].sum()

    kernel = model.trainable_variables[0].value
    gradient = jax.grad(loss)(kernel)
    with jax.enable_x64(True), fast_layers(model):
        np.testing.assert_allclose(model(images, training=True), expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(jax.grad(loss)(kernel), gradient, rtol=1e-3, atol=1e-4)


def test_a_regularised_output_is_seen_before_pooling():
    convolution = layers.Conv2D(2, 3, activation="relu", activity_regularizer="l2", name="c")
    model = keras.Sequential([keras.Input((8, 8, 1)), convolution, layers.MaxPooling2D(2, name="p")])
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling"}


def test_other_activations_are_computed_by_keras_after_the_convolution():
    model = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.Conv2D(3, 3, activation="tanh", name="c"),
            layers.MaxPooling2D(2, name="p"),
            layers.Conv2D(3, 2, name="d"),
            layers.LeakyReLU(name="leaky"),
            layers.AveragePooling2D(2, name="q"),
        ]
    )
    assert replaced(model) == {"c": "_call_block", "p": "max_pooling", "d": "_call_block", "q": "average_pooling"}
    assert_same_values(model, (9, 9, 2))


def test_residual_blocks_with_batch_normalisation_give_the_same_values():
    inputs = keras.Input((8, 8, 3))
    maps = layers.Conv2D(3, 3, padding="same", use_bias=False)(inputs)
    maps = layers.ReLU()(layers.BatchNormalization()(maps))
    maps = layers.Conv2D(3, 3, padding="same", strides=1)(maps)
    outputs = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.Add()([inputs, maps])))
    assert_same_values(keras.Model(inputs, outputs), (8, 8, 3))


@pytest.mark.parametrize(
    ("normalization", "names"),
    [
        ([layers.BatchNormalization(name="b"), layers.ReLU(name="a")], {"b": "_call_norm", "a": "_pass_on"}),
        ([layers.BatchNormalization(name="b", scale=False, center=False)], {"b": "_call_norm"}),
        ([layers.BatchNormalization(name="b", axis=1)], {}),
        ([layers.BatchNormalization(name="b", renorm=True)], {}),
    ],
)
@pytest.mark.parametrize("training", [False, True])
def test_batch_normalisation_gives_the_same_values_and_moving_averages(normalization, names, training):
    model = keras.Sequential([keras.Input((5, 4, 3)), *normalization])
    assert replaced(model) == names
    images = np.random.default_rng(0).normal(2, 3, size=(6, 5, 4, 3)).astype(np.float32)
    values = (
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
    )
    expected = model.stateless_call(*values, images, training=training)
    with fast_layers(model):
        found = model.stateless_call(*values, images, training=training)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_a_frozen_normalisation_uses_its_moving_averages():
    model = keras.Sequential([keras.Input((5, 4, 3)), layers.BatchNormalization(trainable=False, name="b")])
    images = np.random.default_rng(0).normal(2, 3, size=(6, 5, 4, 3)).astype(np.float32)
    with fast_layers(model):
        found = model(images, training=True)
    np.testing.assert_allclose(found, images / np.sqrt(1.001), rtol=1e-5)


@pytest.mark.parametrize(("rate", "names"), [(0.3, {"d": "_call_dropout"}), (0.0, {})])
@pytest.mark.parametrize("training", [False, True])
def test_dropout_drops_the_same_values_and_goes_on_with_the_same_seed(rate, names, training):
    model = keras.Sequential([keras.Input((50,)), layers.Dropout(rate, seed=3, name="d")])
    assert replaced(model) == names
    values = [], [variable.value for variable in model.non_trainable_variables]
    expected = model.stateless_call(*values, np.ones((6, 50), np.float32), training=training)
    with fast_layers(model):
        found = model.stateless_call(*values, np.ones((6, 50), np.float32), training=training)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_that_are_not_known_stay_as_they_are():
    class Shifted(layers.Conv2D):
        pass

    model = keras.Sequential(
        [
            keras.Input((14, 14, 2)),
            layers.Conv2D(2, 3, dilation_rate=2),
            layers.Conv2D(2, 3, groups=2),
            layers.Conv2D(2, 1, dtype="mixed_bfloat16"),
            layers.MaxPooling2D(3, strides=1),
            Shifted(2, 3),
            layers.AveragePooling2D(2, padding="same"),
        ]
    )
    assert replaced(model) == {}


def test_a_layer_that_is_never_called_is_left_alone():
    class Unfinished(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.unused = layers.Dense(3, name="d"), layers.BatchNormalization(name="b")

        def build(self, input_shape):
            self.dense.build(input_shape)

        def call(self, inputs):
            return self.dense(inputs)

    model = Unfinished()
    model.build((None, 5))
    assert replaced(model) == {"d": "_call_dense"}


@pytest.mark.parametrize("content", [2, ["dense"], [{"units": 3}]])
def test_a_layer_of_ones_own_may_call_anything_its_layers(content):
    class Mine(layers.Layer):
        def __init__(self):
            super().__init__()
            self.layers = content

        def call(self, inputs):
            return 2 * inputs

    model = keras.Sequential([keras.Input((5,)), Mine(), layers.Dense(3, name="d")])
    assert replaced(model) == {"d": "_call_dense"}
    assert_same_values(model, (5,))


def test_a_call_that_somebody_put_in_place_of_a_layers_own_stays():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="c"), layers.ReLU(name="a"), layers.Dense(3, name="d")]
    )
    for layer in (model.layers[1], model.layers[2]):
        layer.call = lambda inputs, stock=layer.call: stock(inputs) + 0.5
    before = [dict(vars(layer)) for layer in model.layers]
    with fast_layers(model):
        assert "call" in vars(model.layers[0])
        assert [vars(layer)["call"] for layer in model.layers[1:]] == [layer["call"] for layer in before[1:]]
    assert [dict(vars(layer)) for layer in model.layers] == before
    assert_same_values(model, (8, 8, 1))


@pytest.mark.parametrize("before", [layers.Conv2D(2, 3, name="b"), layers.BatchNormalization(name="b")])
def test_what_is_rounded_before_the_relu_is_not_joined_with_it(before):
    model = keras.Sequential([keras.Input((8, 8, 1)), before, layers.ReLU(name="a", dtype="mixed_bfloat16")])
    assert "a" not in replaced(model)


def test_layers_inside_a_nested_model_are_found_and_give_the_same_values():
    inner = keras.Sequential(
        [keras.Input((9, 9, 1)), layers.Conv2D(3, 3, activation="relu", name="c"), layers.MaxPooling2D(2, name="p")]
    )
    model = keras.Sequential([keras.Input((9, 9, 1)), inner, layers.Flatten()])
    assert replaced(model) == {"c": "_call_block", "p": "_pass_on"}
    assert_same_values(model, (9, 9, 1))


@pytest.mark.parametrize(
    ("dense", "names"),
    [
        ([layers.Dense(7, activation="relu", name="d")], {"d": "_call_dense"}),
        ([layers.Dense(7, name="d"), layers.ReLU(name="a")], {"d": "_call_dense", "a": "_pass_on"}),
        ([layers.Dense(7, activation="gelu", use_bias=False, name="d")], {"d": "_call_dense"}),
        ([layers.Reshape((3, 4)), layers.Dense(7, activation="relu", name="d")], {"d": "_call_dense"}),
        ([layers.Dense(7, name="d", dtype="bfloat16")], {}),
    ],
)
def test_dense_layers_are_known_with_and_without_relu(dense, names):
    model = keras.Sequential([keras.Input((12,)), *dense])
    assert replaced(model) == names
    assert_same_values(model, (12,))


def test_the_optimizer_is_fast_inside_the_block_only():
    model = keras.Sequential([keras.Input((12,)), layers.Dense(7)])
    model.compile(optimizer="adam", loss="mse")
    with fast_layers(model):
        assert "update_step" not in vars(model.optimizer)  # it has no slots yet
    model.optimizer.build(model.trainable_variables)
    with fast_layers(model):
        assert "update_step" in vars(model.optimizer)
    assert "update_step" not in vars(model.optimizer)


def test_a_step_that_somebody_put_in_place_of_the_optimizers_own_stays():
    model = keras.Sequential([keras.Input((12,)), layers.Dense(7)])
    model.compile(optimizer="adam", loss="mse")
    model.optimizer.build(model.trainable_variables)
    model.optimizer.update_step = mine = lambda gradient, variable, learning_rate: None
    with fast_layers(model):
        assert vars(model.optimizer)["update_step"] is mine
    assert vars(model.optimizer)["update_step"] is mine


@pytest.mark.parametrize(
    ("inner", "shape"),
    [
        (layers.Dense(3, activation="relu"), (5, 4)),
        (layers.Conv2D(3, 3, padding="same", activation="relu"), (5, 6, 6, 2)),
        (layers.Conv2D(16, 3, activation="relu"), (3, 6, 6, 16)),
        (layers.BatchNormalization(), (5, 4)),
    ],
)
def test_a_model_that_maps_a_layer_over_its_input_gives_the_same_values_and_gradients(inner, shape):
    class ForEach(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, inputs, training=True):
            moved = keras.ops.moveaxis(inputs, 1, 0)
            return keras.ops.vectorized_map(lambda one: self.inner(one, training=training), moved)

    model = ForEach()
    inner.build((None, *shape[1:]))
    model.built = True
    assert replaced(model)
    images = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)

    def loss(weights, images):
        outputs, _ = model.stateless_call(weights, model.non_trainable_variables, images)
        return (outputs**2).sum()

    weights = [variable.value for variable in model.trainable_variables]
    expected = jax.value_and_grad(loss, argnums=(0, 1))(weights, images)
    with fast_layers(model):
        found = jax.value_and_grad(loss, argnums=(0, 1))(weights, images)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4), found, expected)
