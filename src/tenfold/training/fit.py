"""`tenfold.fit`: what `keras.Model.fit` does for arrays, in less time."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from tenfold.errors import ModelError, NonFiniteLossError
from tenfold.keras_on_jax import keras
from tenfold.recipes.augmentation import Augmentation
from tenfold.terminal import busy
from tenfold.training.compile_cache import compile_cache
from tenfold.training.engine import Program, read_state, write_state
from tenfold.training.inputs import (
    Arrays,
    check_augmentation,
    check_settings,
    checked_arrays,
    with_class_weights,
    with_validation,
)
from tenfold.training.progress import ProgressBar
from tenfold.types import Verbose

_EVALUATED_VALUES = 2**20


def fit(
    model: Any,
    x: Any,
    y: Any,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Verbose = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    validation_freq: int = 1,
    seed: int = 0,
    augmentation: Augmentation | None = None,
) -> Any:
    """Train a compiled Keras model on arrays: `keras.Model.fit`, compiled as one program.

    Every image is used once an epoch; the last, smaller batch is used too and counts by its images. With
    `shuffle=False` weights and History equal those of `keras.Model.fit` up to rounding.

    Args:
        model: Any compiled Keras model with one input and one output, Sequential or functional.
        x: Inputs [n, ...]: numbers of any type; uint8 stays uint8 in memory.
        y: Labels: integers [n] for sparse losses, one-hot [n, classes] for the others.
        batch_size: Images for each step; None means 32.
        epochs: Number of the last epoch.
        verbose: "auto" or 1 shows a bar and a line for each epoch, 2 the lines only, 0 nothing.
        callbacks: A Keras callback or a list of them. Methods of your own for batches are called at every batch, as
            Keras does, which takes the time of a call for each; those of Keras's callbacks every fraction of a second.
        validation_split: Share of the data, from its end, to evaluate after each epoch instead of training on it.
        validation_data: (x, y) or (x, y, sample_weight) to evaluate after each epoch, in batches of a size of its own
            (it matters only to losses that are no means over images); overrides validation_split.
        shuffle: Whether each epoch has its own order, a function of seed and epoch.
        class_weight: Weight of each class in the loss, by its number.
        sample_weight: Weight of each image in the loss, [n].
        initial_epoch: Number of epochs that were done before.
        validation_freq: Evaluate after every so many epochs.
        seed: Fixes the orders and the variations.
        augmentation: How each image is varied each time; x has to be uint8 images [n, height, width, channels] then.

    Returns:
        `keras.callbacks.History`, as `keras.Model.fit` does.

    Raises:
        DataError: Data that does not fit the model or its loss.
        ModelError: The model is not compiled.
        NonFiniteLossError: The loss became infinite or not a number; the model keeps its last finite weights.
    """
    if not getattr(model, "compiled", False):
        raise ModelError("The model is not compiled. Call model.compile(optimizer=…, loss=…, metrics=[…]) first.")
    batch_size = 32 if batch_size is None else batch_size
    counts = {"batch_size": batch_size, "epochs": epochs, "validation_freq": validation_freq}
    check_settings(validation_split, seed, initial_epoch, **counts)
    arrays = checked_arrays(model, x, y, sample_weight)
    if augmentation:
        check_augmentation(augmentation, model, arrays)
    arrays, validation = with_validation(model, arrays, validation_split, validation_data)
    if class_weight is not None:
        arrays = with_class_weights(arrays, class_weight)
    callbacks, bar = _listed(callbacks), ProgressBar(len(arrays[0]), batch_size, bar=verbose != 2)
    single_steps = any(map(_counts_batches, callbacks))
    listeners = keras.callbacks.CallbackList(
        [*callbacks, *([bar] if verbose != 0 else [])],
        add_history=True,
        model=model,
        epochs=epochs,
        steps=-(-len(arrays[0]) // batch_size),
        verbose=verbose,
    )
    passes = (Pass(epoch, _order(len(arrays[0]), shuffle, seed, epoch), seed) for epoch in range(epochs))
    with compile_cache():
        with busy("Compiling the training program", show=verbose != 0):
            training, evaluation = _programs(model, arrays, validation, batch_size, augmentation, single_steps)
        try:
            _run_epochs(model, training, evaluation, passes, initial_epoch, validation_freq, listeners)
        finally:
            bar.close()
    return model.history


class Pass(NamedTuple):
    """One epoch: its number, the order of the images, and the training's seed."""

    epoch: int
    order: np.ndarray[Any, Any]
    seed: int


def _programs(
    model: Any,
    arrays: Arrays,
    validation: Arrays | None,
    batch_size: int,
    augmentation: Augmentation | None,
    single_steps: bool,
) -> tuple[Program, Program | None]:
    """What runs an epoch and what evaluates after it; the latter is compiled while the first epoch runs."""
    model._symbolic_build(data_batch=tuple(array[:batch_size] for array in arrays))
    evaluation = None
    compiler = ThreadPoolExecutor(max_workers=1)  # one after the other: what is needed first is ready first
    try:
        training = Program(model, _on_device(arrays), batch_size, True, compiler, augmentation, single_steps)
        if validation:
            evaluation_batch = _evaluation_batch(validation)
            evaluation = Program(model, _on_device(validation), evaluation_batch, False, compiler)
        training.wait()
    finally:
        compiler.shutdown(wait=False)
    return training, evaluation


def _run_epochs(
    model: Any,
    training: Program,
    evaluation: Program | None,
    passes: Iterable[Pass],
    initial_epoch: int,
    validation_freq: int,
    listeners: Any,
) -> None:
    """Train epoch by epoch until a callback stops it."""
    model.stop_training = False
    logs: dict[str, Any] = {}
    model._initial_epoch = None
    listeners.on_train_begin()
    first = model._initial_epoch or initial_epoch  # as keras.callbacks.BackupAndRestore has found it
    try:
        for one in islice(passes, first, None):
            epoch = one.epoch
            listeners.on_epoch_begin(epoch)
            logs = _train_epoch(model, training, one, listeners)
            if evaluation and (epoch + 1) % validation_freq == 0:
                logs |= {f"val_{name}": value for name, value in _evaluate(model, evaluation, listeners).items()}
            listeners.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
    finally:  # Ctrl-C and a diverging loss as well leave the averaged weights, if a recipe averages them
        if int(model.optimizer.iterations):  # before the first step, they are zeros
            model.optimizer.finalize_variable_values(model.trainable_weights)
    listeners.on_train_end(logs)


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def _counts_batches(callback: Any) -> bool:
    """Whether a callback has methods of the user's own for batches; those of Keras's callbacks get along with leaps."""
    names = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
    return any(not str(getattr(callback, name).__module__).startswith("keras.") for name in names)


def _on_device(arrays: Arrays) -> tuple[Any, ...]:
    return tuple(jnp.asarray(array) for array in arrays)


def _evaluation_batch(arrays: Arrays) -> int:
    """The largest number of images that leaves no smaller last batch, which would be compiled on its own.

    All together they have at most a million values: 1,337 of MNIST's images, 37 photos of 96×96 in colour. Where only
    small batches divide the data, the last one may be smaller.
    """
    count, most = len(arrays[0]), max(1, _EVALUATED_VALUES // int(np.prod(arrays[0].shape[1:])))
    if count <= most:
        return count
    return next((size for size in range(most, most // 4, -1) if count % size == 0), most)


def _order(count: int, shuffle: bool, seed: int, epoch: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng((seed, epoch)).permutation(count) if shuffle else np.arange(count)


def _train_epoch(model: Any, program: Program, one: Pass, listeners: Any) -> dict[str, Any]:
    """One pass over the training data; the model's variables follow chunk by chunk, and callbacks may set them."""
    logs: dict[str, Any] = {}
    model.reset_metrics()
    listeners.on_train_batch_begin(0)
    for chunk in program.chunks(lambda: read_state(model), one.order, (one.seed % 2**32, one.epoch)):
        if not chunk.finite:
            raise NonFiniteLossError(_divergence(model, chunk.steps, program.steps))
        write_state(model, chunk.state)
        logs = chunk.logs
        listeners.on_train_batch_end(chunk.steps - 1, logs)
        if model.stop_training:
            break
        if chunk.steps < program.steps:
            listeners.on_train_batch_begin(chunk.steps)
    return logs


def _evaluate(model: Any, program: Program, listeners: Any) -> dict[str, Any]:
    """Loss and metrics over all of the program's data."""
    model.reset_metrics()
    listeners.on_test_begin()
    logs: dict[str, Any] = {}
    for chunk in program.chunks(lambda: read_state(model), np.arange(program.images)):
        write_state(model, chunk.state)
        logs = chunk.logs
    listeners.on_test_end(logs)
    return logs


def _divergence(model: Any, step: int, steps: int) -> str:
    rate = float(model.optimizer.learning_rate)
    return (
        f"The loss became infinite or not a number by step {step:,} of {steps:,} of this epoch; the model keeps "
        f"its last finite weights. Likely causes: the learning rate {rate:g} is too high (try a tenth of it); the "
        "inputs are not scaled to 0…1; the last layer has no softmax although the loss expects probabilities."
    )
