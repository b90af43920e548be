"""`tenfold.fit`: what `keras.Model.fit` does for arrays, in less time."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from tenfold.errors import DataError, ModelError, NonFiniteLossError
from tenfold.keras_on_jax import keras
from tenfold.terminal import busy
from tenfold.training.engine import Program, State, read_state, write_state
from tenfold.training.inputs import Arrays, checked_arrays
from tenfold.training.progress import ProgressBar
from tenfold.types import Verbose

_EVALUATION_BATCH = 1000


def fit(
    model: Any,
    x: Any,
    y: Any,
    batch_size: int = 32,
    epochs: int = 1,
    verbose: Verbose = "auto",
    callbacks: Sequence[Any] = (),
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    validation_freq: int = 1,
    seed: int = 0,
) -> Any:
    """Train a compiled Keras model on arrays: `keras.Model.fit`, compiled as one program.

    Every image is used once an epoch; the last, smaller batch is used too and counts by its images. With
    `shuffle=False` weights and History equal those of `keras.Model.fit` up to rounding.

    Args:
        model: Any compiled Keras model with one input and one output, Sequential or functional.
        x: Inputs [n, ...]: numbers of any type; uint8 stays uint8 in memory.
        y: Labels: integers [n] for sparse losses, one-hot [n, classes] for the others.
        batch_size: Images for each step.
        epochs: Number of the last epoch.
        verbose: "auto" or 1 shows a bar and a line for each epoch, 2 the lines only, 0 nothing.
        callbacks: Keras callbacks. Their batch methods are called every fraction of a second, not at every batch.
        validation_split: Share of the data, from its end, to evaluate after each epoch instead of training on it.
        validation_data: (x, y) or (x, y, sample_weight) to evaluate after each epoch; overrides validation_split.
        shuffle: Whether each epoch has its own order, a function of seed and epoch.
        class_weight: Weight of each class in the loss, by its number.
        sample_weight: Weight of each image in the loss, [n].
        initial_epoch: Number of epochs that were done before.
        validation_freq: Evaluate after every so many epochs.
        seed: Fixes the orders.

    Returns:
        `keras.callbacks.History`, as `keras.Model.fit` does.

    Raises:
        DataError: Data that does not fit the model or its loss.
        ModelError: The model is not compiled.
        NonFiniteLossError: The loss became infinite or not a number; the model keeps its last finite weights.
    """
    if not getattr(model, "compiled", False):
        raise ModelError("The model is not compiled. Call model.compile(optimizer=…, loss=…, metrics=[…]) first.")
    _check_numbers(batch_size, epochs, validation_split)
    arrays = checked_arrays(model, x, y, sample_weight, class_weight)
    validation = checked_arrays(model, *validation_data) if validation_data is not None else None
    if validation is None and validation_split:
        arrays, validation = _cut(arrays, validation_split)
    model._symbolic_build(data_batch=tuple(array[:batch_size] for array in arrays))

    with busy("Compiling the training program", show=verbose != 0):
        training = _program(model, arrays, batch_size, training=True)
        evaluation = _program(model, validation, _EVALUATION_BATCH, training=False) if validation else None
    bar = ProgressBar(len(arrays[0]), batch_size, bar=verbose != 2)
    listeners = keras.callbacks.CallbackList(
        [*callbacks, *([bar] if verbose != 0 else [])],
        add_history=True,
        model=model,
        epochs=epochs,
        steps=training.steps,
        verbose=verbose,
    )
    model.stop_training = False
    logs: dict[str, float] = {}
    listeners.on_train_begin()
    try:
        for epoch in range(initial_epoch, epochs):
            listeners.on_epoch_begin(epoch)
            order = _order(len(arrays[0]), shuffle, seed, epoch)
            logs = _train_epoch(model, training, order, listeners)
            if evaluation and not model.stop_training and (epoch + 1) % validation_freq == 0:
                logs |= {f"val_{name}": value for name, value in _evaluate(model, evaluation).items()}
            listeners.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
    finally:
        bar.close()
    model.optimizer.finalize_variable_values(model.trainable_weights)
    listeners.on_train_end(logs)
    return model.history


def _check_numbers(batch_size: int, epochs: int, validation_split: float) -> None:
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise DataError(f"{name} is {value!r}; expected a whole number of at least 1.")
    if not 0 <= validation_split < 1:
        raise DataError(f"validation_split is {validation_split!r}; expected a share from 0 to below 1, such as 0.2.")


def _cut(arrays: Arrays, validation_split: float) -> tuple[Arrays, Arrays]:
    """The first and the last part of the data, as Keras cuts it."""
    boundary = int(len(arrays[0]) * (1 - validation_split))
    if not 0 < boundary < len(arrays[0]):
        raise DataError(
            f"validation_split={validation_split} of {len(arrays[0])} images leaves one part empty. "
            "Give more images, or another share."
        )
    return tuple(array[:boundary] for array in arrays), tuple(array[boundary:] for array in arrays)


def _program(model: Any, arrays: Arrays, batch_size: int, training: bool) -> Program:
    return Program(model, tuple(jnp.asarray(array) for array in arrays), batch_size, training)


def _order(count: int, shuffle: bool, seed: int, epoch: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng((seed, epoch)).permutation(count) if shuffle else np.arange(count)


def _train_epoch(model: Any, program: Program, order: np.ndarray[Any, Any], listeners: Any) -> dict[str, float]:
    """One pass over the training data; the model's variables follow chunk by chunk."""
    logs: dict[str, float] = {}
    model.reset_metrics()
    listeners.on_train_batch_begin(0)
    for chunk in program.chunks(read_state(model), order):
        if not chunk.finite:
            raise NonFiniteLossError(_divergence(model, chunk.steps, program.steps))
        write_state(model, chunk.state)
        logs = chunk.logs
        listeners.on_train_batch_end(chunk.steps - 1, logs)
        if model.stop_training:
            break
    return logs


def _evaluate(model: Any, program: Program) -> dict[str, float]:
    """Loss and metrics over all of the program's data."""
    model.reset_metrics()
    state: State = read_state(model)
    logs: dict[str, float] = {}
    for chunk in program.chunks(state, np.arange(program.images)):
        logs = chunk.logs
    return logs


def _divergence(model: Any, step: int, steps: int) -> str:
    rate = float(model.optimizer.learning_rate)
    return (
        f"The loss became infinite or not a number by step {step:,} of {steps:,} of this epoch; the model keeps "
        f"its last finite weights. Likely causes: the learning rate {rate:g} is too high (try a tenth of it); the "
        "inputs are not scaled to 0…1; the last layer has no softmax although the loss expects probabilities."
    )
