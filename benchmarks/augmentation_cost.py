"""What varying the images adds to a step of a recipe: epochs with and without it take turns.

    python -m benchmarks.augmentation_cost strong fashion-strong

Each epoch is one of 80 batches, as one compiled program; the first of each kind is not counted. The share
is that of the medians. results/augmentation_cost.json has every epoch.
"""

import argparse
import json
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from tenfold.recipes.recipe import load_recipe
from tenfold.run.learning import build, encoded_labels
from tenfold.run.plan import make_plan
from tenfold.run.provenance import Stopwatch, machine, versions
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit

RESULTS = Path(__file__).parent / "results" / "augmentation_cost.json"
_BATCHES = 80


def epoch_seconds(recipe_name: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each epoch, with the recipe's variations and without."""
    recipe = load_recipe(recipe_name, [f"training.epochs={rounds + 1}"])
    plan = make_plan(None, recipe, 0, Stopwatch())
    count = _BATCHES * recipe.training.batch_size
    images, labels = plan.train.images[:count], plan.train.labels[:count]
    targets = encoded_labels(recipe, labels, len(plan.dataset.class_names))
    kinds = {"with": recipe.augmentation, "without": None}
    logs: dict[str, list[float]] = {name: [] for name in kinds}
    models = {name: build(recipe, plan.dataset, count) for name in kinds}
    for turn in range(rounds + 1):
        for name, augmentation in kinds.items():
            log = EpochLog(at_start=lambda: None)
            fit(
                models[name],
                images,
                targets,
                batch_size=recipe.training.batch_size,
                initial_epoch=turn,
                epochs=turn + 1,
                verbose=0,
                callbacks=[log],
                augmentation=augmentation,
            )
            logs[name].append(log.seconds[0])
    return {name: found[1:] for name, found in logs.items()}


def main() -> None:
    """Measure each recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    document: dict[str, Any] = {"versions": versions(), "machine": machine(), "date": date.today().isoformat()}
    for recipe in arguments.recipes:
        seconds = epoch_seconds(recipe, arguments.rounds)
        share = 1 - median(seconds["without"]) / median(seconds["with"])
        document[recipe] = {"share_of_a_step": round(share, 4), "seconds": seconds}
        print(f"{recipe}: {share:.1%} of a step; {seconds}", flush=True)
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
