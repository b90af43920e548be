"""Keras's activations as ONNX nodes."""

import math
from typing import Any

from tenfold.classifier.onnx_graph import Graph, Value
from tenfold.errors import ModelError

_SINGLE_NODES: dict[str, tuple[str, dict[str, float]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "elu": ("Elu", {"alpha": 1.0}),
    # Klambauer et al., arXiv 1706.02515; ONNX's defaults are the same numbers, cut to float32.
    "selu": ("Selu", {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}),
    "softplus": ("Softplus", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
}

ACTIVATIONS = ("linear", *_SINGLE_NODES, "silu", "gelu", "softmax")
"""The names that `activate` knows, as Keras's configurations give them."""


def activate(graph: Graph, activation: Any, value: Value) -> Value:
    """Apply an activation, with Keras's default parameters, to a value of either layout.

    Args:
        graph: Where the nodes go.
        activation: Its name, as a layer's `get_config()` gives it; None is "linear".
        value: What it is applied to.

    Raises:
        ModelError: It is none of `ACTIVATIONS`.
    """
    if activation in (None, "linear"):
        return value
    name = value.name
    if activation in _SINGLE_NODES:
        operator, attributes = _SINGLE_NODES[activation]
        name = graph.add(operator, [name], **attributes)
    elif activation == "softmax":
        name = graph.add("Softmax", [name], axis=1 if value.channels_first else -1)
    elif activation == "silu":
        name = graph.add("Mul", [name, graph.add("Sigmoid", [name])])
    elif activation == "gelu":
        name = _gelu(graph, name)
    else:
        raise ModelError(
            f"{graph.scope} has the activation {activation!r}, which the ONNX writer does not know. "
            f"It knows {', '.join(ACTIVATIONS)}."
        )
    return Value(name, value.shape, value.channels_first)


def _gelu(graph: Graph, name: str) -> str:
    """Compute x · Φ(x) = 0.5 x (1 + erf(x / √2)); ONNX has it as one operator only from opset 20 on."""
    scaled = graph.add("Mul", [name, graph.constant("one_over_root_two", 1 / math.sqrt(2))])
    shifted = graph.add("Add", [graph.add("Erf", [scaled]), graph.constant("one", 1.0)])
    return graph.add("Mul", [graph.add("Mul", [name, shifted]), graph.constant("half", 0.5)])
