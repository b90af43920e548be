"""Keras layers as ONNX nodes.

Layers are recognised by their class and read through `get_config()` and their weights, without importing
Keras. Each function adds one layer to the graph: it gets the layer, the values that enter it and Keras's
shape of what leaves it (without the batch), and gives the value that leaves it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tenfold.classifier.onnx_activations import activate
from tenfold.classifier.onnx_graph import Graph, Value, to_channels_first, to_channels_last
from tenfold.errors import ModelError
from tenfold.keras_internals import is_keras

Shape = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]


def add_layer(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    """Add one layer.

    Raises:
        ModelError: The layer, or a setting of it, is none that recipes can use.
    """
    kind = type(layer).__name__
    # A class of somebody else that happens to be called Dense may do anything.
    if not is_keras(type(layer)) or kind not in LAYERS:
        raise ModelError(
            f"The layer {layer.name!r} is a {kind}, which the ONNX writer does not know. "
            f"It knows {', '.join(LAYERS)}, as Keras has them."
        )
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise ModelError(
            f"The layer {layer.name!r} has data_format={layer.data_format!r}; "
            'the ONNX writer knows "channels_last" only.'
        )
    return LAYERS[kind](graph, layer, inputs, shape)


def _rescaling(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    # One value for each channel broadcasts along the last axis, as it does in Keras.
    name = to_channels_last(graph, inputs[0]).name
    scale, offset = np.asarray(layer.scale), np.asarray(layer.offset)
    if np.any(scale != 1):
        name = graph.add("Mul", [name, graph.constant("scale", scale)])
    if np.any(offset != 0):
        name = graph.add("Add", [name, graph.constant("offset", offset)])
    return Value(name, shape)


def _flatten(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    # Dense layers expect the values in the order of Keras: row by row, the channels of a pixel together.
    height_width, channels = inputs[0].shape[:-1], inputs[0].shape[-1]
    same_order = channels == 1 or all(size == 1 for size in height_width)
    value = inputs[0] if same_order else to_channels_last(graph, inputs[0])
    return Value(graph.add("Flatten", [value.name], axis=1), shape)


def _dense(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    value = to_channels_last(graph, inputs[0])
    name = graph.add("MatMul", [value.name, graph.constant("kernel", layer.kernel)])
    if layer.bias is not None:
        name = graph.add("Add", [name, graph.constant("bias", layer.bias)])
    return activate(graph, layer.get_config()["activation"], Value(name, shape))


def _conv2d(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    kernel = np.asarray(layer.kernel).transpose(3, 2, 0, 1)
    groups = layer.get_config()["groups"]
    return _convolution(graph, layer, inputs[0], shape, kernel=kernel, groups=groups)


def _depthwise_conv2d(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    kernel = _depthwise_kernel(layer.kernel)
    return _convolution(graph, layer, inputs[0], shape, kernel=kernel, groups=inputs[0].shape[-1])


def _separable_conv2d(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    value = to_channels_first(graph, inputs[0])
    kernel = _depthwise_kernel(layer.depthwise_kernel)
    window = _window(layer.get_config(), kernel.shape[2:], value.shape)
    names = [value.name, graph.constant("depthwise_kernel", kernel)]
    depthwise = graph.add("Conv", names, group=value.shape[-1], **window)
    names = [
        depthwise,
        graph.constant("pointwise_kernel", np.asarray(layer.pointwise_kernel).transpose(3, 2, 0, 1)),
    ]
    if layer.bias is not None:
        names.append(graph.constant("bias", layer.bias))
    value = Value(graph.add("Conv", names), shape, channels_first=True)
    return activate(graph, layer.get_config()["activation"], value)


def _depthwise_kernel(kernel: Any) -> Array:
    """Keras's [height, width, channels, multiplier] as ONNX's [channels × multiplier, 1, height, width]."""
    array = np.asarray(kernel)
    return array.transpose(2, 3, 0, 1).reshape(-1, 1, *array.shape[:2])


def _convolution(graph: Graph, layer: Any, value: Value, shape: Shape, *, kernel: Array, groups: int) -> Value:
    value = to_channels_first(graph, value)
    config = layer.get_config()
    names = [value.name, graph.constant("kernel", kernel)]
    if layer.bias is not None:
        names.append(graph.constant("bias", layer.bias))
    name = graph.add("Conv", names, group=groups, **_window(config, kernel.shape[2:], value.shape))
    return activate(graph, config["activation"], Value(name, shape, channels_first=True))


def _pooling(operator: str, **attributes: int) -> "AddLayer":
    def add(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
        value = to_channels_first(graph, inputs[0])
        config = layer.get_config()
        window = _window(config, config["pool_size"], value.shape)
        del window["dilations"]
        return Value(graph.add(operator, [value.name], **window, **attributes), shape, channels_first=True)

    return add


def _window(config: dict[str, Any], size: Sequence[int], shape: Shape) -> dict[str, list[int]]:
    """A sliding window's attributes, with the padding in numbers.

    Keras's "same" gives ceil(size / stride) positions; if an odd number of rows or columns is missing, the
    bottom and the right get the larger part.
    """
    strides = list(config["strides"])
    dilations = list(config.get("dilation_rate", (1, 1)))
    begins, ends = [0, 0], [0, 0]
    if config["padding"] == "same":
        for axis in range(2):
            positions = -(-shape[axis] // strides[axis])
            reach = (positions - 1) * strides[axis] + (size[axis] - 1) * dilations[axis] + 1
            missing = max(reach - shape[axis], 0)
            begins[axis], ends[axis] = missing // 2, missing - missing // 2
    return {"kernel_shape": list(size), "strides": strides, "dilations": dilations, "pads": begins + ends}


def _global_pooling(operator: str) -> "AddLayer":
    def add(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
        pooled = graph.add(operator, [to_channels_first(graph, inputs[0]).name])
        if len(shape) == 3:  # keepdims
            return Value(pooled, shape, channels_first=True)
        return Value(graph.add("Flatten", [pooled], axis=1), shape)

    return add


def _batch_normalization(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    if layer.axis not in (-1, len(shape)):
        raise ModelError(
            f"The layer {layer.name!r} normalises axis {layer.axis}; the ONNX writer knows the last (-1) only."
        )
    value = to_channels_first(graph, inputs[0])
    names = [
        value.name,
        graph.constant("gamma", np.ones(shape[-1]) if layer.gamma is None else layer.gamma),
        graph.constant("beta", np.zeros(shape[-1]) if layer.beta is None else layer.beta),
        graph.constant("moving_mean", layer.moving_mean),
        graph.constant("moving_variance", layer.moving_variance),
    ]
    return Value(graph.add("BatchNormalization", names, epsilon=layer.epsilon), shape, value.channels_first)


def _activation(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    return activate(graph, layer.get_config()["activation"], inputs[0])


def _dropout(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    return inputs[0]


def _add(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    values = [to_channels_first(graph, value) for value in inputs]
    total = values[0].name
    for value in values[1:]:
        total = graph.add("Add", [total, value.name])
    return Value(total, shape, values[0].channels_first)


def _average(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    values = [to_channels_last(graph, value) for value in inputs]
    return Value(graph.add("Mean", [value.name for value in values]), shape)


def _cropping2d(graph: Graph, layer: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    (top, _), (left, _) = layer.cropping
    begins, ends = [top, left], [top + shape[0], left + shape[1]]
    return Value(_slice(graph, inputs[0], begins, ends, axes=[1, 2], steps=[1, 1]), shape)


def _flip(graph: Graph, operation: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    axes = [operation.axis] if isinstance(operation.axis, int) else list(operation.axis)
    begins, ends = [-1] * len(axes), [np.iinfo(np.int64).min] * len(axes)
    return Value(_slice(graph, inputs[0], begins, ends, axes=axes, steps=[-1] * len(axes)), shape)


def _slice(graph: Graph, value: Value, begins: list[int], ends: list[int], axes: list[int], steps: list[int]) -> str:
    numbers = {"begins": begins, "ends": ends, "axes": axes, "steps": steps}
    names = [graph.constant(what, values, np.int64) for what, values in numbers.items()]
    return graph.add("Slice", [to_channels_last(graph, value).name, *names])


def _pad(graph: Graph, operation: Any, inputs: Sequence[Value], shape: Shape) -> Value:
    if operation.mode != "edge":
        raise ModelError(f'The ONNX writer knows keras.ops.pad with mode="edge" only, not {operation.mode!r}.')
    begins, ends = zip(*operation.pad_width, strict=True)
    name = to_channels_last(graph, inputs[0]).name
    return Value(graph.add("Pad", [name, graph.constant("pads", begins + ends, np.int64)], mode="edge"), shape)


AddLayer = Callable[[Graph, Any, Sequence[Value], Shape], Value]

LAYERS: dict[str, AddLayer] = {
    "Rescaling": _rescaling,
    "Flatten": _flatten,
    "Dense": _dense,
    "Conv2D": _conv2d,
    "DepthwiseConv2D": _depthwise_conv2d,
    "SeparableConv2D": _separable_conv2d,
    "MaxPooling2D": _pooling("MaxPool"),
    "AveragePooling2D": _pooling("AveragePool", count_include_pad=0),
    "GlobalAveragePooling2D": _global_pooling("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global_pooling("GlobalMaxPool"),
    "BatchNormalization": _batch_normalization,
    "Activation": _activation,
    "Dropout": _dropout,
    "SpatialDropout2D": _dropout,
    "Add": _add,
    "Average": _average,
    "Cropping2D": _cropping2d,
    "Flip": _flip,
    "Pad": _pad,
}
"""Every Keras layer or operation that a recipe can lead to, by the name of its class."""
