"""How the parameters of each layer come about, and how many multiplications a prediction takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tenfold.errors import ModelError

_WITHOUT_WEIGHTS = "–"


@dataclass(frozen=True)
class LayerArithmetic:
    """The numbers of one layer.

    Args:
        name: The layer's name within the model.
        kind: Keras's name for the layer, such as "Conv2D".
        output_shape: Of one image, without the batch.
        parameters: All values of the layer's weights, learned or not.
        arithmetic: The number of parameters in words, "32 × (3×3×1 + 1) = 320"; "–" for a layer without any.
        multiply_adds: Multiplications, each with its addition, for one image; see `multiply_adds`.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    arithmetic: str
    multiply_adds: int


def layer_arithmetic(model: Any) -> list[LayerArithmetic]:
    """The numbers of every layer of a built Keras model, in the model's order, without its input layer.

    Raises:
        ModelError: A layer has weights and is of a kind that recipes cannot name.
    """
    return [
        LayerArithmetic(
            name=layer.name,
            kind=type(layer).__name__,
            output_shape=tuple(layer.output.shape[1:]),
            parameters=layer.count_params(),
            arithmetic=parameter_arithmetic(layer),
            multiply_adds=multiply_adds(layer),
        )
        for layer in model.layers
        if type(layer).__name__ != "InputLayer"
    ]


def parameter_arithmetic(layer: Any) -> str:
    """How the number of parameters of a built Keras layer comes about.

    A convolution has filters × (height×width×channels of its window + 1 for the bias), a dense layer
    inputs × outputs + outputs for the biases. A normalisation has up to four values for each channel: mean
    and variance are measured, offset and scale are learned.

    Returns:
        Such as "32 × (3×3×1 + 1) = 320", "784 × 128 + 128 = 100,480" or "4 × 32 = 128, of which 64 are
        learned"; "–" for a layer without weights.

    Raises:
        ModelError: The layer has weights and is of a kind that recipes cannot name.
    """
    if not layer.weights:
        return _WITHOUT_WEIGHTS
    kind, shapes = type(layer).__name__, [tuple(weight.shape) for weight in layer.weights]
    total = f"{layer.count_params():,}"
    match kind:
        case "Conv2D":
            return f"{_per_filter(f'{shapes[0][3]:,}', shapes[0][:3], layer.use_bias)} = {total}"
        case "DepthwiseConv2D":
            return f"{_per_filter(_filters(shapes[0]), shapes[0][:2], layer.use_bias)} = {total}"
        case "SeparableConv2D":
            depthwise = _per_filter(_filters(shapes[0]), shapes[0][:2], bias=False)
            return f"{depthwise} + {_per_filter(f'{shapes[1][3]:,}', shapes[1][2:3], layer.use_bias)} = {total}"
        case "Dense":
            inputs, units = shapes[0]
            return f"{inputs:,} × {units:,}{f' + {units:,}' if layer.use_bias else ''} = {total}"
        case "BatchNormalization":
            learned = sum(math.prod(weight.shape) for weight in layer.trainable_weights)
            return f"{len(shapes)} × {shapes[0][0]:,} = {total}, of which {learned:,} are learned"
        case _:
            raise _unknown(layer)


def multiply_adds(layer: Any) -> int:
    """Multiplications, each with the addition that follows it, that a built Keras layer does for one image.

    Counted are the products of inputs with kernels: for a convolution output height × output width × the
    size of its kernel, for a dense layer inputs × outputs. Positions in the padding count like any other.
    Biases, activations, pooling, scaling and normalisation are left out, as is usual: they grow with the
    number of values, not of products. One multiply-add is two floating-point operations.

    Raises:
        ModelError: The layer has weights and is of a kind that recipes cannot name.
    """
    if not layer.weights or type(layer).__name__ == "BatchNormalization":
        return 0
    if type(layer).__name__ not in ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense"):
        raise _unknown(layer)
    kernels = [weight.shape for weight in layer.weights if len(weight.shape) > 1]
    positions = math.prod(layer.output.shape[1:-1])
    return int(positions * sum(math.prod(kernel) for kernel in kernels))


def _per_filter(filters: str, window: Sequence[int], bias: bool) -> str:
    product = "×".join(f"{side:,}" for side in window)
    return f"{filters} × ({product} + 1)" if bias else f"{filters} × {product}"


def _filters(kernel: tuple[int, ...]) -> str:
    channels, multiplier = kernel[2:]
    return f"{channels:,} × {multiplier}" if multiplier > 1 else f"{channels:,}"


def _unknown(layer: Any) -> ModelError:
    return ModelError(
        f"The layer {layer.name!r} is a {type(layer).__name__}; its parameters cannot be explained. "
        "Expected layers that recipes can name, such as Dense or Conv2D."
    )
