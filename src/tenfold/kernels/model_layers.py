"""The layers of a Keras model, and which of them reads whose output."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tenfold.keras_on_jax import keras


def all_layers(model: Any) -> Iterator[Any]:
    """The layers of a model and of the models within."""
    # What a layer of the user's own calls its `layers` may be anything.
    if isinstance(model, keras.Model):
        for layer in model.layers:
            yield layer
            yield from all_layers(layer)


def is_stock(model: Any, method: str) -> bool:
    """Whether a model's method is Keras's, and not its own."""
    module: str = getattr(model, method).__module__
    return module.startswith("keras.")


def everything_in(model: Any) -> Iterator[Any]:
    """The layers of a model, those that they hold, and the operations between layers, such as `keras.ops.reshape`."""
    yield from model._flatten_layers(include_self=False)
    for graph in _graphs(model):
        for node in _nodes(graph):
            yield node.operation


def calls_in_training_mode(model: Any) -> bool:
    """Whether a graph fixes `training=True` for a layer, so that it trains in evaluation, too."""
    return any(node.arguments.kwargs.get("training") for graph in _graphs(model) for node in _nodes(graph))


def followers(model: Any) -> dict[Any, Any]:
    """The layers whose output goes to one place only, and the layer there. Both are called once, and nowhere else.

    A model with a step or a `compute_loss` of its own may look at any layer's output there: it has none of them.
    """
    if not all(is_stock(model, method) for method in ("train_step", "test_step", "compute_loss", "__call__")):
        return {}
    graphs = _graphs(model)
    calls = Counter(operation for graph in graphs for operation in _called(graph))
    pairs = (pair for graph in graphs for pair in _readers(graph))
    return {layer: reader for layer, reader in pairs if calls[layer] == calls[reader] == 1}


def _graphs(model: Any) -> list[Any]:
    """The graphs that Keras itself walks when a model is called: its own, and those of the models in it.

    A model with a `call` of its own may call the layers of the models that it holds one by one, and look at each
    output.
    """
    graphs: list[Any] = []
    waiting = [model]
    while waiting:
        graph = waiting.pop()
        graph = getattr(graph, "_functional", None) or graph if _is_walked(graph) else None
        if graph is not None and graph not in graphs:
            graphs.append(graph)
            waiting += [node.operation for node in _nodes(graph)]
    return graphs


def _is_walked(operation: Any) -> bool:
    call = getattr(type(operation), "call", None)
    return getattr(call, "__qualname__", None) in ("Functional.call", "Sequential.call")


def _nodes(graph: Any) -> list[Any]:
    """The calls in a graph; none if a model has not been built yet."""
    by_depth = getattr(graph, "_nodes_by_depth", {})
    return [node for level in by_depth.values() for node in level if not node.is_input]


def _called(graph: Any) -> Iterator[Any]:
    """The operation of each call, and all layers that an operation holds which calls them in its own way."""
    for node in _nodes(graph):
        yield node.operation
        if isinstance(node.operation, keras.Layer) and not _is_walked(node.operation):
            yield from node.operation._flatten_layers(include_self=False)


def _readers(graph: Any) -> Iterator[tuple[Any, Any]]:
    """Each operation whose output one other alone reads, and that one."""
    nodes, outputs = _nodes(graph), {id(tensor) for tensor in getattr(graph, "outputs", ())}
    readers: dict[int, list[Any]] = {}
    for node in nodes:
        for tensor in node.input_tensors:
            readers.setdefault(id(tensor), []).append(node.operation)
    for node in nodes:
        reading = [operation for tensor in node.outputs for operation in readers.get(id(tensor), [])]
        if len(reading) == 1 and not outputs & set(map(id, node.outputs)):
            yield node.operation, reading[0]
