"""What Tenfold relies on in Keras beyond its documented API, behind a function each.

`tests/test_keras_internals.py` checks each against the installed Keras. Nothing here imports Keras, so that the
classifier, which predicts without it, can use this module.

One use cannot be a function: `training.muon.ConvolutionMuon` overrides two private methods of `keras.optimizers.Muon`.
The same tests check that Keras still calls them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple


def is_keras(thing: Any) -> bool:
    """Whether a class, a function or a method is Keras's own: not the user's, and not overridden by the user."""
    return str(getattr(thing, "__module__", "")).startswith("keras.")


# Models


def build_variables(model: Any, batch: tuple[Any, ...]) -> None:
    """Create the variables of a compiled model, its loss, metrics and optimiser, without computing anything.

    Args:
        model: A compiled Keras model.
        batch: Arrays (x, y) or (x, y, sample_weight) of the shapes and types that it will train on.
    """
    model._symbolic_build(data_batch=batch)


def nested_layers(layer: Any) -> Iterator[Any]:
    """All layers that a layer or a model holds, at any depth; without itself."""
    yield from layer._flatten_layers(include_self=False)


def metrics_as_compiled(model: Any) -> list[Any]:
    """What `compile` was given as `metrics` and as `weighted_metrics`; None for what it was not given."""
    compiled = getattr(model, "_compile_metrics", None)
    return [getattr(compiled, name, None) for name in ("_user_metrics", "_user_weighted_metrics")]


def metric_function(metric: Any) -> Any:
    """The function that a metric takes the mean of; its class if there is none."""
    return getattr(metric, "_fn", type(metric))


def loss_and_updates(
    model: Any, trainable: Any, non_trainable: Any, metrics: Any, optimizer: Any, batch: tuple[Any, ...]
) -> tuple[Any, tuple[Any, Any, Any, Any]]:
    """The forward pass of Keras's `train_step`, as `jax.grad` takes it.

    Args:
        model: A compiled and built Keras model.
        trainable: The values of its trainable variables.
        non_trainable: Those of the others.
        metrics: Those of its metrics.
        optimizer: Those of its optimiser, which may scale the loss.
        batch: (x, y) or (x, y, sample_weight).

    Returns:
        The scaled loss, and (loss, outputs, non_trainable, metrics): the values after the pass, in which the metrics do
        not know of this batch yet.
    """
    x, y, sample_weight = _unpacked(batch)
    scaled, updates = model.compute_loss_and_updates(
        trainable, non_trainable, metrics, x, y, sample_weight, training=True, optimizer_variables=optimizer
    )
    return scaled, updates


def updated_metrics(model: Any, metrics: Any, loss: Any, outputs: Any, batch: tuple[Any, ...]) -> list[Any]:
    """The values of the metrics' variables once they have seen a batch.

    Args:
        model: A compiled and built Keras model.
        metrics: Their values before.
        loss: As `loss_and_updates` gives it.
        outputs: Also.
        batch: The same batch.
    """
    x, y, sample_weight = _unpacked(batch)
    _, values = model._update_metrics_variables(metrics, loss, x, y, outputs, sample_weight)
    return list(values)


def _unpacked(batch: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    x, y, sample_weight = (*batch, None)[:3]
    return x, y, sample_weight


def seed_states(model: Any) -> list[Any]:
    """The variables that hold the states of a model's seed generators, such as Dropout's."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.non_trainable_variables if id(variable) not in weights]


def forget_restored_epoch(model: Any) -> None:
    """Have `restored_epoch` answer None until a callback restores a training."""
    model._initial_epoch = None


def restored_epoch(model: Any) -> int | None:
    """The epoch at which `keras.callbacks.BackupAndRestore` continues, once it has begun."""
    epoch: int | None = model._initial_epoch
    return epoch


def profiles_batches(tensorboard: Any) -> bool:
    """Whether a `keras.callbacks.TensorBoard` is to profile some batches, and so counts them."""
    return bool(tensorboard._should_trace)


# Callbacks

CALLBACK_ATTRIBUTES = {
    "CSVLogger": ("keys",),
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    "History": ("history", "epoch"),
    "ModelCheckpoint": ("best", "_current_epoch", "_batches_seen_since_last_saving", "_last_batch_seen"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}
"""What Keras's callbacks remember between epochs, by class."""


# The graph of a functional model


class Call(NamedTuple):
    """One call of a layer or an operation in a graph.

    Args:
        operation: What is called.
        inputs: The symbolic tensors that it is called with.
        outputs: Those that it gives.
        keywords: Its keyword arguments.
    """

    operation: Any
    inputs: list[Any]
    outputs: list[Any]
    keywords: dict[str, Any]


def graph_of(model: Any) -> Any:
    """The model with `inputs` and `outputs` that holds the graph; a Sequential keeps one inside.

    Args:
        model: Anything.

    Returns:
        None if it has no graph: a subclassed model, or a Sequential that is not built.
    """
    graph = getattr(model, "_functional", model)
    return graph if hasattr(graph, "_nodes_by_depth") else None


def calls_in(graph: Any) -> list[Call]:
    """The calls in a graph, as `graph_of` gives it, in an order in which they can be made."""
    by_depth = graph._nodes_by_depth
    return [_call(node) for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]


def calls_its_graph(operation: Any) -> bool:
    """Whether calling a model makes the calls of its graph, and nothing else: it has no `call` of its own."""
    call = getattr(type(operation), "call", None)
    return getattr(call, "__qualname__", None) in ("Functional.call", "Sequential.call")


def call_behind(tensor: Any) -> Call:
    """The call that gives a symbolic tensor; it has no inputs if the tensor is an input."""
    operation, node_index, _ = tensor._keras_history
    return _call(operation._inbound_nodes[node_index])


def _call(node: Any) -> Call:
    return Call(node.operation, node.input_tensors, node.outputs, node.arguments.kwargs)


# Optimisers


def trained_variables(optimizer: Any) -> Sequence[Any] | None:
    """The variables that an optimiser was built for; None for what is no optimiser."""
    variables: Sequence[Any] | None = getattr(optimizer, "_trainable_variables", None)
    return variables


def variable_index(optimizer: Any, variable: Any) -> int:
    """The place of a variable, and of its slots, among those that an optimiser was built for."""
    index: int = optimizer._get_variable_index(variable)
    return index


def learning_rate_as_given(optimizer: Any) -> Any:
    """The schedule or function that an optimiser was given, or the variable that holds the number; not its value."""
    return innermost(optimizer)._learning_rate


def step_counter(optimizer: Any) -> Any:
    """The variable that schedules are computed from: the steps taken, those that loss scaling skipped left out.

    `optimizer.iterations` counts updates instead, where gradients are accumulated over several steps.
    """
    return innermost(optimizer)._iterations


def innermost(optimizer: Any) -> Any:
    """The optimiser itself, or the one that `LossScaleOptimizer` wraps: it has the rate and counts the steps."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def rmsprop_slots(optimizer: Any) -> tuple[list[Any]]:
    """RMSprop's mean squares: a variable for each trained one."""
    return (optimizer._velocities,)


def adam_slots(optimizer: Any) -> tuple[list[Any], list[Any]]:
    """Adam's means and mean squares: a variable of each for each trained one."""
    return optimizer._momentums, optimizer._velocities


# Other methods for single objects


@contextmanager
def replaced_methods(replacements: Mapping[tuple[Any, str], Callable[..., Any]]) -> Iterator[None]:
    """Inside the block, single layers or optimisers have other methods than their classes.

    They are set past Keras's own bookkeeping, which would take a function for a part of the model.

    Args:
        replacements: A layer with "call", or an optimiser with "update_step", to what stands for the method. None of
            them may have a method of its own already.
    """
    for (owner, name), method in replacements.items():
        vars(owner)[name] = method
    try:
        yield
    finally:
        for owner, name in replacements:
            del vars(owner)[name]
