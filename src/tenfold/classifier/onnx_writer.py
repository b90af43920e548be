"""A trained Keras model as one ONNX file: raw uint8 pixels in, probabilities out.

The file runs in ONNX Runtime and its kin without Keras: opset 17, IR version 8 (of 2022), so that runtimes on
phones and in browsers take it too. Its graph:

    images          uint8 [n, height, width, channels], 0…255, any n
    probabilities   float32 [n, classes], each row sums to 1
    score           float32 [n], optional: how far from all that it was trained on, see `onnx_score`

All scaling is inside, and so is the inversion of images that are plainly negatives of the training images. A network
that ends in softmax is written as it is; one that ends in plain values (logits) gets a softmax at its end.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
from onnx import helper

from tenfold.classifier.distance import ClassDistance
from tenfold.classifier.metadata import Metadata
from tenfold.classifier.onnx_activations import activate
from tenfold.classifier.onnx_graph import Graph, Value
from tenfold.classifier.onnx_layers import add_layer
from tenfold.classifier.onnx_polarity import add_inversion
from tenfold.classifier.onnx_score import add_score
from tenfold.errors import ModelError
from tenfold.files import atomic_path
from tenfold.keras_internals import call_behind, calls_in, graph_of

OPSET_VERSION = 17
IR_VERSION = 8

_KEEPS_ROWS_SUMMING_TO_ONE = ("Dropout", "SpatialDropout2D", "GlobalAveragePooling2D", "AveragePooling2D", "Average")


def write_onnx(
    model: Any, path: Path, metadata: Metadata, distances: Mapping[str, ClassDistance] | None = None
) -> None:
    """Write a Keras model as an ONNX file; the same model and metadata give the same bytes.

    Args:
        model: As for `onnx_network`.
        path: Where to write; an existing file is replaced once the new one is complete.
        metadata: What the file says about itself.
        distances: As for `complete_onnx`.

    Raises:
        ModelError: As `onnx_network`.
    """
    content = complete_onnx(onnx_network(model, metadata), metadata, distances)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def onnx_network(model: Any, metadata: Metadata) -> onnx.ModelProto:
    """Translate a Keras model to an ONNX graph from images to probabilities.

    Args:
        model: A built `keras.Model` (functional or Sequential) of the layers that recipes can use, from raw
            pixels 0…255 [n, height, width, channels] to [n, classes].
        metadata: Image shape, class names and polarity.

    Raises:
        ModelError: A layer that the writer does not know, shapes that differ from the metadata, or an end
            that gives no probabilities.
    """
    functional = _functional(model)
    _check_shapes(functional, metadata)
    graph = Graph(scope="images")
    pixels = graph.add("Cast", ["images"], to=onnx.TensorProto.FLOAT)
    if metadata.polarity != "none" and metadata.inverts_negatives:
        pixels = add_inversion(graph, pixels, metadata.image_shape, metadata.polarity)
    images = Value(pixels, metadata.image_shape)
    outputs = _add_network(graph, functional, images, prefix="")
    graph.scope = "probabilities"
    if _final_activation(functional.outputs[0]) == "linear":
        outputs = activate(graph, "softmax", outputs)
    graph.rename(outputs.name, "probabilities")
    return _model_proto(graph, metadata)


def complete_onnx(
    network: onnx.ModelProto, metadata: Metadata, distances: Mapping[str, ClassDistance] | None = None
) -> bytes:
    """Add what calibration found to a network; gives the content of its file, checked by `onnx.checker`.

    Args:
        network: What `onnx_network` gave; it is changed.
        metadata: What the file says about itself.
        distances: What the output `score` measures, by the names of `hidden_values`; without them there is none.
    """
    if distances:
        add_score(network, distances)
    onnx.checker.check_model(network, full_check=True)
    return described_onnx(network, metadata)


def described_onnx(network: onnx.ModelProto, metadata: Metadata) -> bytes:
    """The content of a network's file with this description of itself."""
    helper.set_model_props(network, metadata.to_properties())
    content: bytes = network.SerializeToString(deterministic=True)
    return content


def _functional(model: Any) -> Any:
    """The model as a graph of layers."""
    functional = graph_of(model)
    if functional is None:
        raise ModelError(
            f"{type(model).__name__} {model.name!r} is not built from layers with a known input: "
            "use a functional model, or a Sequential that begins with keras.Input."
        )
    return functional


def _check_shapes(functional: Any, metadata: Metadata) -> None:
    found = [tuple(tensor.shape[1:]) for tensor in (*functional.inputs, *functional.outputs)]
    expected = [metadata.image_shape, (len(metadata.class_names),)]
    if found != expected:
        raise ModelError(
            f"The model goes {_arrow(found)}, without the batch; expected images {_arrow(expected)} classes, "
            "as the metadata has it. Give a model with one image as input and one value for each class as "
            "output."
        )


def _arrow(shapes: list[tuple[int, ...]]) -> str:
    return " → ".join("×".join(str(size) for size in shape) for shape in shapes)


def _add_network(graph: Graph, functional: Any, images: Value, prefix: str) -> Value:
    values = {id(functional.inputs[0]): images}
    for position, call in enumerate(calls_in(functional), start=1):
        layer, outputs = call.operation, call.outputs
        scope = f"{prefix}{position}_{type(layer).__name__}"
        inputs = [values[id(tensor)] for tensor in call.inputs]
        if inner := graph_of(layer):
            values[id(outputs[0])] = _add_network(graph, inner, inputs[0], prefix=f"{scope}/")
        else:
            graph.scope = scope
            values[id(outputs[0])] = add_layer(graph, layer, inputs, tuple(outputs[0].shape[1:]))
    return values[id(functional.outputs[0])]


def _final_activation(tensor: Any) -> str:
    """The activation that the outputs went through last: "softmax" or "linear".

    Raises:
        ModelError: It is another one, whose values are no probabilities.
    """
    layer, before, *_ = call_behind(tensor)
    if inner := graph_of(layer):
        return _final_activation(inner.outputs[0])
    activation = layer.get_config().get("activation")
    if activation == "softmax":
        return "softmax"
    if activation not in (None, "linear"):
        raise ModelError(
            f"The network ends in {activation} ({layer.name}), whose values are no probabilities. "
            'End it with activation = "softmax".'
        )
    if not _keeps_distribution(layer, before):
        return "linear"
    ends = {_final_activation(value) for value in before}
    if len(ends) > 1:
        raise ModelError(f"{layer.name} averages probabilities with other values. End all that it averages in softmax.")
    return ends.pop()


def _keeps_distribution(layer: Any, inputs: list[Any]) -> bool:
    kind = type(layer).__name__
    if kind == "Flatten":
        return all(size == 1 for size in inputs[0].shape[1:-1])
    return kind in (*_KEEPS_ROWS_SUMMING_TO_ONE, "Activation")


def _model_proto(graph: Graph, metadata: Metadata) -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", onnx.TensorProto.UINT8, ["n", *metadata.image_shape])
    probabilities = helper.make_tensor_value_info(
        "probabilities", onnx.TensorProto.FLOAT, ["n", len(metadata.class_names)]
    )
    return helper.make_model(
        helper.make_graph(graph.nodes, "tenfold", [images], [probabilities], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET_VERSION)],
        ir_version=IR_VERSION,
        producer_name="tenfold",
        producer_version=metadata.tenfold_version,
    )
