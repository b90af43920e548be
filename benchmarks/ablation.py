"""What each part of a recipe brings: it is trained without the part, or with another instead, on validation data.

    python -m benchmarks.ablation quick --seeds 5
    python -m benchmarks.ablation strong --seeds 2 --set training.epochs=6

The variants stand in benchmarks/ablations.toml, as settings that `tenfold train --set` takes. Each is trained on five
sixths of the training images and evaluated on the last sixth (of MNIST: 50,000 and 10,000); the test set is not
touched. benchmarks/results/ablation/RECIPE.json holds every run. Runs take turns, a seed at a time, and are written
after each, so that a benchmark that was cut short goes on where it stopped.
"""

import argparse
import json
import time
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from tenfold.evaluation.metrics import evaluate_predictions
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.run.learning import build, learn
from tenfold.run.plan import make_plan
from tenfold.run.provenance import Stopwatch, machine, versions
from tenfold.training.epoch_log import EpochLog

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "ablation"
VALIDATION_SPLIT = 1 / 6
_BATCH = 500


def train(recipe: Recipe) -> dict[str, Any]:
    """Train and evaluate on the validation images, once, at the end."""
    plan = make_plan(None, recipe, 0, Stopwatch())
    held_back, plan = plan.validation, replace(plan, validation=None)
    assert held_back is not None
    started = time.perf_counter()
    learned = learn(build(recipe, plan.dataset, len(plan.train)), plan, 0, EpochLog(at_start=lambda: None))
    seconds = time.perf_counter() - started
    probabilities = np.asarray(learned.model.predict(held_back.images, batch_size=_BATCH, verbose=0))
    metrics = evaluate_predictions(probabilities, held_back.labels, plan.dataset.class_names)
    return {"accuracy": metrics.accuracy, "loss": round(metrics.loss, 5), "seconds": round(seconds, 1)}


def variants(name: str) -> dict[str, list[str]]:
    """Settings by variant, the recipe as it stands first."""
    content = tomllib.loads((HERE / "ablations.toml").read_text(encoding="utf-8"))
    return {"as it stands": [], **content[name]}


def main() -> None:
    """Train every variant with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--variants", nargs="+", help="only these")
    parser.add_argument("--set", nargs="+", default=[], metavar="PATH=VALUE", help="settings for all variants")
    arguments = parser.parse_args()
    path = RESULTS / f"{arguments.recipe}.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if document.get("settings") != arguments.set:
        document = {"recipe": arguments.recipe, "settings": arguments.set, "variants": {}}
    document |= {"versions": versions(), "machine": machine(), "date": date.today().isoformat()}
    path.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.seeds):
        for name, settings in variants(arguments.recipe).items():
            if arguments.variants and name not in arguments.variants:
                continue
            split = [f"training.validation_split={VALIDATION_SPLIT}", f"training.seed={seed}"]
            overrides = [*arguments.set, *settings, *split]
            found = document["variants"].setdefault(name, {"settings": settings, "runs": {}})
            if found["settings"] != settings or str(seed) not in found["runs"]:
                run = train(load_recipe(arguments.recipe, overrides))
                runs = found["runs"] if found["settings"] == settings else {}
                found |= {"settings": settings, "runs": runs | {str(seed): run}}
                found["mean_accuracy"] = round(mean(one["accuracy"] for one in found["runs"].values()), 5)
                path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            print(f"{name}, seed {seed}: {found['runs'][str(seed)]}, mean {found['mean_accuracy']:.4f}", flush=True)


if __name__ == "__main__":
    main()
