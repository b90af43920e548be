"""A recipe's settings in words, for people who meet them for the first time."""

from tenfold.recipes.augmentation import Augmentation
from tenfold.recipes.recipe import Recipe
from tenfold.recipes.settings import MOST_RAISED, Averaging, Compile, Constant, Cosine, OneCycle, Training


def settings_in_words(recipe: Recipe) -> dict[str, str]:
    """How a recipe compiles and trains its network.

    Returns:
        What is set and how, such as {"training": "5 epochs, batches of 64, seed 0", …}. Settings that a
        recipe leaves alone, such as class weights, are left out.
    """
    training = recipe.training
    words = {
        "optimizer": _optimizer(recipe.compile),
        "learning rate": _learning_rate(recipe.compile),
        "weights": _averaged_weights(recipe.compile),
        "loss": _loss(recipe.compile),
        "training": _training(training),
        "images": _images(training),
        "validation": _validation(training),
        "class weights": _class_weights(training),
        "early stopping": _early_stopping(training),
        "augmentation": augmentation_in_words(recipe.augmentation) if recipe.augmentation else "",
        "prediction": _averaging(recipe.averaging) if recipe.averaging else "",
    }
    return {setting: text for setting, text in words.items() if text}


def _optimizer(compile_settings: Compile) -> str:
    changed = compile_settings.optimizer.model_dump(exclude_defaults=True, exclude={"name", "learning_rate"})
    return ", ".join(
        [
            compile_settings.optimizer.name,
            *(key if value is True else f"{key} {value}" for key, value in changed.items()),
        ]
    )


def _learning_rate(compile_settings: Compile) -> str:
    rate, schedule = compile_settings.optimizer.learning_rate, compile_settings.schedule
    if isinstance(schedule, Constant):
        return f"{rate:g} throughout"
    if isinstance(schedule, Cosine):
        rise = f"up from 0 over the first {_percent(schedule.warmup)} of all steps, then " if schedule.warmup else ""
        return f"{rise}from {rate:g} down to {schedule.final * rate:g} along half a cosine"
    if isinstance(schedule, OneCycle):
        return (
            f"one cycle: up from {schedule.start * rate:g} to {rate:g} over the first "
            f"{_percent(schedule.warmup)} of all steps, then down to {schedule.final * rate:g}"
        )
    return f"{rate:g}, times {schedule.factor:g} after every {counted(schedule.epochs, 'epoch')}"


def _averaged_weights(compile_settings: Compile) -> str:
    momentum = compile_settings.ema_momentum
    return f"averaged over the steps, of which each keeps {_percent(momentum)}" if momentum else ""


def _loss(compile_settings: Compile) -> str:
    if compile_settings.loss == "sparse_categorical_crossentropy":
        return "sparse categorical cross-entropy (labels are integers)"
    smoothing = compile_settings.label_smoothing
    smoothed = f", smoothed by {smoothing:g}" if smoothing else ""
    return f"categorical cross-entropy (labels are one-hot{smoothed})"


def _training(training: Training) -> str:
    at_most = "at most " if training.early_stopping else ""
    epochs = counted(training.epochs, "epoch")
    if training.least_steps:
        epochs += f" or as many as make {training.least_steps:,} steps, {MOST_RAISED} at most"
    resizing = training.progressive_resizing
    small = counted(training.small_epochs, "epoch") if training.small_epochs else ""
    smaller = f"; the first {small} at {resizing.scale:g} of the images' size" if resizing and small else ""
    return f"{at_most}{epochs}, batches of {training.batch_size}, seed {training.seed}{smaller}"


def _images(training: Training) -> str:
    share = "" if training.fraction == 1 else f"{_percent(training.fraction)} of the training images"
    added = []
    if training.redrawn:
        copies = "a copy" if training.redrawn == 1 else f"{training.redrawn} copies"
        added.append(f"{copies} of each in another hand")
    if training.strangers:
        added.append(f"{_percent(training.strangers)} as many images of no class")
    return ", and ".join([share or "all training images", *added]) if added else share


def _validation(training: Training) -> str:
    if training.watch_test_set:
        return "the test set, watched after each epoch as in the tutorial; it selects nothing"
    if training.validation_split:
        return f"{_percent(training.validation_split)} of the training images, held back class by class"
    return "none: all training images are trained on"


def _class_weights(training: Training) -> str:
    if isinstance(training.class_weight, dict):
        return ", ".join(f"{name} {weight:g}" for name, weight in training.class_weight.items())
    return "balanced: rare classes weigh more" if training.class_weight else ""


def _early_stopping(training: Training) -> str:
    stopping = training.early_stopping
    if stopping is None:
        return ""
    by = f" by {stopping.min_delta:g}" if stopping.min_delta else ""
    return (
        f"when {stopping.monitor} has not improved{by} for {counted(stopping.patience, 'epoch')}; "
        "the best epoch's weights are kept"
    )


def augmentation_in_words(augmentation: Augmentation) -> str:
    """What is varied and by how much, such as "shift 0.1, rotation 10.0"."""
    changed = augmentation.model_dump(exclude_defaults=True)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changed.items())


def _averaging(averaging: Averaging) -> str:
    moved = f"moved by {counted(averaging.shift, 'pixel')} each way" if averaging.shift else ""
    ways = " and ".join(way for way in (moved, "mirrored" if averaging.mirrored else "") if way)
    copies = f"an image and copies that are {ways}" if ways else ""
    networks = f"{averaging.networks} networks" if averaging.networks > 1 else ""
    over = " on ".join(part for part in (networks, copies) if part)
    return f"mean over {over}" if over else ""


def counted(number: int, noun: str) -> str:
    """Such as "1 epoch" or "1,000 epochs"."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
