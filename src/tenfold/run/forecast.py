"""How long a run is going to take, and how many epochs fit into a time: measured on this machine, on this data."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tenfold.models.architectures import outline_model
from tenfold.models.arithmetic import layer_arithmetic
from tenfold.recipes.recipe import Recipe
from tenfold.run.building import build
from tenfold.run.calibrate import MOST_IMAGES, redrawn_images
from tenfold.run.learning import encoded_labels
from tenfold.run.plan import Plan
from tenfold.run.provenance import available_cores
from tenfold.training.compile_cache import programs_are_kept
from tenfold.training.moving_averages import moving_averages_lag
from tenfold.training.pace import Pace, measure_pace

_SPARED = 0.03
# Saving, figures and report; the saved model is compared with the trained one, whose layers are compiled one by one.
# Figures take longer for many classes.
_FINISH_SECONDS, _FINISH_SECONDS_PER_LAYER, _FINISH_SECONDS_PER_CLASS = 0.9, 0.05, 0.004
_MANY_TEST_IMAGES = 10_000  # which take figures a second longer than a few
_MEASURED_SECONDS = 2.0
# Tracing a program, and reading what was compiled for it from the cache.
_CACHED_COMPILE_SECONDS = 0.5
_REDRAWING_SECONDS = 0.001  # of each image in another hand
# Forward, gradient of the inputs and of the weights: each a product and a sum.
_OPERATIONS_PER_PRODUCT = 6
# The peak of a core with two vector units of 16 products and sums a cycle, at 3 GHz; networks reach about half of it.
_MOST_OPERATIONS_PER_SECOND_AND_CORE = 200e9


PaceOf = Callable[..., Pace]
"""`measure_pace`, or what stands in for it where the pace is known."""


class Measured(NamedTuple):
    """What was found out about a network.

    Args:
        recipe: Its recipe.
        pace: Of one network.
        settles: Whether its moving averages are computed anew in the end, by a program of its own.
        seconds: What finding it out takes with nothing compiled yet.
    """

    recipe: Recipe
    pace: Pace
    settles: bool
    seconds: float


@dataclass(frozen=True)
class Forecast:
    """What fits into the time.

    Args:
        recipe: With the epochs that fit.
        epochs_in_time: How many epochs would fit, perhaps a fraction of one; not above 0 where nothing fits.
        epoch_seconds: How long each takes, of all networks that are averaged.
        fixed_seconds: Everything else, from the start of the process to the finished run.
        left_seconds: Of the time, for epochs.
        shortest_seconds: To allow for a run with one epoch.
    """

    recipe: Recipe
    epochs_in_time: float
    epoch_seconds: float
    fixed_seconds: float
    left_seconds: float
    shortest_seconds: float

    @property
    def seconds(self) -> float:
        """From the start of the process to the finished run."""
        return self.fixed_seconds + min(self.epochs_in_time, self.recipe.training.epochs) * self.epoch_seconds


def least_epoch_seconds(plan: Plan, recipe: Recipe) -> float:
    """Less than an epoch is likely to take on such a machine, without trying: saves the time of measuring."""
    outline = outline_model(recipe.network, plan.dataset.image_shape, len(plan.dataset.class_names))
    products = sum(layer.multiply_adds for layer in layer_arithmetic(outline))
    rate = _MOST_OPERATIONS_PER_SECOND_AND_CORE * available_cores()
    return _OPERATIONS_PER_PRODUCT * products * plan.images_per_epoch / rate


def measure(plan: Plan, recipe: Recipe, pace_of: PaceOf = measure_pace) -> Measured:
    """Build a recipe's network and measure its pace.

    Args:
        plan: The data.
        recipe: The network, and how it is trained.
        pace_of: Measures it.
    """
    started = time.perf_counter()
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    labels = encoded_labels(recipe, plan.train.labels, len(plan.dataset.class_names))
    batch_size = recipe.training.batch_size
    pace = pace_of(model, plan.train.images, labels, batch_size, recipe.augmentation, _MEASURED_SECONDS)
    steps = recipe.training.epochs * recipe.training.steps_per_epoch(plan.images_per_epoch)
    settles = moving_averages_lag(model, 0 if plan.validation or recipe.compile.ema_momentum else steps)
    return Measured(recipe, pace, settles, time.perf_counter() - started + pace.saved_seconds)


def make_forecast(plan: Plan, measured: Measured, limit_seconds: float) -> Forecast:
    """What is left of the time now, but for compiling and finishing, is for epochs.

    Args:
        plan: The data, and a clock that has run since the process started.
        measured: Its recipe has as many epochs as can be of use.
        limit_seconds: For the whole run.
    """
    recipe, pace = measured.recipe, measured.pace
    # What the first network's program was compiled to, the others' find in the cache, if there is one.
    cached = min(pace.compile_seconds, _CACHED_COMPILE_SECONDS if programs_are_kept() else math.inf)
    compiling = pace.compile_seconds + (recipe.networks - 1) * cached
    validated = len(plan.validation) / len(plan.train) if plan.validation else 0.0
    # A pass forward is about a third of a step, and so is its program.
    passes_forward = compiling / 3 * (bool(validated) + measured.settles)
    fixed = plan.watch.total() + compiling + passes_forward + _finishing_seconds(plan, recipe, pace)
    # Measuring has compiled the program that trains, for any number of epochs; weights and strangers change it.
    known = plan.class_weight is None and plan.strangers is None
    saved = compiling - recipe.networks * cached if known else 0.0
    fixed -= saved
    passes = recipe.networks * plan.images_per_epoch / len(plan.train)
    epoch_seconds = passes * pace.epoch_seconds * (1 + validated / 3)
    left = (1 - _SPARED) * limit_seconds - fixed
    shortest = (fixed + epoch_seconds) / (1 - _SPARED)
    if resized := _with_smaller_images(recipe, left - compiling, epoch_seconds):
        recipe, epoch_seconds = resized
        left, fixed = left - compiling, fixed + compiling  # smaller images have a program of their own
        return Forecast(recipe, recipe.training.epochs, epoch_seconds, fixed, left, shortest)
    if left < epoch_seconds:
        left, fixed = left - saved, fixed + saved  # so has a share of the images
    in_time = left / epoch_seconds
    return Forecast(_with_whole_images(recipe, in_time), in_time, epoch_seconds, fixed, left, shortest)


def _finishing_seconds(plan: Plan, recipe: Recipe, pace: Pace) -> float:
    """Calibrating, saving, evaluating, figures and report."""
    redrawn, tested = redrawn_images(plan), len(plan.dataset.test)
    # A pass forward is about a third of a step, but with what all layers give, by ONNX Runtime, as long as one.
    images = tested / 3 + min(2 * MOST_IMAGES, len(plan.train)) + redrawn
    passing = recipe.runs_per_image * pace.epoch_seconds * images / len(plan.train)
    layers, classes = recipe.networks * len(recipe.network), len(plan.dataset.class_names)
    always = _FINISH_SECONDS + _FINISH_SECONDS_PER_LAYER * layers + _FINISH_SECONDS_PER_CLASS * classes
    return passing + always + min(1.0, tested / _MANY_TEST_IMAGES) + redrawn * _REDRAWING_SECONDS


def _with_whole_images(recipe: Recipe, epochs_in_time: float) -> Recipe:
    """What fits without progressive resizing; less than an epoch takes a share of the images."""
    settled: dict[str, Any] = {
        "epochs": min(recipe.training.epochs, max(1, int(epochs_in_time))),
        "progressive_resizing": None,
    }
    if 0 < epochs_in_time < 1:
        settled["fraction"] = _rounded_down(epochs_in_time * recipe.training.fraction)
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=settled)})


def _with_smaller_images(recipe: Recipe, left_seconds: float, epoch_seconds: float) -> tuple[Recipe, float] | None:
    """What fits with progressive resizing; None without it, or where there is no time for two epochs and compiling.

    Args:
        recipe: With as many epochs as can be of use.
        left_seconds: For epochs.
        epoch_seconds: Of an epoch on whole images.

    Returns:
        The recipe with the epochs that fit, and how long each of them takes on average.
    """
    if not (resizing := recipe.training.progressive_resizing):
        return None
    saved = 1 - resizing.scale**2
    most = left_seconds / epoch_seconds / (1 - resizing.share * saved)  # rounding leaves fewer small ones
    for epochs in range(min(recipe.training.epochs, int(most)), 1, -1):
        training = recipe.training.model_copy(update={"epochs": epochs})
        seconds = (epochs - training.small_epochs * saved) * epoch_seconds
        if seconds <= left_seconds:
            return recipe.model_copy(update={"training": training}), seconds / epochs
    return None


def _rounded_down(share: float) -> float:
    """To hundredths, or to two digits where it is less than a tenth."""
    parts = 10.0 ** max(2, 1 - math.floor(math.log10(share)))
    return math.floor(share * parts) / parts
