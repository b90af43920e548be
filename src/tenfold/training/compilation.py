"""From a recipe's settings to a compiled Keras model: optimiser, learning-rate schedule, loss, metrics."""

from typing import Any

from tenfold.keras_on_jax import keras
from tenfold.recipes.settings import Compile, Constant, Cosine, OneCycle, Step
from tenfold.training.muon import ConvolutionMuon

_OPTIMIZERS = {
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "muon": ConvolutionMuon,
    "sgd": keras.optimizers.SGD,
}


def compile_model(model: Any, settings: Compile, steps_per_epoch: int, epochs: int) -> None:
    """Compile a model as a recipe says, with accuracy as its metric.

    Only stock Keras objects go in, so that the saved model loads in plain Keras; `without_muon` takes out what is not.

    Args:
        model: A Keras model that ends in probabilities.
        settings: The recipe's `compile` table.
        steps_per_epoch: Batches in an epoch, the smaller last one included.
        epochs: How many epochs the schedule is stretched over.
    """
    arguments = settings.optimizer.model_dump(exclude={"name", "learning_rate"})
    if settings.ema_momentum:
        arguments |= {"use_ema": True, "ema_momentum": settings.ema_momentum}
    rate = learning_rate(settings.schedule, settings.optimizer.learning_rate, steps_per_epoch, epochs)
    loss: Any = settings.loss
    if settings.label_smoothing:
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
    model.compile(
        optimizer=_OPTIMIZERS[settings.optimizer.name](learning_rate=rate, **arguments),
        loss=loss,
        metrics=["accuracy"],
    )


def learning_rate(schedule: Constant | Cosine | OneCycle | Step, peak: float, steps_per_epoch: int, epochs: int) -> Any:
    """The rate as Keras takes it: a number, or one of Keras's own schedules over the exact number of steps.

    constant: peak. cosine: `final` + (1 - `final`) × (1 + cos(π × progress)) / 2 times the peak, after a linear
    warm-up from 0. one-cycle: the same, with the warm-up from `start` times the peak (Smith, arXiv 1803.09820).
    step: times `factor` after every so many epochs.

    Args:
        schedule: The recipe's `compile.schedule` table.
        peak: The optimiser's rate.
        steps_per_epoch: Batches in an epoch.
        epochs: Epochs of the whole training.

    Returns:
        A float or a `keras.optimizers.schedules.LearningRateSchedule`.
    """
    schedules = keras.optimizers.schedules
    steps = steps_per_epoch * epochs
    if isinstance(schedule, Step):
        drops = range(schedule.epochs, epochs, schedule.epochs)
        if not drops:
            return peak
        return schedules.PiecewiseConstantDecay(
            # Keras keeps the old rate at a boundary itself; the step after it is the first of the new epoch.
            boundaries=[epoch * steps_per_epoch - 1 for epoch in drops],
            values=[peak * schedule.factor**drop for drop in range(len(drops) + 1)],
        )
    if isinstance(schedule, Constant):
        return peak
    warmup_steps = round(steps * schedule.warmup)
    start = peak * schedule.start if isinstance(schedule, OneCycle) else 0.0
    if not warmup_steps:
        return schedules.CosineDecay(peak, decay_steps=steps, alpha=schedule.final)
    return schedules.CosineDecay(
        initial_learning_rate=start,
        decay_steps=max(1, steps - warmup_steps),
        # Keras measures alpha against the peak once there is a warm-up.
        alpha=schedule.final,
        warmup_target=peak,
        warmup_steps=warmup_steps,
    )
