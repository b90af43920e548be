"""The ONNX graph while it is being written: nodes, constants, and values that know their layout."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Value:
    """One tensor of the graph.

    Args:
        name: Its name in the graph.
        shape: Its shape in Keras, without the batch: (height, width, channels) or (values,).
        channels_first: Whether it lies as [n, channels, height, width], which ONNX's convolutions and
            poolings want, instead of Keras's [n, height, width, channels].
    """

    name: str
    shape: tuple[int, ...]
    channels_first: bool = False


@dataclass
class Graph:
    """Nodes and constants, in the order in which they were added.

    Names are made of `scope` (set for each layer) and what is added; none come from Keras, whose automatic
    names count all layers of a process, so that one network always gives the same bytes.
    """

    scope: str = ""
    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _known: dict[tuple[type, tuple[int, ...], bytes], str] = field(default_factory=dict)

    def add(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node and give the name of its only output."""
        name = self._fresh(operator)
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, what: str, values: Any, dtype: type = np.float32) -> str:
        """The name of a constant; one that is used again, as by a shared layer, is in the graph once."""
        array: np.ndarray[Any, Any] = np.ascontiguousarray(np.asarray(values, dtype=dtype))
        content = (dtype, array.shape, array.tobytes())
        if content not in self._known:
            self._known[content] = self._fresh(what)
            self.constants.append(numpy_helper.from_array(array, self._known[content]))
        return self._known[content]

    def rename(self, old: str, new: str) -> None:
        """Give a value another name wherever it is made or used."""
        for node in self.nodes:
            node.input[:] = [new if name == old else name for name in node.input]
            node.output[:] = [new if name == old else name for name in node.output]

    def _fresh(self, what: str) -> str:
        name, count = f"{self.scope}/{what}", 2
        while name in self._names:
            name, count = f"{self.scope}/{what}_{count}", count + 1
        self._names.add(name)
        return name


def to_channels_first(graph: Graph, value: Value) -> Value:
    """The value as [n, channels, height, width]; anything but an image stays as it is."""
    if value.channels_first or len(value.shape) != 3:
        return value
    return Value(graph.add("Transpose", [value.name], perm=[0, 3, 1, 2]), value.shape, channels_first=True)


def to_channels_last(graph: Graph, value: Value) -> Value:
    """The value as [n, height, width, channels], as Keras has it."""
    if not value.channels_first:
        return value
    return Value(graph.add("Transpose", [value.name], perm=[0, 2, 3, 1]), value.shape)
