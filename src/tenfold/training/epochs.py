"""The epochs of a training: which images in which order, and when callbacks get their turn."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from tenfold.errors import NonFiniteLossError
from tenfold.keras_internals import forget_restored_epoch, restored_epoch
from tenfold.training.building import check_trainable
from tenfold.training.callback_states import callback_states, logs_kept, restore_callbacks
from tenfold.training.callbacks import restore_best_weights, stop_on_nan
from tenfold.training.checkpoint import Checkpoint, Position, Snapshot, epoch_start
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
        program: Trains; None where the checkpoint leaves nothing to train.
        every: Steps between the calls of callbacks for batches; 0: now and then.
        evaluation: Evaluates, if there is validation data.
        evaluation_every: As `every`.
        callbacks: The user's.
        listeners: Them and what shows the progress, as one.
        seed: Fixes the variations of the images.
        checkpoint: Keeps the state, and may hold one to continue from.
    """

    model: Any
    program: Program | None
    every: int
    evaluation: Program | None
    evaluation_every: int
    callbacks: list[Any]
    listeners: Any
    seed: int
    checkpoint: Checkpoint | None = None


def passes(
    start: Position, epochs: int, steps: int, steps_per_epoch: int | None, order: Callable[[int], Indices]
) -> Iterator[Pass]:
    """The epochs' passes over the data.

    As in Keras, an epoch of fewer steps than a pass has leaves the rest to the next one; what is less than an epoch at
    the end of a pass is an epoch of its own.

    Args:
        start: The first epoch, and which part of which pass it is.
        epochs: Number of the epoch to end before.
        steps: Of a pass.
        steps_per_epoch: None means all.
        order: Gives the order of the images by the number of the pass.
    """
    done, number = start.first, start.number
    images = order(number) if done else np.empty(0, int)
    for epoch in range(start.epoch, epochs):
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
    passes_from: Callable[[Position], Iterator[Pass]],
    initial_epoch: int,
    evaluates_after: Callable[[int], bool],
) -> None:
    """Train epoch by epoch until a callback stops it, from the checkpoint on if there is one.

    Ctrl-C writes a checkpoint of what was last reached. It may strike anywhere, so that by then variables and callbacks
    may be halfway through a change: what is written is a snapshot from before.

    Args:
        training: What is trained, and how.
        passes_from: Gives the passes from a position on.
        initial_epoch: The first epoch.
        evaluates_after: Whether there is an evaluation after an epoch.

    Raises:
        NonFiniteLossError: The loss became infinite or not a number.
        ModelError: A callback changed what trains.
        DataError: The checkpoint does not suit the callbacks.
    """
    model, listeners, checkpoint = training.model, training.listeners, training.checkpoint
    saved = checkpoint.saved if checkpoint else None
    model.stop_training, finished = False, False
    variables = model.trainable_variables
    forget_restored_epoch(model)
    with logs_kept(listeners.callbacks, saved.callbacks if saved else []):
        listeners.on_train_begin()
    start, logs = epoch_start(restored_epoch(model) or initial_epoch), dict[str, Any]()
    if saved:
        start, logs = saved.position, saved.logs
        _restore(training, saved)
    try:
        for one in passes_from(start) if not (saved and saved.stopped) else ():
            model.reset_metrics()
            listeners.on_epoch_begin(one.epoch)
            check_trainable(model, variables)
            done = one.steps.start
            if saved and start.within_epoch and one.epoch == start.epoch:
                done = start.step
                _restore(training, saved)  # what the beginning of the epoch has changed once more
            logs = _train_epoch(training, one, done)
            if training.evaluation and evaluates_after(one.epoch):
                logs = logs | {f"val_{name}": value for name, value in _evaluate(training, training.evaluation).items()}
            listeners.on_epoch_end(one.epoch, logs)
            if checkpoint and training.program:
                coming = epoch_start(one.epoch + 1, one.steps.stop % training.program.steps, one.number)
                checkpoint.offer(partial(_snapshot, training, coming, logs))
            if model.stop_training:
                break
        if checkpoint:
            checkpoint.write()
        finished = True
    except KeyboardInterrupt:
        if checkpoint:
            checkpoint.write()
        raise
    finally:  # Ctrl-C and a diverging loss as well leave the averaged weights, if a recipe averages them
        if int(model.optimizer.iterations):  # before the first step, they are zeros
            model.optimizer.finalize_variable_values(model.trainable_weights)
        if not finished:
            restore_best_weights(training.callbacks)
    listeners.on_train_end(logs)


def _snapshot(training: Training, position: Position, logs: dict[str, Any]) -> Snapshot:
    model = training.model
    states = callback_states(training.listeners.callbacks)
    return Snapshot(position, bool(model.stop_training), logs, read_state(model), states)


def _restore(training: Training, saved: Snapshot) -> None:
    write_state(training.model, saved.variables)
    restore_callbacks(training.listeners.callbacks, saved.callbacks)


def _train_epoch(training: Training, one: Pass, done: int) -> dict[str, Any]:
    """One pass over the training data; the model's variables follow chunk by chunk, and callbacks may set them.

    Args:
        training: What is trained.
        one: The pass.
        done: Which of its steps comes next, if some were done before a checkpoint.
    """
    model, listeners, first = training.model, training.listeners, one.steps.start
    assert training.program
    steps = range(done, one.steps.stop)
    if model.stop_training:  # before the first step: Keras looks at it after each execution
        steps = range(done, min(done + model.steps_per_execution, steps.stop))
    logs: dict[str, Any] = {}

    listeners.on_train_batch_begin(done - first)
    for chunk in training.program.chunks(
        lambda: read_state(model), one.order, (training.seed % 2**32, one.number), steps
    ):
        if not chunk.finite and not stop_on_nan(training.callbacks):
            raise NonFiniteLossError(_divergence(model, chunk.steps - first, len(one.steps)))
        write_state(model, chunk.state)
        logs = chunk.epoch_logs
        listeners.on_train_batch_end(_last_batch(chunk.steps - first, training.every), chunk.logs)
        if model.stop_training:
            break
        if chunk.steps < steps.stop:
            if training.checkpoint:
                position = Position(one.epoch, one.number, first, chunk.steps)
                training.checkpoint.offer(partial(_snapshot, training, position, {}), within_epoch=True)
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
