import pytest
from pydantic import TypeAdapter

from tenfold.errors import ModelError
from tenfold.keras_on_jax import keras
from tenfold.models.architectures import outline_model
from tenfold.models.arithmetic import layer_arithmetic, multiply_adds, parameter_arithmetic
from tenfold.recipes.layers import AnyLayer
from tenfold.recipes.recipe import load_recipe, recipe_names

NETWORK = TypeAdapter(tuple[AnyLayer, ...])


def built(layer, *input_shape):
    """The layer with its weights, all of them 0, which takes no time."""
    for key in dir(layer):
        if key.endswith(("kernel_initializer", "depthwise_initializer", "pointwise_initializer")):
            setattr(layer, key, keras.initializers.Zeros())
    layer(keras.Input(input_shape))
    return layer


def value_of(arithmetic):
    """What the text before the first "=" comes to."""
    return eval(arithmetic.split("=")[0].replace("×", "*").replace(",", ""))


@pytest.mark.parametrize(
    ("layer", "input_shape", "arithmetic", "products"),
    [
        # Outputs × the values of the kernel: 26×26 × 3×3×1×32.
        (keras.layers.Conv2D(32, 3), (28, 28, 1), "32 × (3×3×1 + 1) = 320", 194_688),
        (keras.layers.Conv2D(64, 3, use_bias=False), (13, 13, 32), "64 × 3×3×32 = 18,432", 2_230_272),
        # Padding "same" with strides of 2: 4×3 outputs of 8×5 × 3×2×3×4.
        (
            keras.layers.Conv2D(4, (3, 2), strides=2, padding="same"),
            (8, 5, 3),
            "4 × (3×2×3 + 1) = 76",
            12 * 72,
        ),
        (keras.layers.Dense(128), (784,), "784 × 128 + 128 = 100,480", 100_352),
        (keras.layers.Dense(10, use_bias=False), (1152,), "1,152 × 10 = 11,520", 11_520),
        (keras.layers.Dense(5), (4, 3, 2), "2 × 5 + 5 = 15", 4 * 3 * 2 * 5),
        (keras.layers.DepthwiseConv2D(3), (13, 13, 32), "32 × (3×3 + 1) = 320", 11 * 11 * 9 * 32),
        (
            keras.layers.DepthwiseConv2D(3, depth_multiplier=2),
            (5, 5, 8),
            "8 × 2 × (3×3 + 1) = 160",
            9 * 9 * 16,
        ),
        (keras.layers.DepthwiseConv2D(2, use_bias=False), (5, 5, 8), "8 × 2×2 = 32", 16 * 4 * 8),
        (
            keras.layers.SeparableConv2D(64, 3),
            (13, 13, 32),
            "32 × 3×3 + 64 × (32 + 1) = 2,400",
            11 * 11 * (9 * 32 + 32 * 64),
        ),
        (
            keras.layers.SeparableConv2D(6, (3, 1), use_bias=False),
            (5, 5, 4),
            "4 × 3×1 + 6 × 4 = 36",
            3 * 5 * (12 + 24),
        ),
        (keras.layers.BatchNormalization(), (8, 8, 32), "4 × 32 = 128, of which 64 are learned", 0),
        (keras.layers.BatchNormalization(scale=False), (7,), "3 × 7 = 21, of which 7 are learned", 0),
        (
            keras.layers.BatchNormalization(scale=False, center=False),
            (2000,),
            "2 × 2,000 = 4,000, of which 0 are learned",
            0,
        ),
        (keras.layers.Flatten(), (8, 8, 3), "–", 0),
        (keras.layers.Dropout(0.5), (8,), "–", 0),
        (keras.layers.MaxPooling2D(2), (8, 8, 3), "–", 0),
    ],
)
def test_parameters_and_multiply_adds_by_hand(layer, input_shape, arithmetic, products):
    built(layer, *input_shape)
    assert parameter_arithmetic(layer) == arithmetic
    assert multiply_adds(layer) == products
    if arithmetic != "–":
        assert value_of(arithmetic) == layer.count_params()
        assert f"= {layer.count_params():,}" in arithmetic


def test_the_numbers_of_a_whole_model():
    layers = layer_arithmetic(outline_model(load_recipe("cnn-32-64-128").network, (28, 28, 1), 10))
    assert [(one.name, one.kind, one.output_shape, one.parameters) for one in layers] == [
        ("scaling", "Rescaling", (28, 28, 1), 0),
        ("conv2d", "Conv2D", (26, 26, 32), 320),
        ("max_pooling2d", "MaxPooling2D", (13, 13, 32), 0),
        ("conv2d_1", "Conv2D", (11, 11, 64), 18_496),
        ("max_pooling2d_1", "MaxPooling2D", (5, 5, 64), 0),
        ("conv2d_2", "Conv2D", (3, 3, 128), 73_856),
        ("flatten", "Flatten", (1152,), 0),
        ("dense", "Dense", (10,), 11_530),
    ]
    # 26·26·288 + 11·11·18,432 + 3·3·73,728 + 1,152·10
    assert sum(one.multiply_adds for one in layers) == 194_688 + 2_230_272 + 663_552 + 11_520


@pytest.mark.parametrize("name", recipe_names())
def test_the_arithmetic_of_every_named_recipe_adds_up(name):
    model = outline_model(load_recipe(name).network, (28, 28, 1), 10)
    layers = layer_arithmetic(model)
    assert sum(one.parameters for one in layers) == model.count_params()
    assert all(value_of(one.arithmetic) == one.parameters for one in layers if one.parameters)


def test_a_residual_block_is_explained_layer_by_layer():
    network = NETWORK.validate_python(
        [{"layer": "ResidualBlock", "filters": 8, "strides": 2}, {"layer": "GlobalAveragePooling2D"}]
    )
    numbers = {one.name: one for one in layer_arithmetic(outline_model(network, (6, 6, 2), 8))}
    assert numbers["residual_first"].arithmetic == "8 × 3×3×2 = 144"
    assert numbers["residual_first"].multiply_adds == 3 * 3 * 144
    assert numbers["residual_skip"].arithmetic == "8 × 1×1×2 = 16"
    assert numbers["residual_add"].output_shape == (3, 3, 8)


def test_a_layer_that_recipes_cannot_name_is_not_guessed():
    layer = built(keras.layers.LayerNormalization(name="odd"), 4, 4, 2)
    with pytest.raises(ModelError, match="The layer 'odd' is a LayerNormalization; its parameters cannot be"):
        parameter_arithmetic(layer)
    with pytest.raises(ModelError, match="'odd'"):
        multiply_adds(layer)
