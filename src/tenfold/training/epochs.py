"""The epochs of a training: which images in which order, and when callbacks get their turn."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from tenfold.errors import NonFiniteLossError
from tenfold.keras_internals import forget_restored_epoch, restored_epoch
from tenfold.training.building import check_trainable
from tenfold.training.callbacks import restore_best_weights, stop_on_nan
from tenfold.training.engine import Program
from tenfold.training.step import read_state, write_state
from tenfold.types import Indices


class Pass(NamedTuple):
    """The part of a pass over the data that one epoch is; the whole of it, as a rule.

    Args:
        epoch: Number of the epoch.
        number: That of the epoch in which the pass began: what order and variations of the images follow from.
        order: Of the images.
        steps: Which steps of the pass.
    """

    epoch: int
    number: int
    order: Indices
    steps: range


class Training(NamedTuple):
    """What `run_epochs` needs.

    Args:
        model: A compiled and built Keras model.
        program: Trains.
        every: Steps between the calls of callbacks for batches; 0: now and then.
        evaluation: Evaluates, if there is validation data.
        evaluation_every: As `every`.
        callbacks: The user's.
        listeners: Them and what shows the progress, as one.
        seed: Fixes the variations of the images.
    """

    model: Any
    program: Program
    every: int
    evaluation: Program | None
    evaluation_every: int
    callbacks: list[Any]
    listeners: Any
    seed: int


def passes(epochs: range, steps: int, steps_per_epoch: int | None, order: Callable[[int], Indices]) -> Iterator[Pass]:
    """The epochs' passes over the data.

    As in Keras, an epoch of fewer steps than a pass has leaves the rest to the next one; what is less than an epoch at
    the end of a pass is an epoch of its own.

    Args:
        epochs: Numbers of the epochs.
        steps: Of a pass.
        steps_per_epoch: None means all.
        order: Gives the order of the images by the number of the pass.
    """
    done, number, images = 0, 0, np.empty(0, int)
    for epoch in epochs:
        if done == 0:
            number, images = epoch, order(epoch)
        stop = min(done + (steps_per_epoch or steps), steps)
        yield Pass(epoch, number, images, range(done, stop))
        done = stop % steps


def image_order(count: int, shuffle: bool | Literal["batch"], batch_size: int, seed: int, number: int) -> Indices:
    """In which order a pass takes the images: as they are, at random, or at random within each batch."""
    if not shuffle:
        return np.arange(count)
    random = np.random.default_rng((seed, number))
    if shuffle == "batch":
        return np.lexsort((random.random(count), np.arange(count) // batch_size))
    return random.permutation(count)


def run_epochs(
    training: Training,
    passes_from: Callable[[int], Iterator[Pass]],
    initial_epoch: int,
    evaluates_after: Callable[[int], bool],
) -> None:
    """Train epoch by epoch until a callback stops it.

    Args:
        training: What is trained, and how.
        passes_from: Gives the passes from an epoch on.
        initial_epoch: The first epoch.
        evaluates_after: Whether there is an evaluation after an epoch.

    Raises:
        NonFiniteLossError: The loss became infinite or not a number.
        ModelError: A callback changed what trains.
    """
    model, listeners = training.model, training.listeners
    model.stop_training, finished = False, False
    variables = model.trainable_variables
    logs: dict[str, Any] = {}
    forget_restored_epoch(model)
    listeners.on_train_begin()
    first = restored_epoch(model) or initial_epoch
    try:
        for one in passes_from(first):
            model.reset_metrics()
            listeners.on_epoch_begin(one.epoch)
            check_trainable(model, variables)
            logs = _train_epoch(training, one)
            if training.evaluation and evaluates_after(one.epoch):
                logs = logs | {f"val_{name}": value for name, value in _evaluate(training, training.evaluation).items()}
            listeners.on_epoch_end(one.epoch, logs)
            if model.stop_training:
                break
        finished = True
    finally:  # Ctrl-C and a diverging loss as well leave the averaged weights, if a recipe averages them
        if int(model.optimizer.iterations):  # before the first step, they are zeros
            model.optimizer.finalize_variable_values(model.trainable_weights)
        if not finished:
            restore_best_weights(training.callbacks)
    listeners.on_train_end(logs)


def _train_epoch(training: Training, one: Pass) -> dict[str, Any]:
    """One pass over the training data; the model's variables follow chunk by chunk, and callbacks may set them."""
    model, listeners, first = training.model, training.listeners, one.steps.start
    steps = one.steps
    if model.stop_training:  # before the first step: Keras looks at it after each execution
        steps = range(first, min(first + model.steps_per_execution, steps.stop))
    logs: dict[str, Any] = {}

    listeners.on_train_batch_begin(0)
    for chunk in training.program.chunks(
        lambda: read_state(model), one.order, (training.seed % 2**32, one.number), steps
    ):
        if not chunk.finite and not stop_on_nan(training.callbacks):
            raise NonFiniteLossError(_divergence(model, chunk.steps - first, len(steps)))
        write_state(model, chunk.state)
        logs = chunk.epoch_logs
        listeners.on_train_batch_end(_last_batch(chunk.steps - first, training.every), chunk.logs)
        if model.stop_training:
            break
        if chunk.steps < steps.stop:
            listeners.on_train_batch_begin(chunk.steps - first)
    return logs


def _evaluate(training: Training, program: Program) -> dict[str, Any]:
    """Loss and metrics over all of the program's data."""
    model, listeners, every = training.model, training.listeners, training.evaluation_every
    model.stop_evaluating = False
    listeners.on_test_begin()
    model.reset_metrics()
    logs: dict[str, Any] = {}
    if every:
        listeners.on_test_batch_begin(0)
    for chunk in program.chunks(lambda: read_state(model), np.arange(program.images)):
        write_state(model, chunk.state)
        logs = chunk.epoch_logs
        if every:
            listeners.on_test_batch_end(_last_batch(chunk.steps, every), chunk.logs)
            if model.stop_evaluating:
                break
            if chunk.steps < program.steps:
                listeners.on_test_batch_begin(chunk.steps)
    listeners.on_test_end(logs)
    return logs


def _last_batch(done: int, every: int) -> int:
    """What Keras calls the last of so many batches: that of a whole execution, even if the data ended before."""
    return -(-done // every) * every - 1 if every else done - 1


def _divergence(model: Any, step: int, steps: int) -> str:
    rate = float(model.optimizer.learning_rate)
    return (
        f"The loss became infinite or not a number by step {step:,} of {steps:,} of this epoch; the model keeps "
        f"its last finite weights. Likely causes: the learning rate {rate:g} is too high (try a tenth of it); the "
        "inputs are not scaled to 0…1; the last layer has no softmax although the loss expects probabilities."
    )
