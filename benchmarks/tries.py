"""Two ideas that no recipe takes up, tried on validation data as `ablation.py` does it.

    python -m benchmarks.tries sizes strong --epochs 6
    python -m benchmarks.tries teacher tiny --epochs 10

sizes: the first half of the epochs sees images of 20×20 pixels, the other half all pixels; optimiser and schedule go on
(progressive resizing: Howard, DAWNBench 2018). It is tried with as many epochs, and with a third more, which take about
as long as training on all pixels does.

teacher: a network learns from the probabilities of `strong`, softened by a temperature of 3, besides the labels or
instead of them (distillation: Hinton, Vinyals, Dean, arXiv 1503.02531).
"""

import argparse
import time
from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks.ablation import RESULTS, VALIDATION_SPLIT, Training, begun, evaluated, measure, planned, train, write
from tenfold.evaluation.calibration import tempered
from tenfold.models.averaging import average_networks
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.run.learning import build, encoded_labels, learn
from tenfold.run.plan import Plan
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit

SIDE, TEMPERATURE, TEACHER_EPOCHS = 20, 3.0, 6


def smaller_at_first(recipe: Recipe) -> dict[str, Any]:
    """Half of the epochs with small images; the network has to take images of any size."""
    plan, held_back = planned(recipe)
    small, _ = planned(recipe.model_copy(update={"size": (SIDE, SIDE)}))
    started = time.perf_counter()
    first = build(recipe, small.dataset, small.images_per_epoch)
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    half = recipe.training.epochs // 2
    learn_from(first, small, _labels(small), 0, half)
    model.set_weights(first.get_weights())
    model.optimizer.build(model.trainable_variables)
    for ours, theirs in zip(model.optimizer.variables, first.optimizer.variables, strict=True):
        ours.assign(theirs)
    learn_from(model, plan, _labels(plan), half, recipe.training.epochs)
    return evaluated(_averaged(model, recipe), held_back, plan.dataset.class_names, started)


def taught(recipe: Recipe, share: float) -> dict[str, Any]:
    """So much of what is learnt comes from the teacher, the rest from the labels."""
    plan, held_back = planned(recipe)
    softened = tempered(teachers_probabilities(recipe.training.seed), TEMPERATURE)
    started = time.perf_counter()
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    learn_from(model, plan, share * softened + (1 - share) * _labels(plan), 0, recipe.training.epochs)
    return evaluated(_averaged(model, recipe), held_back, plan.dataset.class_names, started)


@cache
def teachers_probabilities(seed: int) -> np.ndarray[Any, Any]:
    """What `strong`, trained on the same images, says of them: float32 [n, classes]."""
    settings = [f"training.{name}" for name in (f"epochs={TEACHER_EPOCHS}", f"validation_split={VALIDATION_SPLIT}")]
    recipe = load_recipe("strong", [*settings, f"training.seed={seed}"])
    plan, _ = planned(recipe)
    learned = learn(build(recipe, plan.dataset, plan.images_per_epoch), plan, 0, EpochLog(at_start=lambda: None))
    return np.asarray(learned.model.predict(plan.train.images, batch_size=500, verbose=0))


def learn_from(model: Any, plan: Plan, labels: Any, first: int, last: int) -> None:
    """Train from one epoch to another, as `learn` does."""
    training = plan.recipe.training
    fit(
        model,
        plan.train.images,
        labels,
        batch_size=training.batch_size,
        initial_epoch=first,
        epochs=last,
        verbose=0,
        seed=training.seed,
        augmentation=plan.recipe.augmentation,
    )


def _labels(plan: Plan) -> Any:
    return encoded_labels(plan.recipe, plan.train.labels, len(plan.dataset.class_names))


def _averaged(model: Any, recipe: Recipe) -> Any:
    return average_networks([model], recipe.averaging, recipe.name) if recipe.averaging else model


def variants(idea: str, epochs: int) -> dict[str, tuple[list[str], Training]]:
    """Settings and training by variant."""
    alike = [f"training.epochs={epochs}"]
    if idea == "sizes":
        longer = [f"training.epochs={round(epochs * 4 / 3)}"]
        return {
            "all pixels": (alike, train),
            f"{SIDE}×{SIDE} for half of the epochs": (alike, smaller_at_first),
            "the same, a third more epochs": (longer, smaller_at_first),
        }
    alike.append("compile.loss=categorical_crossentropy")
    return {
        "labels": (alike, train),
        "labels and the teacher": (alike, partial(taught, share=0.5)),
        "the teacher": (alike, partial(taught, share=1.0)),
    }


def main() -> None:
    """Try an idea on a recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("idea", choices=["sizes", "teacher"])
    parser.add_argument("recipe")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    path = RESULTS / f"{arguments.recipe}-{arguments.idea}.json"
    document = begun(path, arguments.recipe, [f"training.epochs={arguments.epochs}"])
    for seed in range(arguments.seeds):
        for name, (settings, training) in variants(arguments.idea, arguments.epochs).items():
            run = measure(document, name, settings, seed, training)
            write(path, document)
            print(f"{name}, seed {seed}: {run}", flush=True)


if __name__ == "__main__":
    main()
