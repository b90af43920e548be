"""Trains recipes over several seeds, each run as a user would start it, and writes down what came out.

    python benchmarks/accuracy.py dense-128 cnn-32-64-128 --seeds 3

Each run is `tenfold train DATA --recipe NAME --seed S` in a process of its own; its accuracy is that of the final
evaluation on the test set. benchmarks/results/accuracy/NAME.json holds every run, the mean and the range;
benchmarks/publish.py copies the figures into the recipes' headers and the READMEs. The file is written after each run;
with --resume, a benchmark that was cut short goes on where it stopped.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from datetime import date
from pathlib import Path
from statistics import mean, median
from typing import Any

import tenfold
from tenfold.evaluation.metrics import wilson_interval
from tenfold.recipes.recipe import load_recipe, recipe_names, recipe_path
from tenfold.run.provenance import machine, versions

RESULTS = Path(__file__).parent / "results" / "accuracy"
PROGRAM = str(Path(sys.executable).parent / "tenfold")


def train(recipe: str, data: str, seed: int, keep: Path | None) -> dict[str, Any]:
    """One run in a fresh process; its folder is kept below `keep`, if that is given."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = (keep or Path(temporary)).resolve() / f"{recipe}-{seed}"
        if folder.exists():
            sys.exit(f"{folder} is there already. Expected no run of that name: move it, or keep the runs elsewhere.")
        command = [PROGRAM, "train", data, "--recipe", recipe, "--seed", str(seed), "--out", str(folder)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        run, metrics = outcome(folder)
    return {
        "seed": run["seed"],
        "accuracy": metrics["accuracy"],
        "loss": round(metrics["loss"], 5),
        "seconds": run["seconds"]["total"],
        "training_seconds": run["seconds"]["training"],
        "epoch_seconds": round(median(run["seconds"]["epochs"]), 2),
        "parameters": run["parameters"],
        "count": metrics["count"],
    }


def outcome(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a finished run says of itself: run.json and metrics.json."""
    run, metrics = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("run.json", "metrics.json"))
    return run, metrics


def fingerprint(recipe: str) -> str:
    """Another one for every change of what the recipe's file sets; words do not count."""
    content = tomllib.loads(recipe_path(recipe).read_text(encoding="utf-8"))
    content.pop("description", None)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def begun(path: Path, recipe: str) -> list[dict[str, Any]]:
    """The runs that an earlier start has finished; none if recipe, machine or versions were others."""
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    same = all(document.get(key) == value for key, value in circumstances(recipe).items())
    return document["runs"] if same else []


def circumstances(recipe: str) -> dict[str, Any]:
    """What all runs of a summary have in common."""
    return {
        "fingerprint": fingerprint(recipe),
        "tenfold": tenfold.__version__,
        "versions": versions(),
        "machine": machine(),
    }


def summary(recipe: str, data: str, runs: list[dict[str, Any]], common: dict[str, Any]) -> dict[str, Any]:
    """What a recipe's runs amount to; the interval is Wilson's, over all predictions of all runs."""
    accuracies = [run["accuracy"] for run in runs]
    count = sum(run["count"] for run in runs)
    return {
        "recipe": recipe,
        "data": data,
        "parameters": runs[0]["parameters"],
        "mean": mean(accuracies),
        "range": [min(accuracies), max(accuracies)],
        "interval": wilson_interval(round(mean(accuracies) * count), count),
        "runs": runs,
        **common,
        "date": date.today().isoformat(),
    }


def main() -> None:
    """Train every named recipe with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", default=[name for name in recipe_names() if load_recipe(name).data])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--resume", action="store_true", help="do not train seeds again that the results have already")
    parser.add_argument("--keep", type=Path, help="a folder for the run folders, RECIPE-SEED")
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    for recipe in arguments.recipes:
        data = str(load_recipe(recipe).data)
        path = RESULTS / f"{recipe}.json"
        runs = begun(path, recipe) if arguments.resume else []
        common = circumstances(recipe)  # of the recipe as it stands before the first run
        if runs:
            print(f"{recipe}: seeds {', '.join(str(run['seed']) for run in runs)} are there already", flush=True)
        for seed in sorted(set(range(arguments.seeds)) - {run["seed"] for run in runs}):
            runs.append(train(recipe, data, seed, arguments.keep))
            document = summary(recipe, data, sorted(runs, key=lambda run: int(run["seed"])), common)
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            print(f"{recipe}, seed {seed}: {runs[-1]['accuracy']:.4f}; mean {document['mean']:.4f}", flush=True)


if __name__ == "__main__":
    main()
