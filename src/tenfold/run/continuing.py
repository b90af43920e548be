"""Training a finished run further: its model and its history become a checkpoint, from which it is resumed."""

from dataclasses import replace
from typing import Any

import numpy as np

from tenfold.errors import RunError
from tenfold.files import write_text
from tenfold.keras_internals import build_variables, learning_rate_as_given, seed_states
from tenfold.keras_on_jax import keras
from tenfold.recipes.recipe import Recipe, dump_recipe
from tenfold.record import RunRecord, write_record
from tenfold.run.building import build
from tenfold.run.learning import fit_callbacks, network_name, training_material
from tenfold.run.plan import Plan
from tenfold.run.run_folder import RunFolder, read_history
from tenfold.training.callback_states import callback_states
from tenfold.training.checkpoint import Snapshot, epoch_start, write_checkpoint
from tenfold.training.epoch_log import EpochLog
from tenfold.training.moving_averages import moving_averages_lag
from tenfold.training.step import read_state


def continued(plan: Plan, folder: RunFolder, record: RunRecord, epochs: int) -> Plan:
    """Prepare a finished run to be trained further; gives its plan with more epochs.

    Args:
        plan: Of the run as it was trained.
        folder: The run's; gets the checkpoint first, then the recipe and the record.
        record: The run's; its status becomes "training".
        epochs: In all.

    Raises:
        RunError: There are not more epochs, or more epochs would not give what training with them at once gives.
    """
    recipe = plan.recipe
    if epochs <= recipe.training.epochs:
        raise RunError(f"{folder.path} has {recipe.training.epochs} epochs already; expected more than that.")
    if reason := _obstacle(recipe):
        raise RunError(f"{folder.path} cannot be trained further: {reason}. Train anew with --epochs {epochs}.")
    model = keras.saving.load_model(folder.keras_model)
    if moving_averages_lag(model, int(model.optimizer.iterations)):
        raise RunError(
            f"{folder.path} cannot be trained further: it had so few steps that its moving averages were computed "
            f"anew at the end. Train anew with --epochs {epochs}."
        )
    longer = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": epochs})})
    plan = replace(plan, recipe=longer)
    images, labels = training_material(plan)
    network = build(longer, plan.dataset, plan.images_per_epoch)
    build_variables(network, (images[:1], labels[:1]))
    _take_over(network, model, record.network.seeds)
    log = EpochLog(at_start=lambda: None)
    log.rows, log.starts, log.seconds = read_history(folder), [0], record.seconds.epochs
    states = callback_states([*fit_callbacks(plan, images, log), keras.callbacks.History()])
    position = epoch_start(recipe.training.epochs)
    write_checkpoint(folder.checkpoints / network_name(0), Snapshot(position, False, {}, read_state(network), states))
    write_text(folder.recipe, dump_recipe(longer))
    record.status = "training"
    write_record(folder.run, record)
    return plan


def _obstacle(recipe: Recipe) -> str:
    """Why the files of a run do not hold the state that its training ended with; empty if they do."""
    training, settings = recipe.training, recipe.compile
    obstacles = {
        "its model averages several networks": recipe.networks > 1 or bool(recipe.averaging),
        "its learning-rate schedule is stretched over its epochs": settings.schedule.name in ("cosine", "one-cycle"),
        "its weights are moving averages of those that were trained": bool(settings.ema_momentum),
        "early stopping went back to its best epoch": bool(training.early_stopping),
        "its first epochs saw smaller images": bool(training.progressive_resizing),
        "model.keras does not hold the state of the optimiser muon": settings.optimizer.name == "muon",
    }
    return next((reason for reason, holds in obstacles.items() if holds), "")


def _take_over(network: Any, model: Any, seeds: list[list[int]]) -> None:
    """Give a network the weights, the optimiser's state and the seeds of a run."""
    network.set_weights(model.get_weights())
    # With more epochs, a rate that was a constant may be a schedule, which has no variable.
    states = [
        [variable for variable in one.optimizer.variables if variable is not learning_rate_as_given(one.optimizer)]
        for one in (network, model)
    ]
    for ours, theirs in zip(*states, strict=True):
        ours.assign(theirs)
    for variable, seed in zip(seed_states(network), seeds, strict=True):
        variable.assign(np.asarray(seed, np.uint32))
