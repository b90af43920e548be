"""One training step: gradient | reduce | apply.

    gradient    forward and backward pass over a batch: the loss's gradient, and what else the batch changes
    reduce      the same over all devices; with one device there is nothing to do
    apply       the optimiser's step: loss scaling, clipping, weight decay, the update, averaged weights

Each part is Keras's own, so losses, metrics, optimisers, Dropout and BatchNormalization mean what they mean in
`keras.Model.fit`, to the bit. A model with a `train_step` of its own keeps it whole: nobody knows what is in it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from tenfold.keras_internals import loss_and_updates, updated_metrics
from tenfold.kernels.model_layers import is_stock

Arrays = tuple[Any, ...]
"""Images, labels and, if there are any, sample weights; the same length each."""


class State(NamedTuple):
    """The values of all variables that a step may change."""

    trainable: list[Any]
    non_trainable: list[Any]
    optimizer: list[Any]
    metrics: list[Any]


class Gradient(NamedTuple):
    """What a batch leads to before the optimiser's step.

    Args:
        trainable: The gradient of the loss with respect to each trainable variable, scaled as the optimiser scales
            the loss.
        non_trainable: The new values of these variables, such as moving averages and the seeds of Dropout.
        metrics: The new values of the metrics' sums and counts.
    """

    trainable: list[Any]
    non_trainable: list[Any]
    metrics: list[Any]


Step = Callable[[State, Arrays], tuple[State, Any]]
"""One batch: all variables after it, and the logs of a step of the model's own; a stock step's are in its metrics."""

Reduce = Callable[[Gradient], Gradient]
"""From what a device made of its share of the batch to what the whole batch leads to."""


def on_one_device(gradient: Gradient) -> Gradient:
    """The share of a single device is the whole batch."""
    return gradient


def train_step(model: Any, reduce: Reduce = on_one_device) -> Step:
    """What trains a model on a batch.

    Args:
        model: A compiled and built Keras model.
        reduce: Stands between the gradient and the optimiser's step; not called for a `train_step` of the model's own.
    """

    def own_step(state: State, batch: Arrays) -> tuple[State, Any]:
        logs, values = model.train_step(tuple(state), batch)
        return State(*values), logs

    def stock_step(state: State, batch: Arrays) -> tuple[State, Any]:
        return apply(model, state, reduce(gradient(model, state, batch))), {}

    return stock_step if is_stock(model, "train_step") else own_step


def test_step(model: Any) -> Step:
    """What evaluates a model on a batch: metrics change, and perhaps seeds."""

    def step(state: State, batch: Arrays) -> tuple[State, Any]:
        values = (state.trainable, state.non_trainable, state.metrics)
        logs, (trainable, non_trainable, metrics) = model.test_step(values, batch)
        return State(trainable, non_trainable, state.optimizer, metrics), logs

    return step


def gradient(model: Any, state: State, batch: Arrays) -> Gradient:
    """Pass a batch forward and backward."""

    def scaled_loss(trainable: list[Any]) -> tuple[Any, Any]:
        return loss_and_updates(model, trainable, state.non_trainable, state.metrics, state.optimizer, batch)

    gradients, (loss, outputs, non_trainable, metrics) = jax.grad(scaled_loss, has_aux=True)(state.trainable)
    return Gradient(gradients, non_trainable, updated_metrics(model, metrics, loss, outputs, batch))


def apply(model: Any, state: State, gradient: Gradient) -> State:
    """Let the optimiser take its step.

    A dense kernel's gradient that arrives here as it left `gradient` is never written to memory: the native step
    recognises it and multiplies its two factors as it goes (see `kernels.dense_block.kernel_product`). After a sum over
    devices it is an array like any other.
    """
    trainable, optimizer = model.optimizer.stateless_apply(state.optimizer, gradient.trainable, state.trainable)
    return State(trainable, gradient.non_trainable, optimizer, gradient.metrics)


def read_state(model: Any) -> State:
    """The current values of a model's variables."""
    return State(*([variable.value for variable in variables] for variables in _variables(model)))


def write_state(model: Any, state: State) -> None:
    """Give a model's variables new values."""
    for variables, values in zip(_variables(model), state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _variables(model: Any) -> tuple[list[Any], ...]:
    optimizer = model.optimizer.variables if model.optimizer else []
    return model.trainable_variables, model.non_trainable_variables, optimizer, model.metrics_variables
