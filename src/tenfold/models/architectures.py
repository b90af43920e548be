"""From the layers that a recipe lists to a stock Keras model."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tenfold.errors import RecipeError
from tenfold.keras_on_jax import keras
from tenfold.recipes.layers import AnyLayer, ResidualBlock

_NEED_IMAGES = (
    *("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D"),
    *("GlobalAveragePooling2D", "GlobalMaxPooling2D", "SpatialDropout2D", "ResidualBlock"),
)


def build_model(
    network: Sequence[AnyLayer], image_shape: tuple[int, int, int], classes: int, name: str | None = None
) -> Any:
    """Build a functional Keras model that takes raw pixels 0…255 and scales them to 0…1 itself.

    Layers without a name are numbered by kind as Keras does it (conv2d, conv2d_1, dense), but afresh for
    every model, so that a recipe gives the same names in every process.

    Args:
        network: Layers from input to output, as `Recipe.network` holds them.
        image_shape: Height, width and channels of the images, in pixels.
        classes: How many classes the data has; layers ask for it with "classes".
        name: The model's name.

    Returns:
        `keras.Model` of stock layers, uncompiled: uint8 [n, height, width, channels] → float32 [n, classes].

    Raises:
        RecipeError: The layers do not fit the images or one another, or do not end in one value a class.
    """
    inputs = keras.Input(image_shape, dtype="uint8", name="images")
    outputs = keras.layers.Rescaling(1 / 255, name="scaling")(inputs)
    for position, (layer, layer_name) in enumerate(zip(network, _names(network), strict=True)):
        where = f"network.{position} ({layer.layer})"
        _check_fit(layer, outputs, where)
        try:
            outputs = _apply(layer, layer_name, outputs, classes)
        except (ValueError, TypeError, OverflowError, MemoryError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise RecipeError(f"{where} cannot take an input of {_size(outputs)}: {reason}") from error
    if tuple(outputs.shape[1:]) != (classes,):
        raise RecipeError(_wrong_end(outputs, classes))
    try:
        return keras.Model(inputs, outputs, name=name)
    except ValueError as error:
        reason = str(error).strip().splitlines()[0]
        raise RecipeError(f"The layers of the network do not make a model: {reason}") from error


def outline_model(
    network: Sequence[AnyLayer], image_shape: tuple[int, int, int], classes: int, name: str | None = None
) -> Any:
    """The model of `build_model` without values in its weights: enough for shapes and counts, and immediate.

    Drawing initial weights takes seconds, since JAX compiles a program for each shape. This model can neither
    predict nor train. Arguments and errors are those of `build_model`.
    """

    def outline() -> Any:
        with keras.StatelessScope(initialize_variables=False):
            return build_model(network, image_shape, classes, name)

    # Keras lists, thread by thread, the weights that still wait for values, and would draw them all with the
    # next model that is built. The list of a thread of its own is forgotten with it.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(outline).result()


def _names(network: Sequence[AnyLayer]) -> Iterator[str]:
    taken = {layer.name for layer in network}
    counts: dict[str, int] = {}
    for layer in network:
        kind = re.sub("(?<=[a-z])(?=[A-Z])", "_", layer.layer).lower().removesuffix("_block")
        name = layer.name
        while name is None or (layer.name is None and name in taken):
            number = counts.get(kind, 0)
            name = f"{kind}_{number}" if number else kind
            counts[kind] = number + 1
        yield name


def _check_fit(layer: AnyLayer, inputs: Any, where: str) -> None:
    """Refuse, in the recipe's words, what Keras would refuse in terms of its own."""
    if layer.layer not in _NEED_IMAGES:
        return
    if len(inputs.shape) != 4:
        raise RecipeError(
            f"{where} needs an image (height × width × channels) but gets {_size(inputs)} values in a row. "
            "Move it before Flatten or global pooling."
        )
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", 1))
    window = (window, window) if isinstance(window, int) else window
    if getattr(layer, "padding", "same") == "valid" and any(
        size < side for size, side in zip(inputs.shape[1:3], window, strict=True)
    ):
        raise RecipeError(
            f"{where}: its window of {window[0]}×{window[1]} pixels is larger than the "
            f"{inputs.shape[1]}×{inputs.shape[2]} that reach it. "
            'Take out a pooling before it, set its padding = "same", or use larger images.'
        )


def _wrong_end(outputs: Any, classes: int) -> str:
    message = f"The network ends in {_size(outputs)} values for each image, but the data has {classes} classes. "
    if len(outputs.shape) > 2:
        message += 'Put { layer = "Flatten" } or { layer = "GlobalAveragePooling2D" } before the last layer, '
        message += "and end "
    else:
        message += "End "
    return f'{message}with {{ layer = "Dense", units = "classes", activation = "softmax" }}.'


def _size(tensor: Any) -> str:
    return "×".join(str(size) for size in tensor.shape[1:])


def _apply(layer: AnyLayer, name: str, inputs: Any, classes: int) -> Any:
    if isinstance(layer, ResidualBlock):
        return _residual_block(layer, name, inputs)
    arguments = layer.model_dump(exclude={"layer", "name"}, exclude_none=True)
    for key in ("units", "filters"):
        if arguments.get(key) == "classes":
            arguments[key] = classes
    return getattr(keras.layers, layer.layer)(**arguments, name=name)(inputs)


def _residual_block(block: ResidualBlock, name: str, inputs: Any) -> Any:
    layers = keras.layers

    def convolution(part: str, tensor: Any, kernel_size: int, strides: int) -> Any:
        # A bias would be taken out again by the normalisation that follows.
        tensor = layers.Conv2D(
            block.filters,
            kernel_size,
            strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_{part}",
        )(tensor)
        return layers.BatchNormalization(name=f"{name}_{part}_norm")(tensor)

    outputs = convolution("first", inputs, 3, block.strides)
    outputs = convolution("second", layers.Activation("relu", name=f"{name}_first_relu")(outputs), 3, 1)
    if block.strides != 1 or inputs.shape[-1] != block.filters:
        inputs = convolution("skip", inputs, 1, block.strides)
    return layers.Activation("relu", name=f"{name}_relu")(layers.Add(name=f"{name}_add")([outputs, inputs]))
