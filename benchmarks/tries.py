"""Two ideas that no recipe takes up, tried on validation data as `ablation.py` does it.

    python -m benchmarks.tries sizes strong --epochs 6
    python -m benchmarks.tries teacher tiny --epochs 10

sizes: the first half of the epochs sees images of 20×20 pixels, the other half all pixels; optimiser and schedule go on
(progressive resizing: Howard, DAWNBench 2018). It is tried with as many epochs, and with a third more, which take about
as long as training on all pixels does.

teacher: a network learns soft labels, the probabilities that `strong` gives the same images, at a temperature of 3;
besides the labels or instead of them. (Hinton, Vinyals, Dean, arXiv 1503.02531, soften what the network itself says as
well.) Its loss cannot be compared with that of the others.
"""

import argparse
from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks.ablation import (
    BATCH,
    RESULTS,
    VALIDATION_SPLIT,
    Trainer,
    evaluated,
    measure,
    planned,
    results_of,
    table,
    write,
)
from benchmarks.accuracy import fingerprint
from tenfold.data.dataset import Split
from tenfold.evaluation.calibration import tempered
from tenfold.models.averaging import average_networks
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.run.learning import build, encoded_labels
from tenfold.run.plan import Plan
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit

SIDE, TEMPERATURE, TEACHER_EPOCHS = 20, 3.0, 6

RECIPES = {"sizes": ("strong", "fashion-strong"), "teacher": ("tiny",)}
"""Those of one network that is trained on images and labels alone."""


def as_it_stands(recipe: Recipe) -> dict[str, Any]:
    """All pixels, and the labels."""
    plan, held_back = planned(recipe)
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    seconds = learn_from(model, plan, _labels(plan), 0, recipe.training.epochs)
    return _outcome(model, plan, held_back, seconds)


def smaller_at_first(recipe: Recipe) -> dict[str, Any]:
    """Half of the epochs with small images."""
    plan, held_back = planned(recipe)
    small, _ = planned(recipe.model_copy(update={"size": (SIDE, SIDE)}))
    half = recipe.training.epochs // 2
    first = build(recipe, small.dataset, small.images_per_epoch)
    seconds = learn_from(first, small, _labels(small), 0, half)
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    go_on_from(first, model)
    seconds += learn_from(model, plan, _labels(plan), half, recipe.training.epochs)
    return _outcome(model, plan, held_back, seconds)


def go_on_from(trained: Any, model: Any) -> None:
    """Give a model the weights and the optimiser's state of another of the same layers."""
    model.set_weights(trained.get_weights())
    model.optimizer.build(model.trainable_variables)
    for ours, theirs in zip(model.optimizer.variables, trained.optimizer.variables, strict=True):
        ours.assign(theirs)


def taught(recipe: Recipe, share: float) -> dict[str, Any]:
    """So much of the labels comes from the teacher; its own training is not in the seconds."""
    plan, held_back = planned(recipe)
    softened = tempered(teachers_probabilities(recipe.training.seed), TEMPERATURE)
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    labels = share * softened + (1 - share) * _labels(plan)
    return _outcome(model, plan, held_back, learn_from(model, plan, labels, 0, recipe.training.epochs))


@cache
def teachers_probabilities(seed: int) -> np.ndarray[Any, Any]:
    """What `strong`, trained on the same images without smoothed labels, says of them: float32 [n, classes]."""
    settings = [f"training.epochs={TEACHER_EPOCHS}", f"training.validation_split={VALIDATION_SPLIT}"]
    recipe = load_recipe("strong", [*settings, f"training.seed={seed}", "compile.label_smoothing=0"])
    plan, _ = planned(recipe)
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    learn_from(model, plan, _labels(plan), 0, TEACHER_EPOCHS)
    return np.asarray(_averaged(model, recipe).predict(plan.train.images, batch_size=BATCH, verbose=0))


def learn_from(model: Any, plan: Plan, labels: Any, first: int, last: int) -> float:
    """Train from one epoch to another as the recipe says; the seconds of the epochs, without compiling."""
    training, log = plan.recipe.training, EpochLog(at_start=lambda: None)
    fit(
        model,
        plan.train.images,
        labels,
        batch_size=training.batch_size,
        initial_epoch=first,
        epochs=last,
        verbose=0,
        callbacks=[log],
        seed=training.seed,
        augmentation=plan.recipe.augmentation,
    )
    return sum(log.seconds)


def _labels(plan: Plan) -> Any:
    return encoded_labels(plan.recipe, plan.train.labels, len(plan.dataset.class_names))


def _averaged(model: Any, recipe: Recipe) -> Any:
    return average_networks([model], recipe.averaging, recipe.name) if recipe.averaging else model


def _outcome(model: Any, plan: Plan, held_back: Split, seconds: float) -> dict[str, Any]:
    return evaluated(_averaged(model, plan.recipe), held_back, plan.dataset.class_names, seconds)


def variants(idea: str, epochs: int) -> dict[str, tuple[list[str], Trainer]]:
    """Settings and training by variant."""
    alike = [f"training.epochs={epochs}"]
    if idea == "sizes":
        longer = [f"training.epochs={round(epochs * 4 / 3)}"]
        return {
            "all pixels": (alike, as_it_stands),
            f"{SIDE}×{SIDE} for half of the epochs": (alike, smaller_at_first),
            "the same, a third more epochs": (longer, smaller_at_first),
        }
    alike.append("compile.loss=categorical_crossentropy")
    return {
        "labels": (alike, as_it_stands),
        "labels and the teacher": (alike, partial(taught, share=0.5)),
        "the teacher": (alike, partial(taught, share=1.0)),
    }


def main() -> None:
    """Try an idea on a recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("idea", choices=RECIPES)
    parser.add_argument("recipe")
    parser.add_argument("--epochs", type=int, required=True, help="at least 2")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    idea, recipe, epochs = arguments.idea, arguments.recipe, arguments.epochs
    if recipe not in RECIPES[idea] or epochs < 2:
        parser.error(f"{idea} can be tried on {' or '.join(RECIPES[idea])}, with 2 epochs or more")
    path = RESULTS / f"{recipe}-{idea}-{epochs}-epochs.json"
    constants = [f"side={SIDE}"] if idea == "sizes" else [f"temperature={TEMPERATURE}", f"teacher={TEACHER_EPOCHS}"]
    teacher = {"teacher": fingerprint("strong")} if idea == "teacher" else {}
    document = results_of(path, recipe, constants, **teacher)
    title = f"Smaller images at first: `{recipe}`" if idea == "sizes" else f"`{recipe}` with a teacher"
    for seed in range(arguments.seeds):
        for name, (settings, trainer) in variants(idea, epochs).items():
            run = measure(document, name, settings, seed, trainer)
            write(path, document, table(document, f"{title}, {epochs} epochs", "Seconds of the epochs alone."))
            print(f"{name}, seed {seed}: {run}", flush=True)


if __name__ == "__main__":
    main()
