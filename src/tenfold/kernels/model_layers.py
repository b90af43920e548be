"""The layers of a Keras model, and which of them reads whose output."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tenfold.keras_internals import calls_in, calls_its_graph, graph_of, is_keras, nested_layers
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
    return is_keras(getattr(model, method))


def everything_in(model: Any) -> Iterator[Any]:
    """The layers of a model, those that they hold, and the operations between layers, such as `keras.ops.reshape`."""
    yield from nested_layers(model)
    for graph in _graphs(model):
        for call in calls_in(graph):
            yield call.operation


def calls_in_training_mode(model: Any) -> bool:
    """Whether a graph fixes `training=True` for a layer, so that it trains in evaluation, too."""
    return any(call.keywords.get("training") for graph in _graphs(model) for call in calls_in(graph))


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
        operation = waiting.pop()
        graph = graph_of(operation) if calls_its_graph(operation) else None
        if graph is not None and graph not in graphs:
            graphs.append(graph)
            waiting += [call.operation for call in calls_in(graph)]
    return graphs


def _called(graph: Any) -> Iterator[Any]:
    """The operation of each call, and all layers that an operation holds which calls them in its own way."""
    for call in calls_in(graph):
        yield call.operation
        if isinstance(call.operation, keras.Layer) and not calls_its_graph(call.operation):
            yield from nested_layers(call.operation)


def _readers(graph: Any) -> Iterator[tuple[Any, Any]]:
    """Each operation whose output one other alone reads, and that one."""
    calls, outputs = calls_in(graph), {id(tensor) for tensor in graph.outputs}
    readers: dict[int, list[Any]] = {}
    for call in calls:
        for tensor in call.inputs:
            readers.setdefault(id(tensor), []).append(call.operation)
    for call in calls:
        reading = [operation for tensor in call.outputs for operation in readers.get(id(tensor), [])]
        if len(reading) == 1 and not outputs & set(map(id, call.outputs)):
            yield call.operation, reading[0]
