"""What each part of a recipe brings: it is trained without the part, or with another instead, on validation data.

    python -m benchmarks.ablation quick --seeds 5
    python -m benchmarks.ablation quick --seeds 2 --variants "label smoothing" --set training.epochs=6

The variants stand in benchmarks/ablations.toml, as settings that `tenfold train --set` takes. Each is trained on five
sixths of the training images and evaluated on the last sixth (of MNIST: 50,000 and 10,000); the test set is not
touched. benchmarks/results/ablation/RECIPE.json holds every run, RECIPE.md the means. Variants take turns, a seed at a
time, and are written after each run, so that a benchmark that was cut short goes on where it stopped.
"""

import argparse
import json
import re
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.accuracy import begun, circumstances
from tenfold.data.dataset import Split
from tenfold.evaluation.metrics import evaluate_predictions
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.run.building import build
from tenfold.run.learning import learn
from tenfold.run.plan import Plan, make_plan
from tenfold.run.stopwatch import Stopwatch
from tenfold.training.epoch_log import EpochLog

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "ablation"
VALIDATION_SPLIT = 1 / 6
BATCH = 500

Trainer = Callable[[Recipe], dict[str, Any]]
"""Trains as a recipe says, and tells accuracy, loss and seconds."""


def planned(recipe: Recipe) -> tuple[Plan, Split]:
    """The plan of a training without validation, and the images held back from it."""
    plan = make_plan(None, recipe, Stopwatch())
    assert plan.validation is not None
    return replace(plan, validation=None), plan.validation


def evaluated(model: Any, held_back: Split, class_names: Sequence[str], seconds: float) -> dict[str, Any]:
    """Accuracy and loss on the held-back images, beside the seconds that the training took."""
    probabilities = np.asarray(model.predict(held_back.images, batch_size=BATCH, verbose=0))
    metrics = evaluate_predictions(probabilities, held_back.labels, class_names)
    return {"accuracy": metrics.accuracy, "loss": round(metrics.loss, 5), "seconds": round(seconds, 1)}


def train(recipe: Recipe) -> dict[str, Any]:
    """Train and evaluate on the validation images, once, at the end; seconds with compiling."""
    plan, held_back = planned(recipe)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as checkpoints:
        model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
        learned = learn(model, plan, Path(checkpoints), EpochLog(at_start=lambda: None))
    if learned.status != "trained":
        sys.exit(f"The training was {learned.status}. {learned.message or 'What was measured before is kept.'}")
    return evaluated(learned.model, held_back, plan.dataset.class_names, time.perf_counter() - started)


def variants() -> dict[str, dict[str, list[str]]]:
    """For each recipe, settings by variant, the recipe as it stands first."""
    content = tomllib.loads((HERE / "ablations.toml").read_text(encoding="utf-8"))
    return {name: {"as it stands": [], **settings} for name, settings in content.items()}


def table(document: dict[str, Any], title: str, note: str = "Seconds with compiling.") -> str:
    """Means by variant, as a Markdown page."""
    lines = [
        f"# {title}",
        "",
        f"Accuracy on validation images, a sixth of the training images; trained on the others. {note}",
        f"{document['date']}, {document['machine']['cores']} {document['machine']['processor']} cores.",
        "",
        "| variant | accuracy | range | seeds | loss | seconds |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for name, variant in document["variants"].items():
        runs = list(variant["runs"].values())
        accuracies = [run["accuracy"] for run in runs]
        loss, seconds = (mean(run[key] for run in runs) for key in ("loss", "seconds"))
        span = f"{min(accuracies):.4f} – {max(accuracies):.4f}" if len(runs) > 1 else "–"
        lines.append(f"| {name} | {mean(accuracies):.4f} | {span} | {len(runs)} | {loss:.4f} | {seconds:.1f} |")
    return "\n".join(lines) + "\n"


def plain(setting: str) -> str:
    """A setting as a part of a file's name."""
    return re.sub(r"[^\w.]+", "-", setting)


def results_of(path: Path, recipe: str, settings: list[str], **more: Any) -> dict[str, Any]:
    """The results so far, if recipe, settings and circumstances are the same."""
    found = begun(path, {"recipe": recipe, "settings": settings, **circumstances(recipe), **more})
    return {"variants": {}} | found | {"date": date.today().isoformat()}


def write(path: Path, document: dict[str, Any], page: str) -> None:
    """The results so far, and their table beside them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(page, encoding="utf-8")


def measure(
    document: dict[str, Any], name: str, settings: list[str], seed: int, trainer: Trainer = train
) -> dict[str, Any]:
    """One run of a variant, noted in the results; none if it is there."""
    found = document["variants"].get(name, {})
    if found.get("settings") != settings:
        found = document["variants"][name] = {"settings": settings, "runs": {}}
    if str(seed) not in found["runs"]:
        split = [f"training.validation_split={VALIDATION_SPLIT}", f"training.seed={seed}"]
        found["runs"][str(seed)] = trainer(load_recipe(document["recipe"], [*settings, *split]))
    run: dict[str, Any] = found["runs"][str(seed)]
    return run


def main() -> None:
    """Train every variant with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=variants())
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--variants", nargs="+", help="only these")
    parser.add_argument("--set", nargs="+", default=[], metavar="PATH=VALUE", help="settings for all variants")
    arguments = parser.parse_args()
    known = variants()[arguments.recipe]
    if unknown := set(arguments.variants or ()) - set(known):
        parser.error(f"no variant {', '.join(sorted(unknown))}; variants: {', '.join(known)}")
    chosen = {name: known[name] for name in known if name in (arguments.variants or known)}
    path = RESULTS / f"{'-'.join([arguments.recipe, *map(plain, arguments.set)])}.json"
    document = results_of(path, arguments.recipe, arguments.set)
    common = f" (all with {', '.join(arguments.set)})" if arguments.set else ""
    title = f"What the parts of `{arguments.recipe}` bring{common}"
    for seed in range(arguments.seeds):
        for name, settings in chosen.items():
            run = measure(document, name, [*arguments.set, *settings], seed)
            write(path, document, table(document, title))
            print(f"{name}, seed {seed}: {run}", flush=True)


if __name__ == "__main__":
    main()
