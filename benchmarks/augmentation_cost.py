"""What share of a training step goes into varying the images.

    python -m benchmarks.augmentation_cost strong fashion-strong

The pace of training with a recipe's variations and without them is measured in turn, each time for some seconds after a
first step. The share is 1 - (seconds without) / (seconds with), of the medians. results/augmentation_cost.json has
every measurement; recipes that are measured anew take the place of what was there.
"""

import argparse
import json
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.accuracy import begun
from tenfold.recipes.recipe import load_recipe
from tenfold.run.building import build
from tenfold.run.learning import encoded_labels
from tenfold.run.plan import make_plan
from tenfold.run.provenance import machine, versions
from tenfold.run.stopwatch import Stopwatch
from tenfold.training.pace import measure_pace

RESULTS = Path(__file__).parent / "results" / "augmentation_cost.json"
_SECONDS = 4.0


def epoch_seconds(recipe_name: str, rounds: int) -> dict[str, list[float]]:
    """Seconds that an epoch takes with the recipe's variations and without, at the pace of each round."""
    recipe = load_recipe(recipe_name)
    assert recipe.augmentation, f"{recipe_name} varies no images"
    plan = make_plan(None, recipe, Stopwatch())
    model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
    labels = encoded_labels(recipe, plan.train.labels, len(plan.dataset.class_names))
    found: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        for name, augmentation in (("with", recipe.augmentation), ("without", None)):
            pace = measure_pace(model, plan.train.images, labels, recipe.training.batch_size, augmentation, _SECONDS)
            found[name].append(round(pace.epoch_seconds, 3))
    return found


def share_of_a_step(seconds: dict[str, list[float]]) -> float:
    """0…1, of the medians."""
    return round(1 - median(seconds["without"]) / median(seconds["with"]), 4)


def main() -> None:
    """Measure each recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    document = {"recipes": {}} | begun(RESULTS, {"versions": versions(), "machine": machine()})
    document["date"] = date.today().isoformat()
    for recipe in arguments.recipes:
        seconds = epoch_seconds(recipe, arguments.rounds)
        document["recipes"][recipe] = {"share_of_a_step": share_of_a_step(seconds), "epoch_seconds": seconds}
        print(f"{recipe}: {document['recipes'][recipe]}", flush=True)
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
