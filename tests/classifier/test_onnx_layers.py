from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tenfold.classifier.onnx_layers import LAYERS
from tenfold.errors import ModelError, RecipeError
from tenfold.keras_on_jax import keras
from tenfold.recipes.layers import Activation

HEAD = [{"layer": "Flatten"}, {"layer": "Dense", "units": "classes", "activation": "softmax"}]
ACTIVATIONS = Activation.__args__


@pytest.mark.parametrize(
    "layer",
    [
        {"layer": "Conv2D", "filters": 4, "kernel_size": 3},
        {"layer": "Conv2D", "filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"},
        {"layer": "Conv2D", "filters": 4, "kernel_size": [2, 3], "strides": [1, 2], "padding": "same"},
        {"layer": "Conv2D", "filters": 4, "kernel_size": [4, 1], "strides": [3, 2], "use_bias": False},
        {"layer": "Conv2D", "filters": 4, "kernel_size": 1, "strides": 3, "padding": "same"},
        {"layer": "DepthwiseConv2D", "kernel_size": 3, "depth_multiplier": 2, "activation": "relu"},
        {
            "layer": "DepthwiseConv2D",
            "kernel_size": [2, 4],
            "strides": 2,
            "padding": "same",
            "use_bias": False,
        },
        {"layer": "SeparableConv2D", "filters": 5, "kernel_size": 3, "activation": "tanh"},
        {"layer": "SeparableConv2D", "filters": 5, "kernel_size": [1, 2], "strides": 2, "padding": "same"},
        {"layer": "SeparableConv2D", "filters": 5, "kernel_size": 2, "use_bias": False},
        {"layer": "MaxPooling2D"},
        {"layer": "MaxPooling2D", "pool_size": [3, 2], "strides": [2, 1], "padding": "same"},
        {"layer": "MaxPooling2D", "pool_size": 2, "strides": 3, "padding": "same"},
        {"layer": "AveragePooling2D", "pool_size": 3, "strides": 2},
        {"layer": "AveragePooling2D", "pool_size": 3, "strides": 2, "padding": "same"},
        {"layer": "AveragePooling2D", "pool_size": [2, 4], "padding": "same"},
        {"layer": "BatchNormalization", "epsilon": 0.1},
        {"layer": "BatchNormalization", "center": False},
        {"layer": "BatchNormalization", "scale": False},
        {"layer": "Dense", "units": 4, "activation": "relu"},
        {"layer": "Dense", "units": 4, "use_bias": False},
        {"layer": "Dropout", "rate": 0.5},
        {"layer": "SpatialDropout2D", "rate": 0.5},
        {"layer": "Activation", "activation": "softmax"},
        {"layer": "ResidualBlock", "filters": 3},
        {"layer": "ResidualBlock", "filters": 4, "strides": 2},
    ],
    ids=str,
)
def test_one_layer_gives_keras_probabilities(layer: dict[str, Any], network_model, assert_parity):
    assert_parity(network_model([layer, *HEAD], (7, 6, 3)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_in_images_and_in_rows(activation: str, network_model, assert_parity):
    network = [
        {"layer": "Conv2D", "filters": 4, "kernel_size": 2, "activation": activation},
        {"layer": "Flatten"},
        {"layer": "Dense", "units": 6},
        {"layer": "BatchNormalization"},
        {"layer": "Activation", "activation": activation},
        {"layer": "Dense", "units": "classes", "activation": "softmax"},
    ]
    assert_parity(network_model(network, (5, 4, 1)))


@pytest.mark.parametrize("pooling", ["GlobalAveragePooling2D", "GlobalMaxPooling2D"])
def test_global_pooling(pooling: str, network_model, assert_parity):
    network = [
        {"layer": "Conv2D", "filters": "classes", "kernel_size": 3},
        {"layer": pooling},
        {"layer": "Activation", "activation": "softmax"},
    ]
    assert_parity(network_model(network, (6, 9, 3)))


sizes = st.integers(1, 3)
pairs = st.one_of(sizes, st.tuples(sizes, sizes))
paddings = st.sampled_from(["valid", "same"])
activations = st.sampled_from(ACTIVATIONS)
image_layers = st.one_of(
    st.fixed_dictionaries(
        {"layer": st.just("Conv2D"), "filters": st.integers(1, 6), "kernel_size": pairs},
        optional={
            "strides": pairs,
            "padding": paddings,
            "activation": activations,
            "use_bias": st.booleans(),
        },
    ),
    st.fixed_dictionaries(
        {"layer": st.just("DepthwiseConv2D"), "kernel_size": pairs},
        optional={
            "strides": sizes,
            "padding": paddings,
            "depth_multiplier": sizes,
            "activation": activations,
        },
    ),
    st.fixed_dictionaries(
        {"layer": st.just("SeparableConv2D"), "filters": st.integers(1, 6), "kernel_size": pairs},
        optional={"strides": sizes, "padding": paddings, "activation": activations},
    ),
    st.fixed_dictionaries(
        {"layer": st.sampled_from(["MaxPooling2D", "AveragePooling2D"]), "pool_size": pairs},
        optional={"strides": pairs, "padding": paddings},
    ),
    st.fixed_dictionaries(
        {"layer": st.just("ResidualBlock"), "filters": st.integers(1, 4)}, optional={"strides": sizes}
    ),
    st.fixed_dictionaries({"layer": st.just("Dense"), "units": st.integers(1, 6)}),
    st.just({"layer": "BatchNormalization"}),
    st.just({"layer": "SpatialDropout2D", "rate": 0.3}),
)
to_rows = st.sampled_from(["Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"])
row_layers = st.one_of(
    st.fixed_dictionaries({"layer": st.just("Dense"), "units": st.integers(1, 9), "activation": activations}),
    st.just({"layer": "BatchNormalization"}),
    st.just({"layer": "Dropout", "rate": 0.3}),
)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(image_layers, max_size=4),
    to_rows,
    st.lists(row_layers, max_size=2),
    st.tuples(st.integers(1, 13), st.integers(1, 13), st.sampled_from([1, 3])),
)
def test_any_network_gives_keras_probabilities(network_model, assert_parity, images, pooling, rows, shape):
    try:
        model = network_model([*images, {"layer": pooling}, *rows, HEAD[1]], shape)
    except RecipeError:  # nothing is left of so small an image
        assume(False)
    assert_parity(model)


def test_a_layer_that_is_not_known_is_named(make_metadata, assert_parity):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.UpSampling2D(name="larger"), keras.layers.Flatten()])
    with pytest.raises(ModelError, match=r"'larger' is a UpSampling2D.* It knows Rescaling, Flatten, Dense"):
        assert_parity(model, softmax=True)


def test_a_class_of_somebody_else_is_not_taken_for_keras(assert_parity):
    class Dense(keras.layers.Dense):
        pass

    assert Dense.__name__ in LAYERS
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), Dense(3, activation="softmax")])
    with pytest.raises(ModelError, match="is a Dense, which the ONNX writer does not know"):
        assert_parity(model)


def test_settings_that_are_not_known_are_named(random_weights, assert_parity):
    inputs = keras.Input((4, 6, 3))
    channels_first = keras.layers.Conv2D(2, 2, data_format="channels_first", name="turned")(inputs)
    with pytest.raises(ModelError, match="'turned' has data_format='channels_first'"):
        assert_parity(keras.Model(inputs, keras.layers.Flatten()(channels_first)), softmax=True)
    rows = keras.layers.BatchNormalization(axis=1, name="rows")(inputs)
    with pytest.raises(ModelError, match="'rows' normalises axis 1"):
        assert_parity(keras.Model(inputs, keras.layers.Flatten()(rows)), softmax=True)
    hard = keras.layers.Conv2D(2, 2, activation="hard_sigmoid")(inputs)
    with pytest.raises(ModelError, match="1_Conv2D has the activation 'hard_sigmoid'"):
        assert_parity(keras.Model(inputs, keras.layers.Flatten()(hard)), softmax=True)


def test_dilated_and_grouped_convolutions(random_weights, assert_parity):
    inputs = keras.Input((9, 8, 3))
    outputs = keras.layers.Conv2D(6, (3, 2), dilation_rate=(2, 3), padding="same")(inputs)
    outputs = keras.layers.Conv2D(4, 3, groups=2, padding="same")(outputs)
    outputs = keras.layers.GlobalAveragePooling2D(keepdims=True)(outputs)
    model = keras.Model(inputs, keras.layers.Flatten()(outputs))
    random_weights(model)
    assert_parity(model, softmax=True)
