"""The part of a run that needs Keras: fit, calibrate, and save the model."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tenfold.classifier.classifier import load_onnx
from tenfold.classifier.metadata import Metadata
from tenfold.classifier.onnx_writer import write_onnx
from tenfold.classifier.polarity import is_negative
from tenfold.errors import NonFiniteLossError, ParityError
from tenfold.evaluation.metrics import Metrics
from tenfold.files import atomic_path, check_room
from tenfold.keras_on_jax import keras
from tenfold.models.averaging import average_networks
from tenfold.recipes.augmentation import at_scale
from tenfold.recipes.recipe import Recipe
from tenfold.recipes.settings import EarlyStopping
from tenfold.run.building import build, build_smaller, network_seed
from tenfold.run.calibrate import Calibration, calibrate
from tenfold.run.plan import Plan
from tenfold.run.run_folder import RunFolder
from tenfold.terminal import stderr
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit
from tenfold.training.moving_averages import FreshMovingAverages, moving_averages_lag, recompute_moving_averages
from tenfold.training.muon import without_muon
from tenfold.training.progressive import go_on_from, smaller_images
from tenfold.types import Images, Labels, Probabilities, Verbose

Status = Literal["trained", "interrupted", "diverged"]

_HDF5_BYTES = 500_000
"""More than a file of weights has beside the weights."""

PARITY_IMAGES = 200
"""Test images for which the formats of a model are compared."""

LARGEST_DIFFERENCE, CLEAR_MARGIN = 1e-4, 2e-4
"""Probabilities of two formats differ by so much at most; labels are equal where the two largest differ by more."""


@dataclass(frozen=True)
class Learned:
    """What training led to.

    Args:
        model: What is saved.
        network: The network itself, or the first of those that the model averages.
        log: How the training went, epoch by epoch.
        status: How it ended.
        message: Why, if it diverged.
        networks: How many networks the model averages.
        finished: How many of them were trained to the end.
        calibration: How far its probabilities can be believed, and what it rejects.
        metadata: What its ONNX file says about it; None until it is calibrated.
        expected: Its probabilities for the first `PARITY_IMAGES` test images, which its ONNX file has to give as well.
        onnx_difference: The largest difference of those from the file's; None until there is one.
    """

    model: Any
    network: Any
    log: EpochLog
    status: Status
    message: str = ""
    networks: int = 1
    finished: int = 0
    calibration: Calibration = field(default_factory=Calibration)
    metadata: Metadata | None = None
    expected: Probabilities | None = None
    onnx_difference: float | None = None


def learn(model: Any, plan: Plan, verbose: Verbose, log: EpochLog) -> Learned:
    """Fit a model, and what else is averaged, as a recipe says.

    What was learnt so far survives Ctrl-C, SIGTERM and a diverging loss: the networks that are finished or, where
    there is none, the first one as it stands.

    Args:
        model: The first network, as `build` made it.
        plan: Recipe and data.
        verbose: As in `tenfold.fit`.
        log: Gets a row for each epoch.
    """
    recipe, finished, material = plan.recipe, list[Any](), _material(plan)
    status: Status = "trained"
    message = ""
    try:
        for number in range(recipe.networks):
            network = build(recipe, plan.dataset, plan.images_per_epoch, number) if number else model
            if recipe.networks > 1 and verbose:
                stderr.print(f"Network {number + 1} of {recipe.networks}")
            _fit(network, plan, material, network_seed(recipe, number), verbose, log)
            finished.append(network)
    except KeyboardInterrupt:
        status = "interrupted"
    except NonFiniteLossError as error:
        status, message = "diverged", str(error)
    if finished:
        log.keep(len(finished))
    else:
        _settle_moving_averages(model, plan, material[0])
    networks = finished or [model]
    if recipe.averaging:
        model = average_networks(networks, recipe.averaging, recipe.name)
    return Learned(model, networks[0], log, status, message, len(networks), len(finished))


def _material(plan: Plan) -> tuple[Images, Any]:
    """All images that are learnt from, and their labels; strangers may be any class."""
    classes = len(plan.dataset.class_names)
    labels = encoded_labels(plan.recipe, plan.train.labels, classes)
    if plan.strangers is None:
        return plan.train.images, labels
    any_class = np.full((len(plan.strangers), classes), 1 / classes, np.float32)
    return np.concatenate([plan.train.images, plan.strangers]), np.concatenate([labels, any_class])


def _fit(network: Any, plan: Plan, material: tuple[Images, Any], seed: int, verbose: Verbose, log: EpochLog) -> None:
    """Train a network, on smaller images at first where the recipe says so."""
    training, (images, labels) = plan.recipe.training, material
    if small_epochs := training.small_epochs:
        assert training.progressive_resizing
        scale = training.progressive_resizing.scale
        smaller = build_smaller(network, plan.recipe, plan.dataset, plan.images_per_epoch)
        enough = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: setattr(smaller, "stop_training", epoch + 1 == small_epochs)
        )
        try:
            _fit_at(scale, smaller, plan, (smaller_images(images, scale), labels), seed, verbose, [log, enough])
        finally:  # what was learnt survives Ctrl-C
            if smaller.optimizer.built:
                go_on_from(smaller, network)
    callbacks = [log, *_early_stopping(training.early_stopping)]
    _fit_at(1.0, network, plan, material, seed, verbose, callbacks, initial_epoch=small_epochs)
    _settle_moving_averages(network, plan, images)


def _fit_at(
    scale: float,
    network: Any,
    plan: Plan,
    material: tuple[Images, Any],
    seed: int,
    verbose: Verbose,
    callbacks: list[Any],
    initial_epoch: int = 0,
) -> None:
    recipe, validation_data = plan.recipe, None
    if validation := plan.validation:
        labels = encoded_labels(recipe, validation.labels, network.output_shape[1])
        validation_data = smaller_images(validation.images, scale), labels
        callbacks = [FreshMovingAverages(material[0], recipe.training.batch_size), *callbacks]
    fit(
        network,
        *material,
        batch_size=recipe.training.batch_size,
        epochs=recipe.training.epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_data=validation_data,
        class_weight=plan.class_weight,
        initial_epoch=initial_epoch,
        seed=seed,
        augmentation=recipe.augmentation and at_scale(recipe.augmentation, scale),
    )


def _settle_moving_averages(network: Any, plan: Plan, images: Images) -> None:
    """Make them fit the weights, where those that were gathered along the way do not."""
    recipe, steps = plan.recipe, int(network.optimizer.iterations)
    small_steps = recipe.training.small_epochs * recipe.training.steps_per_epoch(len(images))
    whole = max(0, steps - small_steps)  # on images of their whole size
    # Early stopping goes back to an epoch whose averages validation has settled, if there is any.
    restored = recipe.training.early_stopping and plan.validation is None
    if steps and (recipe.compile.ema_momentum or restored or moving_averages_lag(network, whole)):
        recompute_moving_averages(network, images, recipe.training.batch_size)


def encoded_labels(recipe: Recipe, labels: Labels, classes: int) -> Any:
    """Labels as a recipe's loss takes them: one-hot uint8 [n, classes], or integers [n] as they are."""
    if recipe.compile.loss == "categorical_crossentropy":
        return np.eye(classes, dtype=np.uint8)[labels]
    return labels


def _early_stopping(settings: EarlyStopping | None) -> list[Any]:
    if settings is None:
        return []
    return [keras.callbacks.EarlyStopping(**settings.model_dump(), restore_best_weights=True)]


def calibrated(learned: Learned, plan: Plan) -> Learned:
    """Measure how far a model that was trained to the end can be believed."""
    with plan.watch.stage("calibration"):
        metadata = plan.metadata
        calibration = calibrate(learned.model, plan, metadata)
    metadata = replace(
        metadata, temperature=calibration.temperature, rejection_threshold=calibration.rejection_threshold
    )
    return replace(learned, calibration=calibration, metadata=metadata)


def save_keras(learned: Learned, folder: RunFolder) -> None:
    """Save a model for Keras, and its weights alone."""
    model = learned.model
    without_muon(model)
    with atomic_path(folder.keras_model) as path:
        model.save(path, overwrite=True)
    # HDF5 tells of a full disk in several tracebacks.
    check_room(folder.weights, _HDF5_BYTES + 4 * model.count_params())
    with atomic_path(folder.weights) as path:
        # A compiled model would put its optimiser's state in as well.
        keras.Model(model.inputs, model.outputs, name=model.name).save_weights(path, overwrite=True)


def save_onnx(learned: Learned, plan: Plan, folder: RunFolder, metrics: Metrics | None = None) -> Learned:
    """Save a model for ONNX Runtime, if the file gives what the Keras model gives.

    Args:
        learned: The trained model.
        plan: What it was trained on.
        folder: Where it goes.
        metrics: Those of the final evaluation, once there are any.

    Returns:
        The same, with what was compared.

    Raises:
        ParityError: The file would give something else. It is not written; one of before is removed.
    """
    metadata = learned.metadata or plan.metadata
    if metrics:
        metadata = replace(metadata, accuracy=metrics.accuracy, test_count=metrics.count)
    images = plan.dataset.test.images[:PARITY_IMAGES]
    expected = learned.expected
    if expected is None:
        negative = is_negative(images, metadata.polarity) & metadata.inverts_negatives
        positives = np.where(negative[:, np.newaxis, np.newaxis, np.newaxis], 255 - images, images)
        expected = np.asarray(learned.model.predict_on_batch(positives))
    difference = None

    def check(path: Path) -> None:
        nonlocal difference
        if not np.isfinite(expected).all():  # of a training that diverged: no format gives probabilities
            return
        found = load_onnx(path).probabilities(images)
        if problem := disagreement(expected, found):
            raise ParityError(
                f"model.onnx was not written, as it disagrees with the Keras model: {problem}. This is a defect of "
                f"Tenfold; please report it with {folder.recipe}. The rest of the run is kept in {folder.path}."
            )
        difference = float(np.abs(found - expected).max())

    try:
        write_onnx(learned.model, folder.onnx_model, metadata, learned.calibration.distances, check)
    except ParityError:
        folder.onnx_model.unlink(missing_ok=True)
        raise
    return replace(learned, expected=expected, onnx_difference=difference)


def disagreement(expected: Probabilities, found: Probabilities) -> str:
    """How the probabilities of two formats of one model differ by more than rounding, in words; empty if they do not.

    Args:
        expected: Of the Keras model, [n, classes].
        found: Of the other format, [n, classes].
    """
    second, first = np.sort(expected, axis=1)[:, -2:].T
    clear = first - second > CLEAR_MARGIN
    labels = int((clear & (expected.argmax(axis=1) != found.argmax(axis=1))).sum())
    difference = float(np.abs(found - expected).max())
    if not labels and difference <= LARGEST_DIFFERENCE:
        return ""
    return (
        f"another label for {labels} of {len(expected)} test images, probabilities that differ by up to "
        f"{difference:.2g} (at most {LARGEST_DIFFERENCE:g} is rounding)"
    )
