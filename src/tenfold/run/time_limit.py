"""Training within a time limit: the pace is measured first, and network and epochs follow from it."""

import math
from collections.abc import Sequence
from dataclasses import replace

from tenfold.errors import DataError, RecipeError
from tenfold.events import sink
from tenfold.messages import Note
from tenfold.recipes.augmentation import refuse_label_changing
from tenfold.recipes.auto import LEVELS, Level, auto_recipe
from tenfold.recipes.layers import Conv2D
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.recipes.wording import augmentation_in_words, counted
from tenfold.run.duration import duration_in_words
from tenfold.run.forecast import Forecast, Measured, PaceOf, least_epoch_seconds, make_forecast, measure
from tenfold.run.plan import Plan, training_splits, with_settled_epochs
from tenfold.training.class_weights import class_weights
from tenfold.training.pace import measure_pace

_OPTIMIZER = "compile.optimizer"

# Finding out about a level takes so long at least, and so many times as long as finding out about `quick`.
_MEASURING_SECONDS, _TIMES_QUICK = 8.0, 2.0
# Of the time in which `quick` could train, what finding out about a level may take from it.
_MEASURING_SHARE = 0.2


def within_time_limit(plan: Plan, limit_seconds: float, *, pace_of: PaceOf = measure_pace) -> Plan:
    """Lower a recipe's epochs until its run is finished within a time; with less than one, its images, too.

    Args:
        plan: Recipe and data.
        limit_seconds: For the whole run.
        pace_of: Measures how fast a network trains on this machine.

    Raises:
        RecipeError: Starting and finishing alone take longer.
    """
    notes = _Notes()
    forecast = make_forecast(plan, measure(plan, plan.recipe, pace_of), limit_seconds)
    _check(forecast, limit_seconds)
    notes.add(f"Time for {_described(forecast)}")
    return _settled(plan, forecast, limit_seconds, notes)


def automatic(
    plan: Plan,
    overrides: Sequence[str],
    limit_seconds: float,
    *,
    levels: Sequence[Level] = LEVELS,
    pace_of: PaceOf = measure_pace,
) -> Plan:
    """Choose network, training and epochs by the data and the time.

    Args:
        plan: With the data, and the recipe `auto` as it was read.
        overrides: What the user sets.
        limit_seconds: For the whole run.
        levels: Networks to choose from, the heaviest first.
        pace_of: Measures how fast a network trains on this machine.

    Raises:
        RecipeError: Starting and finishing alone take longer.
    """
    notes = _Notes()
    level, forecast = _chosen_level(plan, overrides, limit_seconds, notes, levels, pace_of)
    _check(forecast, limit_seconds)
    training = forecast.recipe.training
    recipe = _candidate(plan, level, overrides, training.epochs)  # which decide how much images are varied
    recipe = recipe.model_copy(update={"training": training})
    notes.add(_why(plan, recipe, level))
    return _settled(plan, replace(forecast, recipe=recipe), limit_seconds, notes)


def _chosen_level(
    plan: Plan,
    overrides: Sequence[str],
    limit_seconds: float,
    notes: "_Notes",
    levels: Sequence[Level],
    pace_of: PaceOf,
) -> tuple[Level | None, Forecast]:
    """The heaviest level that there is time for; None, which is `quick`, where there is time for none."""
    # What is certain first: whatever is tried after it has to leave time for it.
    quick = measure(plan, _candidate(plan, None, overrides), pace_of)
    fallback, certain = make_forecast(plan, quick, limit_seconds), plan.watch.total()
    notes.add(f"quick: {_described(fallback)}")
    _check(fallback, limit_seconds)
    slowness = 1.0
    for level in levels:
        recipe = _candidate(plan, level, overrides)
        least_epochs = _least_epochs(level, recipe, plan.images_per_epoch)
        least_seconds = slowness * least_epoch_seconds(plan, recipe)
        fallback = make_forecast(plan, quick, limit_seconds)
        if ruled_out := _ruled_out(recipe, least_epochs, least_seconds, quick, fallback):
            notes.add(f"{level.name}: {ruled_out}")
            continue
        forecast = make_forecast(plan, measure(plan, recipe, pace_of), limit_seconds)
        said = f"{level.name}: {_described(forecast)}"
        if forecast.epochs_in_time >= least_epochs:
            notes.add(said)
            return level, forecast
        notes.add(f"{said}, too few for it, which needs {least_epochs:,}" if forecast.epochs_in_time > 0 else said)
        # Lighter networks use a machine less well than this one does.
        slowness *= max(1.0, forecast.epoch_seconds / least_seconds)
    return None, _quick_after_all(plan, quick, limit_seconds, plan.watch.total() - certain, notes)


def _quick_after_all(
    plan: Plan, quick: Measured, limit_seconds: float, in_vain_seconds: float, notes: "_Notes"
) -> Forecast:
    """What is left for `quick`; it had time, so that it is late rather than refused where the search took too long."""
    forecast = make_forecast(plan, quick, limit_seconds)
    if forecast.epochs_in_time > 0:
        return forecast
    notes.add(f"quick: it will be late, as finding this out took {duration_in_words(in_vain_seconds)}")
    # A tenth more, as some time has passed before and since, and a part of any limit is kept back.
    return make_forecast(plan, quick, limit_seconds + 1.1 * in_vain_seconds)


def _least_epochs(level: Level, recipe: Recipe, images: int) -> int:
    """Of few images, as many as make enough steps, or all that are set."""
    of_steps = -(-level.least_steps // recipe.training.steps_per_epoch(images))
    return max(level.least_epochs, min(of_steps, recipe.training.epochs))


def _ruled_out(recipe: Recipe, least_epochs: int, least_seconds: float, quick: Measured, fallback: Forecast) -> str:
    """Why a level need not be measured; empty if it is worth a try.

    Args:
        recipe: Of the level.
        least_epochs: That it needs.
        least_seconds: Of an epoch.
        quick: What was measured of `quick`.
        fallback: What `quick` could do now.
    """
    needs = f"needs at least {counted(least_epochs, 'epoch')}"
    if recipe.training.epochs < least_epochs:
        return f"{needs}, more than are set"
    left = fallback.left_seconds - max(_MEASURING_SECONDS, _TIMES_QUICK * quick.seconds)
    all_epochs = quick.recipe.training.epochs * fallback.epoch_seconds
    if left < min(all_epochs, (1 - _MEASURING_SHARE) * fallback.left_seconds):
        return "no time to measure its pace"
    # It is compiled for longer than `quick`; all else takes as long at least.
    if left - quick.pace.compile_seconds < least_epochs * least_seconds:
        return f"{needs}, for which there is no time"
    return ""


def _why(plan: Plan, recipe: Recipe, level: Level | None) -> str:
    """What was chosen, and what decided it."""
    training, varied, name = recipe.training, recipe.augmentation, level.name if level else "quick"
    how = augmentation_in_words(varied) if varied else "images as they are"
    height, width, channels = plan.dataset.image_shape
    return (
        f"Chosen: {name}, {recipe.compile.optimizer.name}, batches of {training.batch_size}, {how}; for "
        f"{counted(plan.images_per_epoch, 'image')} of {height}×{width}{' in colour' if channels == 3 else ''}, "
        f"{len(plan.dataset.class_names)} classes, {counted(training.epochs, 'epoch')}."
    )


def _candidate(plan: Plan, level: Level | None, overrides: Sequence[str], most_epochs: int | None = None) -> Recipe:
    """The recipe of a level, or `quick` for none."""
    images, dataset, named = plan.images_per_epoch, plan.dataset, plan.recipe
    if level:
        recipe = auto_recipe(level, images, dataset.image_shape, dataset.class_names, overrides, most_epochs)
        return with_settled_epochs(recipe.model_copy(update={"data": named.data}), images)
    # Its labels are one-hot as those of the levels, since what the user sets may need that.
    one_hot = f"compile.loss={named.compile.loss}"
    suitable = [one for one in overrides if not one.startswith(_OPTIMIZER)]
    recipe = load_recipe("quick", [one_hot, *suitable], named.data or dataset.name)
    if any(one.startswith(_OPTIMIZER) for one in overrides):
        # What the user sets is for the levels' optimiser; that of `quick` may not have it.
        compile_settings = recipe.compile.model_copy(update={"optimizer": named.compile.optimizer})
        recipe = recipe.model_copy(update={"compile": compile_settings})
    return with_settled_epochs(recipe.model_copy(update={"name": named.name, "data": named.data}), images)


def _check(forecast: Forecast, limit_seconds: float) -> None:
    training = forecast.recipe.training
    drawn = training.redrawn or training.strangers  # for all images; drawing again for fewer would take its time, too
    if forecast.epochs_in_time <= 0 or (drawn and forecast.epochs_in_time < 1):
        raise _too_short(forecast, limit_seconds)


def _too_short(forecast: Forecast, limit_seconds: float) -> RecipeError:
    shortest = forecast.shortest_seconds
    return RecipeError(
        f"The time limit is {duration_in_words(limit_seconds)}; a short run needs "
        f"{duration_in_words(shortest)} on this machine. Allow more, such as --time-limit {math.ceil(1.1 * shortest)}s."
    )


def _settled(plan: Plan, forecast: Forecast, limit_seconds: float, notes: "_Notes") -> Plan:
    """The plan with the recipe that fits."""
    recipe = forecast.recipe
    if recipe.augmentation:
        refuse_label_changing(recipe.augmentation, plan.dataset.class_names, plan.dataset.image_shape)
    notes.add(f"Predicted to take {duration_in_words(forecast.seconds)} from start to end.")
    predicted = round(forecast.seconds, 1)
    plan = replace(plan, recipe=recipe, predicted_seconds=predicted, time_limit_notes=tuple(notes.notes))
    if forecast.epochs_in_time >= 1:
        return plan
    try:
        train, validation = training_splits(plan.dataset, recipe.training)
    except DataError as error:  # not even an image of each class
        raise _too_short(forecast, limit_seconds) from error
    weights = class_weights(recipe.training, train.labels, plan.dataset.class_names)
    return replace(plan, train=train, validation=validation, class_weight=weights)


def _described(forecast: Forecast) -> str:
    recipe, training = forecast.recipe, forecast.recipe.training
    filters = [layer.filters for layer in recipe.network if isinstance(layer, Conv2D)]
    convolutions = f"{len(filters)} convolutions with {filters[0]} to {filters[-1]} filters, " if filters else ""
    if forecast.epochs_in_time <= 0:
        return f"{convolutions}no time for an epoch"
    if forecast.epochs_in_time < 1:
        return f"{convolutions}one epoch with {100 * training.fraction:.2g}% of the images"
    epochs = counted(training.epochs, "epoch")
    return f"{convolutions}{epochs} of {duration_in_words(forecast.epoch_seconds)}"


class _Notes:
    """What is said on the way, for the run as well."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def add(self, text: str) -> None:
        self.notes.append(Note("time_limit", "{text}", {"text": text}))
        sink().line(text)
