import numpy as np
import pytest
from pydantic import TypeAdapter

from tenfold.errors import RecipeError
from tenfold.models.architectures import build_model, outline_model
from tenfold.recipes.layers import AnyLayer
from tenfold.recipes.recipe import load_recipe

NETWORK = TypeAdapter(tuple[AnyLayer, ...])
FLATTEN = {"layer": "Flatten"}
LAST = {"layer": "Dense", "units": "classes", "activation": "softmax"}
EVERY_LAYER = [
    {"layer": "Flatten"},
    {"layer": "Dense", "units": 3, "activation": "gelu", "kernel_initializer": "he_normal"},
    {"layer": "Conv2D", "filters": 3, "kernel_size": [3, 2], "strides": [1, 2], "padding": "same"},
    {"layer": "DepthwiseConv2D", "kernel_size": 3, "strides": 2, "depth_multiplier": 2},
    {"layer": "SeparableConv2D", "filters": 3, "kernel_size": 3, "strides": 2, "use_bias": False},
    {"layer": "MaxPooling2D", "pool_size": [3, 2], "strides": 1, "padding": "same"},
    {"layer": "AveragePooling2D", "strides": [2, 1]},
    {"layer": "GlobalAveragePooling2D"},
    {"layer": "GlobalMaxPooling2D"},
    {"layer": "BatchNormalization", "scale": False},
    {"layer": "Activation", "activation": "leaky_relu"},
    {"layer": "Dropout", "rate": 0.5},
    {"layer": "SpatialDropout2D", "rate": 0.5},
    {"layer": "ResidualBlock", "filters": 2, "strides": 2},
]


def network(*layers):
    return NETWORK.validate_python(layers)


def error_for(*layers, image_shape=(8, 8, 1), classes=3):
    with pytest.raises(RecipeError) as caught:
        outline_model(network(*layers), image_shape, classes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("recipe", "parameters"),
    [
        ("dense-512", 407_050),
        ("cnn-32-64-128", 104_202),
        ("dense-128", 101_770),
        ("dense-512-256", 535_818),
        ("fashion-cnn-64-64", 243_786),
        ("dense-512-one-hot", 407_050),
    ],
)
def test_the_named_recipes_have_as_many_parameters_as_their_tutorials(recipe, parameters):
    model = outline_model(load_recipe(recipe).network, (28, 28, 1), 10, recipe)
    assert (model.count_params(), model.name) == (parameters, recipe)


@pytest.mark.parametrize("recipe", ["quick", "tiny", "strong", "fashion-strong", "ensemble", "fashion-ensemble"])
def test_tenfolds_own_recipes_take_images_of_all_sizes(recipe):
    own = load_recipe(recipe, data="own.npz")
    assert own.training.least_steps >= 1_500
    assert own.augmentation.fill == "edge"
    for image_shape, classes in (((8, 8, 1), 2), ((20, 33, 3), 5), ((96, 96, 3), 200)):
        assert outline_model(own.network, image_shape, classes).output_shape == (None, classes)


def test_every_layer_that_a_recipe_can_name_is_built():
    named = {layer["layer"] for layer in EVERY_LAYER}
    members = AnyLayer.__origin__.__args__
    assert named == {member.model_fields["layer"].annotation.__args__[0] for member in members}


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: layer["layer"])
@pytest.mark.parametrize("image_shape", [(9, 7, 3), (8, 12, 1)])
def test_each_layer_becomes_the_stock_layer_with_its_arguments(layer, image_shape):
    model = outline_model(network(layer, FLATTEN, LAST), image_shape, 4)
    assert model.output_shape == (None, 4)
    assert all(type(built).__module__.startswith("keras.") for built in model.layers)
    config = model.layers[2].get_config()
    for key, value in layer.items():
        if key not in ("layer", "kernel_initializer") and layer["layer"] != "ResidualBlock":
            expected = value if not isinstance(value, list) else tuple(value)
            assert config[key] in (expected, (expected, expected)), key


def test_an_outline_leaves_nothing_to_later_models():
    outline_model(network(FLATTEN, {"layer": "Dense", "units": 10**15}, LAST), (8, 8, 1), 3)
    assert build_model(network(FLATTEN, LAST), (2, 2, 1), 3).count_params() == 15


def test_classes_stands_for_the_number_of_classes():
    layers = [{"layer": "Conv2D", "filters": "classes", "kernel_size": 1}, {"layer": "GlobalMaxPooling2D"}]
    assert outline_model(network(*layers), (5, 5, 3), 7).output_shape == (None, 7)


def test_raw_pixels_go_in_and_are_scaled_to_0_to_1_inside():
    model = build_model(network(FLATTEN), (1, 3, 1), 3)
    assert model.inputs[0].dtype == "uint8"
    pixels = np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1)
    np.testing.assert_allclose(model(pixels), [[0.0, 0.2, 1.0]], atol=1e-7)
    assert model(pixels).dtype == "float32"


def test_names_are_numbered_by_kind_and_the_same_for_every_model():
    layers = network(
        {"layer": "Conv2D", "filters": 2, "kernel_size": 1},
        {"layer": "Conv2D", "filters": 2, "kernel_size": 1, "name": "conv2d_1"},
        {"layer": "Conv2D", "filters": 2, "kernel_size": 1},
        {"layer": "GlobalAveragePooling2D"},
        LAST,
    )
    names = ["images", "scaling", "conv2d", "conv2d_1", "conv2d_2", "global_average_pooling2d", "dense"]
    assert [layer.name for layer in outline_model(layers, (4, 4, 1), 2).layers] == names
    assert [layer.name for layer in outline_model(layers, (4, 4, 1), 2).layers] == names


@pytest.mark.parametrize(("filters", "strides", "has_skip"), [(2, 1, False), (3, 2, True)])
def test_a_residual_block_is_what_the_paper_says(filters, strides, has_skip):
    block = {"layer": "ResidualBlock", "filters": filters, "strides": strides, "name": "block"}
    model = build_model(network(block, {"layer": "GlobalAveragePooling2D"}), (6, 6, 2), filters)
    randomness = np.random.default_rng(0)
    for layer in model.layers:
        layer.set_weights([randomness.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    images = randomness.integers(0, 256, (2, 6, 6, 2), dtype=np.uint8)

    def normalised(values, part):
        scale, offset, mean, variance = model.get_layer(f"block_{part}_norm").get_weights()
        return (values - mean) / np.sqrt(variance + 0.001) * scale + offset

    def convolved(values, part, strides):
        (kernel,) = model.get_layer(f"block_{part}").get_weights()
        return normalised(convolution(values, kernel, strides), part)

    x = images / 255
    first = np.maximum(convolved(x, "first", strides), 0)
    added = convolved(first, "second", 1) + (convolved(x, "skip", strides) if has_skip else x)
    expected = np.maximum(added, 0).mean(axis=(1, 2))
    np.testing.assert_allclose(model(images), expected, rtol=1e-4)
    assert ("block_skip" in [layer.name for layer in model.layers]) == has_skip


def convolution(images, kernel, strides):
    """A convolution with padding "same" by its definition: an odd pixel of padding goes to the end."""
    side = kernel.shape[0]
    outputs = -(-images.shape[1] // strides)
    padding = max((outputs - 1) * strides + side - images.shape[1], 0)
    around = (padding // 2, padding - padding // 2)
    padded = np.pad(images, ((0, 0), around, around, (0, 0)))
    result = np.empty((len(images), outputs, outputs, kernel.shape[3]))
    for row, column in np.ndindex(outputs, outputs):
        top, left = row * strides, column * strides
        window = padded[:, top : top + side, left : left + side]
        result[:, row, column] = np.einsum("nhwc,hwcf->nf", window, kernel)
    return result


def test_images_that_are_too_small_for_a_convolution():
    pooling = {"layer": "MaxPooling2D", "pool_size": 4}
    convolution_layer = {"layer": "Conv2D", "filters": 2, "kernel_size": 3}
    assert error_for(pooling, convolution_layer) == (
        "network.1 (Conv2D): its window of 3×3 pixels is larger than the 2×2 that reach it. "
        'Take out a pooling before it, set its padding = "same", or use larger images.'
    )


def test_images_that_are_too_small_for_a_pooling():
    message = error_for({"layer": "MaxPooling2D", "pool_size": [2, 9]})
    assert message.startswith("network.0 (MaxPooling2D): its window of 2×9 pixels is larger than the 8×8 that")


def test_a_window_may_be_as_large_as_the_image():
    layers = network({"layer": "AveragePooling2D", "pool_size": 8}, FLATTEN, LAST)
    assert outline_model(layers, (8, 8, 1), 3).layers[2].output.shape == (None, 1, 1, 1)


def test_layers_for_images_after_flatten():
    message = error_for(FLATTEN, {"layer": "Conv2D", "filters": 2, "kernel_size": 3})
    assert message.startswith("network.1 (Conv2D) needs an image (height × width × channels) but gets 64 values")


def test_a_network_that_ends_in_the_wrong_shape():
    assert error_for(FLATTEN, LAST | {"units": 5}) == (
        "The network ends in 5 values for each image, but the data has 3 classes. "
        'End with { layer = "Dense", units = "classes", activation = "softmax" }.'
    )


def test_a_network_without_flatten():
    message = error_for(LAST)
    assert message.startswith("The network ends in 8×8×3 values for each image, but the data has 3 classes. Put {")
    assert '{ layer = "Flatten" }' in message


def test_what_keras_refuses_names_the_layer():
    uneven = {"layer": "Conv2D", "filters": 2, "kernel_size": 3, "strides": [1, 2]}
    message = error_for({"layer": "DepthwiseConv2D", "kernel_size": [1, 1], "name": "images"}, FLATTEN, LAST)
    assert message.startswith("The layers of the network do not make a model: ")
    assert outline_model(network(uneven, FLATTEN, LAST), (8, 8, 1), 3).output_shape == (None, 3)


def test_a_layer_that_no_memory_can_hold():
    with pytest.raises(RecipeError, match=r"network\.1 \(Dense\) cannot take an input of 64: .*memory"):
        build_model(network(FLATTEN, LAST | {"units": 10**15}), (8, 8, 1), 3)
