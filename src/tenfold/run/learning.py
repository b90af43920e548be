"""The stage that trains: from a plan to a fitted Keras model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tenfold.errors import NonFiniteLossError
from tenfold.events import sink
from tenfold.keras_on_jax import keras
from tenfold.models.averaging import average_networks
from tenfold.recipes.augmentation import at_scale
from tenfold.recipes.recipe import Recipe
from tenfold.run.building import build, build_smaller, network_seed
from tenfold.run.plan import Plan
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit
from tenfold.training.moving_averages import FreshMovingAverages, moving_averages_lag, recompute_moving_averages
from tenfold.training.progressive import go_on_from, smaller_images
from tenfold.types import Images, Labels


@dataclass(frozen=True)
class Learned:
    """What training led to.

    Args:
        model: What is saved.
        status: How it ended.
        message: Why, if it diverged.
        networks: How many networks the model averages.
        finished: How many of them were trained to the end.
    """

    model: Any
    status: Literal["trained", "interrupted", "diverged"]
    message: str = ""
    networks: int = 1
    finished: int = 0


def learn(model: Any, plan: Plan, checkpoints: Path, log: EpochLog) -> Learned:
    """Fit a model, and what else is averaged, as a recipe says.

    Every fit has a checkpoint of its own, which stays when it is done. So a training that is begun again passes over
    what is done, and continues where it was.

    What was learnt so far survives Ctrl-C, SIGTERM and a diverging loss: the networks that are finished or, where
    there is none, the first one as it stands.

    Args:
        model: The first network, as `build` made it.
        plan: Recipe and data.
        checkpoints: The folder for the checkpoints.
        log: Gets a row for each epoch.
    """
    recipe, finished, material = plan.recipe, list[Any](), training_material(plan)
    status: Literal["trained", "interrupted", "diverged"] = "trained"
    message = ""
    try:
        for number in range(recipe.networks):
            network = build(recipe, plan.dataset, plan.images_per_epoch, number) if number else model
            if recipe.networks > 1:
                sink().line(f"Network {number + 1} of {recipe.networks}")
            _fit(network, plan, material, network_seed(recipe, number), checkpoints / network_name(number), log)
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
    return Learned(model, status, message, len(networks), len(finished))


def network_name(number: int) -> str:
    """The name of the checkpoint of one of several networks, counted from 0."""
    return f"network-{number + 1}"


def training_material(plan: Plan) -> tuple[Images, Any]:
    """All images that are learnt from, and their labels; strangers may be any class."""
    classes = len(plan.dataset.class_names)
    labels = encoded_labels(plan.recipe, plan.train.labels, classes)
    if plan.strangers is None:
        return plan.train.images, labels
    any_class = np.full((len(plan.strangers), classes), 1 / classes, np.float32)
    return np.concatenate([plan.train.images, plan.strangers]), np.concatenate([labels, any_class])


def _fit(network: Any, plan: Plan, material: tuple[Images, Any], seed: int, checkpoint: Path, log: EpochLog) -> None:
    """Train a network, on smaller images at first where the recipe says so."""
    training, (images, labels) = plan.recipe.training, material
    if small_epochs := training.small_epochs:
        assert training.progressive_resizing
        scale = training.progressive_resizing.scale
        smaller = build_smaller(network, plan.recipe, plan.dataset, plan.images_per_epoch)
        small = smaller_images(images, scale)
        callbacks = fit_callbacks(plan, small, log, early_stopping=False)
        try:
            _fit_at(scale, smaller, plan, (small, labels), seed, checkpoint / "small", callbacks, range(small_epochs))
        finally:  # what was learnt survives Ctrl-C
            if smaller.optimizer.built:
                go_on_from(smaller, network)
    callbacks = fit_callbacks(plan, images, log)
    _fit_at(1.0, network, plan, material, seed, checkpoint, callbacks, range(small_epochs, training.epochs))
    _settle_moving_averages(network, plan, images)


def _fit_at(
    scale: float,
    network: Any,
    plan: Plan,
    material: tuple[Images, Any],
    seed: int,
    checkpoint: Path,
    callbacks: list[Any],
    epochs: range,
) -> None:
    recipe, validation_data = plan.recipe, None
    if validation := plan.validation:
        labels = encoded_labels(recipe, validation.labels, network.output_shape[1])
        validation_data = smaller_images(validation.images, scale), labels
    fit(
        network,
        *material,
        batch_size=recipe.training.batch_size,
        epochs=epochs.stop,
        callbacks=callbacks,
        validation_data=validation_data,
        class_weight=plan.class_weight,
        initial_epoch=epochs.start,
        seed=seed,
        augmentation=recipe.augmentation and at_scale(recipe.augmentation, scale),
        checkpoint=checkpoint,
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


def fit_callbacks(plan: Plan, images: Images, log: EpochLog, early_stopping: bool = True) -> list[Any]:
    """The callbacks of a fit, in their order.

    Args:
        plan: Recipe and data.
        images: What is trained on, at its size.
        log: Gets a row for each epoch.
        early_stopping: Whether the recipe's early stopping is among them.
    """
    training = plan.recipe.training
    callbacks = [FreshMovingAverages(images, training.batch_size)] if plan.validation else []
    callbacks.append(log)
    if early_stopping and training.early_stopping:
        settings = training.early_stopping.model_dump()
        callbacks.append(keras.callbacks.EarlyStopping(**settings, restore_best_weights=True))
    return callbacks
