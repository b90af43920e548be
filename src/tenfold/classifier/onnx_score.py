"""A second output beside the probabilities: how far an image lies from everything that the network was trained on.

    score   float32 [n], higher is farther; above `rejection_threshold` of the metadata, an image is none of the classes

The score is a distance plus -log of the largest probability. The distance is the mean of the `ClassDistance`s of what
enters the last two dense layers, and of what enters the last three convolutions or global poolings: of these, each
channel's mean and standard deviation over all positions. Of a mean of several networks or of moved copies, the first
network's layers are taken, for the image as it is; the probability is that of the mean.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper

from tenfold.classifier.distance import TINY, ClassDistance, Values
from tenfold.classifier.onnx_graph import Graph
from tenfold.onnx_runtime import onnxruntime
from tenfold.types import Images, Probabilities, Scores

MAX_WIDTH = 2048
"""Wider layers take no part: their covariance would take seconds, and megabytes of the file."""

_DENSE_LAYERS, _MAPS = 2, 3
_TAKE_MAPS = ("Conv", "GlobalAveragePool", "GlobalMaxPool")
_IMAGES_AT_ONCE = 256


def hidden_values(proto: onnx.ModelProto, images: Images) -> tuple[Probabilities, dict[str, Values]]:
    """What a network makes of images: probabilities, and what enters its layers.

    Args:
        proto: The network, as the ONNX writer makes it.
        images: uint8 [n, height, width, channels], n at least 1.

    Returns:
        float32 [n, classes], and by the names of the values in the graph float32 [n, values].
    """
    wider = onnx.ModelProto()
    wider.CopyFrom(proto)
    dense, maps = _layer_inputs(proto)
    names = ["probabilities", *dense, *_add_statistics(wider, maps)]
    wider.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names[1:])
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # NumPy's products need the cores next
    session = onnxruntime.InferenceSession(wider.SerializeToString(), options, providers=["CPUExecutionProvider"])
    starts = range(0, len(images), _IMAGES_AT_ONCE)
    parts = [session.run(names, {"images": images[start : start + _IMAGES_AT_ONCE]}) for start in starts]
    values = {name: np.concatenate(columns) for name, columns in zip(names, zip(*parts, strict=True), strict=True)}
    probabilities = values.pop("probabilities")
    return probabilities, {
        name: value for name, value in values.items() if value.ndim == 2 and value.shape[1] <= MAX_WIDTH
    }


def strangeness(
    probabilities: Probabilities, values: Mapping[str, Values], distances: Mapping[str, ClassDistance]
) -> Scores:
    """The score of images, float32 [n], from what `hidden_values` gave for them."""
    surprise = -np.log(probabilities.max(axis=1))
    distance = sum(one(values[name]) for name, one in distances.items()) / np.float32(len(distances))
    return np.asarray(distance + surprise, np.float32)


def add_score(proto: onnx.ModelProto, distances: Mapping[str, ClassDistance]) -> None:
    """Add the output `score` to a network.

    Args:
        proto: The network; it is changed.
        distances: By the name of the value that they measure, as `hidden_values` has it.
    """
    _add_statistics(proto, _layer_inputs(proto)[1])
    graph = Graph(scope="score")
    scores = [_distance(graph, name, distance, len(distances)) for name, distance in distances.items()]
    total = scores[0]
    for score in scores[1:]:
        total = graph.add("Add", [total, score])
    certainty = graph.add("Log", [graph.add("ReduceMax", ["probabilities"], axes=[1], keepdims=0)])
    graph.rename(graph.add("Sub", [total, certainty]), "score")
    proto.graph.node.extend(graph.nodes)
    proto.graph.initializer.extend(graph.constants)
    proto.graph.output.append(helper.make_tensor_value_info("score", onnx.TensorProto.FLOAT, ["n"]))


def _layer_inputs(proto: onnx.ModelProto) -> tuple[list[str], list[str]]:
    """What enters the last dense layers, and the maps that enter other layers but never the image; the last first."""
    made_by = {name: node for node in proto.graph.node for name in node.output}
    value, dense, maps = "probabilities", list[str](), list[str]()
    while value in made_by:
        node = made_by[value]
        value = node.input[0]
        if node.op_type == "MatMul":
            dense.append(value)
        elif node.op_type in _TAKE_MAPS:
            maps.append(value)
    # The image itself enters the first.
    return dense[:_DENSE_LAYERS], maps[:-1][:_MAPS]


def _add_statistics(proto: onnx.ModelProto, maps: list[str]) -> list[str]:
    """Add the channels' means and standard deviations of each map, unless a score has brought them; their names."""
    known = {node.name for node in proto.graph.node}
    graph = Graph(scope="statistics")
    names = [_statistics(graph, name) for name in maps]
    proto.graph.node.extend(node for node in graph.nodes if node.name not in known)
    return names


def _statistics(graph: Graph, maps: str) -> str:
    """[n, channels, height, width] → [n, 2 channels]: √(mean x² - (mean x)²) beside the mean."""
    mean = graph.add("Flatten", [graph.add("GlobalAveragePool", [maps])])
    squares = graph.add("Flatten", [graph.add("GlobalAveragePool", [graph.add("Mul", [maps, maps])])])
    variance = graph.add("Sub", [squares, graph.add("Mul", [mean, mean])])
    deviation = graph.add("Sqrt", [graph.add("Relu", [variance])])  # rounding may leave less than 0
    return graph.add("Concat", [mean, deviation], axis=1)


def _distance(graph: Graph, value: str, distance: ClassDistance, count: int) -> str:
    """`ClassDistance.__call__` as nodes, divided by the number of layers."""

    def square_sum(name: str) -> str:
        return graph.add("ReduceSum", [graph.add("Mul", [name, name]), graph.constant("axes", [1], np.int64)])

    def add(name: str, what: str, number: Any) -> str:
        return graph.add("Add", [name, graph.constant(what, number)])

    def multiply(name: str, what: str, number: Any) -> str:
        return graph.add("Mul", [name, graph.constant(what, number)])

    length = graph.add("Sqrt", [add(square_sum(value), "tiny", TINY)])
    e = add(graph.add("Div", [value, length]), "minus_centre", -distance.centre)
    along = graph.add("MatMul", [e, graph.constant("basis", distance.basis)])
    to_classes = add(graph.add("MatMul", [e, graph.constant("slopes", distance.slopes)]), "offsets", distance.offsets)
    to_classes = graph.add("Add", [to_classes, multiply(square_sum(e), "one_over_rest", 1 / distance.rest)])
    to_classes = graph.add("Add", [to_classes, multiply(square_sum(along), "minus_one", -1.0)])
    nearest = graph.add("ReduceMin", [to_classes], axes=[1], keepdims=0)
    distances = graph.add("Sqrt", [graph.add("Relu", [nearest])])
    scale = distance.scale * count
    return add(multiply(distances, "one_over_scale", 1 / scale), "minus_location", -distance.location / scale)
