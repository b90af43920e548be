"""`tenfold.fit`: what `keras.Model.fit` does for arrays, in less time."""

import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal

import jax.numpy as jnp

from tenfold.errors import DataError, ModelError
from tenfold.events import events_to
from tenfold.keras_on_jax import keras
from tenfold.recipes.augmentation import Augmentation
from tenfold.terminal import Verbose, verbose_sink
from tenfold.training.building import build
from tenfold.training.callback_states import check_resumable, with_seed_backups
from tenfold.training.callbacks import act_on_batches, check_callbacks, flattened
from tenfold.training.checkpoint import Checkpoint, checkpoint_signature
from tenfold.training.class_weights import with_class_weights
from tenfold.training.compile_cache import compile_cache
from tenfold.training.engine import Program
from tenfold.training.epochs import Training, image_order, passes, run_epochs
from tenfold.training.evaluation import evaluation_batches
from tenfold.training.inputs import Arrays, check_augmentation, check_settings, checked_arrays, with_validation
from tenfold.training.labels import check_labels
from tenfold.training.progress import ProgressBar
from tenfold.training.sanity import warn_of_missing_classes, warn_of_no_probabilities, warn_of_single_images


def fit(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Verbose = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool | Literal["batch"] = True,
    class_weight: Mapping[int, float] | Literal["balanced"] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | list[int] = 1,
    seed: int = 0,
    augmentation: Augmentation | None = None,
    checkpoint: str | Path | None = None,
) -> Any:
    """Train a compiled Keras model on arrays: `keras.Model.fit`, compiled as one program.

    Every image is used once an epoch; the last, smaller batch is used too and counts by its images. With
    `shuffle=False` weights and History equal those of `keras.Model.fit` up to rounding.

    What looks like a mistake, but is allowed, is warned of: outputs that are no probabilities although the loss expects
    them, a `validation_split` that cuts classes off sorted data, classes without a weight, batches of one image with
    batch normalisation.

    Args:
        model: Any compiled Keras model with one input and one output, Sequential or functional.
        x: Inputs [n, ...]: numbers of any type; uint8 stays uint8 in memory.
        y: Labels: integers [n] for sparse losses, one-hot [n, classes] for the others.
        batch_size: Images for each step; None means 32, or what `steps_per_epoch` leaves for each step.
        epochs: Number of the last epoch.
        verbose: "auto" or 1 shows a bar and a line for each epoch, 2 the lines only, 0 nothing.
        callbacks: A Keras callback, a list of them, or a `keras.callbacks.CallbackList`. Those that act at batches are
            called at every batch (with `steps_per_execution`, at every so many), as Keras does, which takes the time
            of a call for each: methods of your own, and Keras's callbacks where they are configured to count batches.
        validation_split: Share of the data, from its end, to evaluate after each epoch instead of training on it.
        validation_data: (x, y) or (x, y, sample_weight) to evaluate after each epoch; overrides validation_split.
        shuffle: Whether each epoch has its own order, a function of seed and epoch; "batch" shuffles within batches.
        class_weight: Weight of each class in the loss, by its number; or "balanced", by the inverse of its share.
        sample_weight: Weight of each image in the loss, [n].
        initial_epoch: Number of epochs that were done before.
        steps_per_epoch: Batches in an epoch; the next epoch goes on where it ended. None means all.
        validation_steps: Batches to evaluate; None means all.
        validation_batch_size: Images to evaluate at once; None means `batch_size` where that makes a difference to the
            loss, or else as many as is quickest.
        validation_freq: Evaluate after every so many epochs, or a list of the epochs to evaluate after.
        seed: Fixes the orders and the variations.
        augmentation: How each image is varied each time; x has to be uint8 images [n, height, width, channels] then.

        checkpoint: A folder that keeps the state of the training: now and then, on Ctrl-C, and at the end. Where it
            holds one of the same training, that is continued, to the same weights and History as without a break; with
            more `epochs`, to more. EarlyStopping, ReduceLROnPlateau, ModelCheckpoint and CSVLogger continue, too;
            callbacks of your own need get_state(), which returns what they remember, and set_state(state).

    Returns:
        `keras.callbacks.History`, as `keras.Model.fit` does.

    Raises:
        DataError: Data that does not fit the model or its loss, or an argument that cannot be used; or the checkpoint
            is damaged, or of another training.
        ModelError: The model is not compiled, cannot be compiled as one program, or has other trainable layers than
            when it was compiled.
        NonFiniteLossError: The loss became infinite or not a number; the model keeps its last finite weights, or those
            that early stopping goes back to. Not with `keras.callbacks.TerminateOnNaN`, which ends the training.
    """
    if not getattr(model, "compiled", False):
        raise ModelError("The model is not compiled. Call model.compile(optimizer=…, loss=…, metrics=[…]) first.")
    if model.run_eagerly:
        raise ModelError(
            "The model was compiled with run_eagerly=True, but tenfold.fit compiles its steps. Compile it without, or "
            "use keras.Model.fit."
        )
    shown = verbose_sink(verbose)
    callbacks = flattened(callbacks)
    check_settings(
        validation_split,
        validation_freq,
        shuffle,
        {"seed": seed, "initial_epoch": initial_epoch, "epochs": epochs},
        {
            "batch_size": batch_size,
            "steps_per_epoch": steps_per_epoch,
            "validation_steps": validation_steps,
            "validation_batch_size": validation_batch_size,
        },
    )
    epochs, steps_per_epoch, validation_steps = _limited(epochs, steps_per_epoch, validation_steps)
    arrays = checked_arrays(model, x, y, sample_weight)
    if augmentation:
        check_augmentation(augmentation, model, arrays)
    arrays, validation = with_validation(model, arrays, validation_split, validation_data)
    given_size = batch_size
    batch_size = given_size or (-(-len(arrays[0]) // steps_per_epoch) if steps_per_epoch else 32)
    arrays = _fitted_to_model(model, arrays, validation, batch_size, class_weight)
    check_callbacks(callbacks, model, validation is not None)
    if validation and validation_data is None:
        warn_of_missing_classes(model, arrays, validation)
    warn_of_single_images(model, min(batch_size, len(arrays[0])))
    kept = None
    if checkpoint is not None:
        check_resumable(callbacks)
        settings = {
            "batch_size": batch_size,
            "shuffle": shuffle,
            "seed": seed,
            "steps_per_epoch": steps_per_epoch,
            "validation_steps": validation_steps,
            "validation_freq": validation_freq,
            "augmentation": augmentation and augmentation.model_dump(mode="json"),
        }
        kept = Checkpoint(Path(checkpoint), checkpoint_signature(model, [*arrays, *(validation or ())], settings))
    nothing_left = kept and kept.saved and kept.saved.is_done(epochs)

    every, evaluation_every = (
        model.steps_per_execution if act_on_batches(callbacks, phase) else 0 for phase in ("train", "test")
    )
    evaluated = None
    if validation:
        evaluated = evaluation_batches(
            model, validation, validation_batch_size, given_size, validation_steps, evaluation_every > 0
        )
    pass_steps = -(-len(arrays[0]) // batch_size)
    epoch_steps = min(steps_per_epoch or pass_steps, pass_steps)
    bar = ProgressBar(min(len(arrays[0]), epoch_steps * batch_size), batch_size, shown)
    listeners = keras.callbacks.CallbackList(
        [*with_seed_backups(callbacks), *([bar] if verbose != 0 else [])],
        add_history=True,
        model=model,
        epochs=epochs,
        steps=steps_per_epoch or pass_steps,
        verbose=verbose,
    )
    with compile_cache(), events_to(shown):
        program = evaluation = None
        if not nothing_left:
            with shown.busy("Compiling the training program"):
                program, evaluation = _programs(
                    model, arrays, batch_size, augmentation, every, evaluated, evaluation_every
                )
        warn_of_no_probabilities(model, arrays[0][:batch_size])
        training = Training(model, program, every, evaluation, evaluation_every, callbacks, listeners, seed, kept)
        order = partial(image_order, len(arrays[0]), shuffle, batch_size, seed)
        try:
            run_epochs(
                training,
                lambda start: passes(start, epochs, pass_steps, steps_per_epoch, order),
                initial_epoch,
                partial(_is_validated, validation_freq),
            )
        finally:
            bar.close()
    return model.history


def _fitted_to_model(
    model: Any, arrays: Arrays, validation: Arrays | None, batch_size: int, class_weight: Any
) -> Arrays:
    """Build the model for the data, check the labels by its outputs, and weigh the images by their classes."""
    output_shape = build(model, arrays, batch_size)
    if validation:
        try:
            check_labels(model, validation[1], output_shape)
        except DataError as error:
            raise DataError(f"validation_data: {error}") from error
    if class_weight is None:
        return arrays
    return with_class_weights(arrays, class_weight, output_shape[-1] if output_shape else None)


def _programs(
    model: Any,
    arrays: Arrays,
    batch_size: int,
    augmentation: Augmentation | None,
    every: int,
    evaluated: tuple[Arrays, int] | None,
    evaluation_every: int,
) -> tuple[Program, Program | None]:
    """What runs an epoch and what evaluates after it; the latter is compiled while the first epoch runs."""
    compiler = ThreadPoolExecutor(max_workers=1)  # one after the other: what is needed first is ready first
    try:
        program = Program(model, _on_device(arrays), batch_size, True, compiler, augmentation, every)
        evaluation = None
        if evaluated:
            images, size = evaluated
            evaluation = Program(model, _on_device(images), size, False, compiler, every=evaluation_every)
        program.wait()
    finally:
        compiler.shutdown(wait=False)
    return program, evaluation


def _limited(epochs: int, *steps: int | None) -> list[Any]:
    """Epochs, and steps for each, within what `keras.config` allows."""
    max_epochs, max_steps = keras.config.max_epochs(), keras.config.max_steps_per_epoch()
    if max_epochs and max_epochs < epochs:
        warnings.warn(f"epochs is {epochs}; keras.config.set_max_epochs limits it to {max_epochs}.", stacklevel=3)
    if max_steps:
        warnings.warn(
            f"keras.config.set_max_steps_per_epoch limits the steps of an epoch to {max_steps}.", stacklevel=3
        )
    limited = [min(number or max_steps, max_steps) if max_steps else number for number in steps]
    return [min(epochs, max_epochs or epochs), *limited]


def _is_validated(validation_freq: int | list[int], epoch: int) -> bool:
    """Whether there is an evaluation after an epoch, counted from 0."""
    if isinstance(validation_freq, list):
        return epoch + 1 in validation_freq
    return (epoch + 1) % validation_freq == 0


def _on_device(arrays: Arrays) -> tuple[Any, ...]:
    return tuple(jnp.asarray(array) for array in arrays)
