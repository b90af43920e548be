"""Training within a time limit: the pace is measured first, and network and epochs follow from it."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenfold.errors import DataError, RecipeError
from tenfold.models.architectures import outline_model
from tenfold.models.arithmetic import layer_arithmetic
from tenfold.recipes.augmentation import refuse_label_changing
from tenfold.recipes.auto import LEVELS, Level, auto_recipe
from tenfold.recipes.layers import Conv2D
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.recipes.wording import augmentation_in_words, counted
from tenfold.run.building import build
from tenfold.run.calibrate import MOST_IMAGES
from tenfold.run.duration import duration_in_words
from tenfold.run.learning import encoded_labels
from tenfold.run.plan import Plan, training_splits, with_settled_epochs
from tenfold.run.provenance import available_cores
from tenfold.terminal import stderr
from tenfold.training.class_weights import class_weights
from tenfold.training.pace import measure_pace
from tenfold.types import Verbose

_OPTIMIZER, _RESIZING = "compile.optimizer", "training.progressive_resizing"
_SPARED = 0.03
# Calibrating, saving, figures and report: with many test images, a second longer than with a few.
_LEAST_FINISH_SECONDS, _MANY_TEST_IMAGES = 1.5, 10_000
_MEASURED_SECONDS = 2.0
# Tracing a program, and reading what was compiled for it from the cache.
_CACHED_COMPILE_SECONDS = 0.8
# Forward, gradient of the inputs and of the weights: each a product and a sum.
_OPERATIONS_PER_PRODUCT = 6
_MOST_OPERATIONS_PER_SECOND_AND_CORE = 400e9


@dataclass(frozen=True)
class Forecast:
    """What fits into the time.

    Args:
        recipe: With the epochs that fit.
        epochs_in_time: How many epochs would fit, perhaps a fraction of one; not above 0 where nothing fits.
        epoch_seconds: How long each takes, of all networks that are averaged.
        fixed_seconds: Everything else, from the start of the process to the finished run.
    """

    recipe: Recipe
    epochs_in_time: float
    epoch_seconds: float
    fixed_seconds: float

    @property
    def seconds(self) -> float:
        """From the start of the process to the finished run."""
        return self.fixed_seconds + min(self.epochs_in_time, self.recipe.training.epochs) * self.epoch_seconds


def within_time_limit(plan: Plan, limit_seconds: float, verbose: Verbose) -> Plan:
    """Lower a recipe's epochs until its run is finished within a time; with less than one, its images, too.

    Raises:
        RecipeError: Starting and finishing alone take longer.
    """
    notes = _Notes(verbose)
    forecast = _forecast(plan, plan.recipe, limit_seconds)
    _check(forecast, limit_seconds)
    notes.add(f"Time for {_described(forecast)}")
    return _settled(plan, forecast, limit_seconds, notes)


def automatic(plan: Plan, overrides: Sequence[str], limit_seconds: float, verbose: Verbose) -> Plan:
    """Choose network, training and epochs by the data and the time.

    Args:
        plan: With the data, and the recipe `auto` as it was read.
        overrides: What the user sets.
        limit_seconds: For the whole run.
        verbose: Whether to say what was chosen and why.

    Raises:
        RecipeError: Starting and finishing alone take longer.
    """
    slowness, notes = 1.0, _Notes(verbose)
    for level in (*LEVELS, None):
        name, least_epochs = (level.name, level.least_epochs) if level else ("quick", 1)
        recipe = _candidate(plan, level, overrides)
        left = limit_seconds - plan.watch.total()
        least_seconds = slowness * _least_seconds(plan, recipe)
        if level and left / least_seconds < least_epochs:
            notes.add(f"{name}: needs at least {counted(least_epochs, 'epoch')}, for which there is no time")
            continue
        forecast = _forecast(plan, recipe, limit_seconds)
        # Lighter networks use a machine less well than this one does.
        slowness *= max(1.0, forecast.epoch_seconds / least_seconds)
        enough = forecast.epochs_in_time >= least_epochs
        short = f", too few for it, which needs {least_epochs}"
        notes.add(f"{name}: {_described(forecast)}{'' if enough else short}")
        if enough:
            break
    _check(forecast, limit_seconds)
    training = forecast.recipe.training
    recipe = _candidate(plan, level, overrides, training.epochs)  # which decide how much images are varied
    recipe = recipe.model_copy(update={"training": training})
    notes.add(_why(plan, recipe, name))
    return _settled(plan, replace(forecast, recipe=recipe), limit_seconds, notes)


def _why(plan: Plan, recipe: Recipe, name: str) -> str:
    """What was chosen, and what decided it."""
    training, varied = recipe.training, recipe.augmentation
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
    suitable = [one for one in overrides if not one.startswith((_OPTIMIZER, _RESIZING))]
    recipe = load_recipe("quick", [one_hot, *suitable], named.data or dataset.name)
    if any(one.startswith(_OPTIMIZER) for one in overrides):
        # What the user sets is for the levels' optimiser; that of `quick` may not have it.
        compile_settings = recipe.compile.model_copy(update={"optimizer": named.compile.optimizer})
        recipe = recipe.model_copy(update={"compile": compile_settings})
    return with_settled_epochs(recipe.model_copy(update={"name": named.name, "data": named.data}), images)


def _least_seconds(plan: Plan, recipe: Recipe) -> float:
    """Less than an epoch is likely to take on such a machine, without trying: saves the time of measuring."""
    outline = outline_model(recipe.network, plan.dataset.image_shape, len(plan.dataset.class_names))
    products = sum(layer.multiply_adds for layer in layer_arithmetic(outline))
    rate = _MOST_OPERATIONS_PER_SECOND_AND_CORE * available_cores()
    return _OPERATIONS_PER_PRODUCT * products * plan.images_per_epoch / rate


def _forecast(plan: Plan, recipe: Recipe, limit_seconds: float) -> Forecast:
    """Build the network and measure its pace; what is left of the time then, but for finishing, is for epochs."""
    started = time.perf_counter()
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    labels = encoded_labels(recipe, plan.train.labels, len(plan.dataset.class_names))
    building = time.perf_counter() - started
    batch_size = recipe.training.batch_size
    pace = measure_pace(model, plan.train.images, labels, batch_size, recipe.augmentation, _MEASURED_SECONDS)
    # A pass forward is about a third of a step, but with what all layers give, by ONNX Runtime, as long as one.
    calibrated = min(2 * MOST_IMAGES, len(plan.train))
    images = len(plan.dataset.test) / 3 + calibrated
    evaluating = recipe.runs_per_image * pace.epoch_seconds * images / len(plan.train)
    finishing = _LEAST_FINISH_SECONDS + min(1.0, len(plan.dataset.test) / _MANY_TEST_IMAGES)
    # The schedule is part of the program: with other epochs, it is compiled once more; with these, it is in the cache.
    fixed = plan.watch.total() + recipe.networks * (building + pace.compile_seconds) + evaluating + finishing
    validated = len(plan.validation) / len(plan.train) if plan.validation else 0.0
    passes = recipe.networks * plan.images_per_epoch / len(plan.train)
    epoch_seconds = passes * pace.epoch_seconds * (1 + validated / 3)
    left = (1 - _SPARED) * limit_seconds - fixed
    again = recipe.networks * pace.compile_seconds  # compiled once more, for smaller images
    if resized := _with_smaller_images(recipe, left - again, epoch_seconds, fixed + again):
        return resized
    in_time = left / epoch_seconds
    if in_time >= recipe.training.epochs:
        fixed -= recipe.networks * max(0.0, pace.compile_seconds - _CACHED_COMPILE_SECONDS)
    training = recipe.training.model_copy(update={"epochs": min(recipe.training.epochs, max(1, int(in_time)))})
    if 0 < in_time < 1:
        training = training.model_copy(update={"fraction": _rounded_down(in_time * training.fraction)})
    return Forecast(recipe.model_copy(update={"training": training}), in_time, epoch_seconds, fixed)


def _with_smaller_images(
    recipe: Recipe, left_seconds: float, epoch_seconds: float, fixed_seconds: float
) -> Forecast | None:
    """What fits with progressive resizing; None without it, or where there is no time for two epochs.

    Args:
        recipe: With as many epochs as can be of use.
        left_seconds: For epochs.
        epoch_seconds: Of an epoch on whole images.
        fixed_seconds: See `Forecast`.
    """
    if not (resizing := recipe.training.progressive_resizing):
        return None
    saved = 1 - resizing.scale**2
    most = left_seconds / epoch_seconds / (1 - resizing.share * saved)  # rounding leaves fewer small ones
    for epochs in range(min(recipe.training.epochs, int(most)), 1, -1):
        training = recipe.training.model_copy(update={"epochs": epochs})
        seconds = (epochs - training.small_epochs * saved) * epoch_seconds
        if seconds <= left_seconds:
            return Forecast(recipe.model_copy(update={"training": training}), epochs, seconds / epochs, fixed_seconds)
    return None


def _rounded_down(share: float) -> float:
    """To hundredths, or to two digits where it is less than a tenth."""
    parts = 10.0 ** max(2, 1 - math.floor(math.log10(share)))
    return math.floor(share * parts) / parts


def _check(forecast: Forecast, limit_seconds: float) -> None:
    training = forecast.recipe.training
    drawn = training.redrawn or training.strangers  # for all images; drawing again for fewer would take its time, too
    if forecast.epochs_in_time <= 0 or (drawn and forecast.epochs_in_time < 1):
        raise _too_short(forecast, limit_seconds)


def _too_short(forecast: Forecast, limit_seconds: float) -> RecipeError:
    least = 1.1 * (forecast.fixed_seconds + forecast.epoch_seconds)
    return RecipeError(
        f"The time limit is {duration_in_words(limit_seconds)}; starting and finishing take "
        f"{duration_in_words(forecast.fixed_seconds)}, one epoch {duration_in_words(forecast.epoch_seconds)}. "
        f"Allow more, such as --time-limit {math.ceil(least)}s."
    )


def _settled(plan: Plan, forecast: Forecast, limit_seconds: float, notes: "_Notes") -> Plan:
    """The plan with the recipe that fits."""
    recipe = forecast.recipe
    if recipe.augmentation:
        refuse_label_changing(recipe.augmentation, plan.dataset.class_names, plan.dataset.image_shape)
    notes.add(f"Predicted to take {duration_in_words(forecast.seconds)} from start to end.")
    predicted = round(forecast.seconds, 1)
    plan = replace(plan, recipe=recipe, predicted_seconds=predicted, time_limit_notes=tuple(notes.lines))
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
    if forecast.epochs_in_time < 1:
        return f"{convolutions}one epoch with {100 * training.fraction:.2g}% of the images"
    epochs = counted(training.epochs, "epoch")
    return f"{convolutions}{epochs} of {duration_in_words(forecast.epoch_seconds)}"


class _Notes:
    """What is said on the way, for the run as well."""

    def __init__(self, verbose: Verbose) -> None:
        self.lines: list[str] = []
        self._verbose = verbose

    def add(self, text: str) -> None:
        self.lines.append(text)
        if self._verbose:
            stderr.print(text)
