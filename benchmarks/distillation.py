"""Distillation, which no recipe takes up: a small network learns what a large one says of the same images.

    python -m benchmarks.distillation tiny --epochs 10

On validation data, as `ablation.py` does it. The soft labels are the probabilities that `strong` gives the training
images, at a temperature of 3; they are learnt besides the labels or instead of them. (Hinton, Vinyals, Dean, arXiv
1503.02531, soften what the network itself says as well.) The loss with them cannot be compared with that of the labels.
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
from tenfold.evaluation.calibration import tempered
from tenfold.models.averaging import average_networks
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.run.building import build
from tenfold.run.learning import encoded_labels
from tenfold.run.plan import Plan
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit

TEMPERATURE, TEACHER_EPOCHS = 3.0, 6


def taught(recipe: Recipe, share: float) -> dict[str, Any]:
    """So much of the labels comes from the teacher, whose own training is not in the seconds; 0 is the labels alone."""
    plan, held_back = planned(recipe)
    labels = encoded_labels(recipe, plan.train.labels, len(plan.dataset.class_names))
    if share:
        labels = share * tempered(teachers_probabilities(recipe.training.seed), TEMPERATURE) + (1 - share) * labels
    model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
    seconds = learn_from(model, plan, labels)
    return evaluated(_averaged(model, recipe), held_back, plan.dataset.class_names, seconds)


@cache
def teachers_probabilities(seed: int) -> np.ndarray[Any, Any]:
    """What `strong`, trained on the same images without smoothed labels, says of them: float32 [n, classes]."""
    settings = [f"training.epochs={TEACHER_EPOCHS}", f"training.validation_split={VALIDATION_SPLIT}"]
    recipe = load_recipe("strong", [*settings, f"training.seed={seed}", "compile.label_smoothing=0"])
    plan, _ = planned(recipe)
    model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
    learn_from(model, plan, encoded_labels(recipe, plan.train.labels, len(plan.dataset.class_names)))
    return np.asarray(_averaged(model, recipe).predict(plan.train.images, batch_size=BATCH, verbose=0))


def learn_from(model: Any, plan: Plan, labels: Any) -> float:
    """Train as the recipe says, but from these labels; the seconds of the epochs, without compiling."""
    training, log = plan.recipe.training, EpochLog(at_start=lambda: None)
    settings = {"batch_size": training.batch_size, "epochs": training.epochs, "seed": training.seed}
    augmentation = plan.recipe.augmentation
    fit(model, plan.train.images, labels, verbose=0, callbacks=[log], augmentation=augmentation, **settings)
    return sum(log.seconds)


def _averaged(model: Any, recipe: Recipe) -> Any:
    return average_networks([model], recipe.averaging, recipe.name) if recipe.averaging else model


def variants() -> dict[str, Trainer]:
    """How each variant is trained."""
    shares = {"labels": 0.0, "labels and the teacher": 0.5, "the teacher": 1.0}
    return {name: partial(taught, share=share) for name, share in shares.items()}


def main() -> None:
    """Try it on a recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=["tiny"])
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    recipe, epochs = arguments.recipe, arguments.epochs
    path = RESULTS / f"{recipe}-distillation-{epochs}-epochs.json"
    constants = [f"temperature={TEMPERATURE}", f"teacher={TEACHER_EPOCHS}"]
    document = results_of(path, recipe, constants, teacher=fingerprint("strong"))
    settings = [f"training.epochs={epochs}", "compile.loss=categorical_crossentropy"]
    for seed in range(arguments.seeds):
        for name, trainer in variants().items():
            run = measure(document, name, settings, seed, trainer)
            title = f"`{recipe}` with a teacher, {epochs} epochs"
            write(path, document, table(document, title, "Seconds of the epochs alone."))
            print(f"{name}, seed {seed}: {run}", flush=True)


if __name__ == "__main__":
    main()
