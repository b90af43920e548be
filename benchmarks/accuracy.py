"""Trains recipes over several seeds, each run as a user would start it, and writes down what came out.

    python -m benchmarks.accuracy dense-128 cnn-32-64-128 --seeds 3
    python -m benchmarks.accuracy quick --seeds 30 --to mine
    python -m benchmarks.accuracy auto --data fashion-mnist --time-limit 1m

Each run is `tenfold train DATA --recipe NAME --seed S` in a process of its own; its accuracy is that of the final
evaluation on the test set. benchmarks/results/accuracy/NAME.json holds every run, mean, range and intervals;
benchmarks/publish.py copies those of a recipe on its own data into the recipes' headers and the READMEs. The file is
written after each run, and what is there stays: a benchmark that was cut short goes on where it stopped. --to writes
elsewhere, for who wants to see the same figures come out.
"""

import argparse
import hashlib
import json
import math
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from scipy import stats

import tenfold
from tenfold.data.catalog import CATALOG
from tenfold.evaluation.metrics import wilson_interval
from tenfold.recipes.recipe import load_recipe, recipe_names, recipe_path
from tenfold.recipes.variants import take_variant
from tenfold.run.provenance import machine, versions
from tenfold.run.runs import Run

RESULTS = Path(__file__).parent / "results" / "accuracy"
PROGRAM = str(Path(sys.executable).parent / "tenfold")


def train(recipe: str, data: str, seed: int, keep: Path | None, time_limit: str | None = None) -> dict[str, Any]:
    """One run in a fresh process; its folder is kept below `keep`, if that is given."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = (keep or Path(temporary)).resolve() / f"{recipe}-{seed}"
        if folder.exists():
            sys.exit(f"{folder} is there already. Expected no run of that name: move it, or keep the runs elsewhere.")
        command = [PROGRAM, "train", data, "--recipe", recipe, "--seed", str(seed), "--out", str(folder)]
        limit = ["--time-limit", time_limit] if time_limit else []
        subprocess.run([*command, *limit], stdout=subprocess.DEVNULL, check=True)
        return outcome(tenfold.load_run(folder))


def outcome(run: Run) -> dict[str, Any]:
    """What a finished run says of itself."""
    record, metrics = run.record, run.metrics
    predicted = {"predicted_seconds": record.predicted_seconds} if record.predicted_seconds else {}
    return {
        "seed": record.seed,
        "accuracy": metrics.accuracy,
        "loss": round(metrics.loss, 5),
        "seconds": record.seconds.total,
        "training_seconds": record.seconds.stages["training"],
        "epoch_seconds": round(median(record.seconds.epochs), 2),
        "parameters": record.network.parameters,
        "count": metrics.count,
        **predicted,
    }


def fingerprint(recipe: str, data: str | None = None) -> str:
    """Another one for every change of what the recipe's file sets for some data, its own by default.

    Words do not count.
    """
    content = tomllib.loads(recipe_path(recipe).read_text(encoding="utf-8"))
    content.pop("description", None)
    take_variant(content, data or content.get("data"), recipe)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def begun(path: Path, common: dict[str, Any]) -> dict[str, Any]:
    """The results of an earlier start; those of another recipe file, version or machine are not gone on with."""
    if not path.exists():
        return dict(common)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if other := [key for key, value in common.items() if document.get(key) != value]:
        sys.exit(f"{path} was measured with another {' and '.join(other)}. Move it away to measure anew.")
    return document


def circumstances(recipe: str, data: str | None = None) -> dict[str, Any]:
    """What all runs of a summary have in common."""
    return {
        "fingerprint": fingerprint(recipe, data),
        "tenfold": tenfold.__version__,
        "versions": versions(),
        "machine": machine(),
    }


def summary(recipe: str, data: str, runs: list[dict[str, Any]], common: dict[str, Any]) -> dict[str, Any]:
    """What a recipe's runs amount to.

    All seeds are measured on the same test images, so that there are two intervals, of 95 % each: over seeds (Student's
    t, of the mean; none for a single seed), and over test images (Wilson's, of as many as each run is evaluated on).
    """
    accuracies, count = [run["accuracy"] for run in runs], runs[0]["count"]
    return {
        "recipe": recipe,
        "data": data,
        "parameters": runs[0]["parameters"],
        "mean": mean(accuracies),
        "range": [min(accuracies), max(accuracies)],
        "interval_over_seeds": over_seeds(accuracies),
        "interval_over_images": wilson_interval(round(mean(accuracies) * count), count),
        "runs": runs,
        **common,
        "date": date.today().isoformat(),
    }


def over_seeds(accuracies: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the mean of all seeds, of which these are some: mean ± t·s/√n, with n - 1 degrees."""
    count = len(accuracies)
    if count < 2:
        return None
    half = float(stats.t.ppf(0.975, count - 1)) * stdev(accuracies) / math.sqrt(count)
    return max(0.0, mean(accuracies) - half), min(1.0, mean(accuracies) + half)


def measure(recipe: str, arguments: argparse.Namespace) -> None:
    """Train a recipe with every seed that the results lack."""
    data = arguments.data or load_recipe(recipe).data
    if data is None:
        sys.exit(f"The recipe {recipe} names no data. Say what to train on, such as --data mnist.")
    special = [Path(data).stem if arguments.data else None, arguments.time_limit]
    path = arguments.to / f"{'-'.join([recipe, *filter(None, special)])}.json"
    source = data if data in CATALOG else str(Path(data).resolve())
    common = {"source": source} if arguments.data else {}
    common |= circumstances(recipe, data) | ({"time_limit": arguments.time_limit} if arguments.time_limit else {})
    runs = begun(path, common).get("runs", [])
    if runs:
        print(f"{recipe}: seeds {', '.join(str(run['seed']) for run in runs)} are in {path} already", flush=True)
    for seed in sorted(set(range(arguments.seeds)) - {run["seed"] for run in runs}):
        runs.append(train(recipe, data, seed, arguments.keep, arguments.time_limit))
        document = summary(recipe, data, sorted(runs, key=lambda run: int(run["seed"])), common)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        print(f"{recipe}, seed {seed}: {runs[-1]['accuracy']:.4f}; mean {document['mean']:.4f}", flush=True)


def main() -> None:
    """Train every named recipe with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", default=[name for name in recipe_names() if load_recipe(name).data])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    parser.add_argument("--data", help="instead of what each recipe was made for")
    parser.add_argument("--time-limit", help="as tenfold train takes it")
    parser.add_argument("--keep", type=Path, help="a folder for the run folders, RECIPE-SEED")
    parser.add_argument("--to", type=Path, default=RESULTS, help="a folder for the results")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    for recipe in arguments.recipes:
        measure(recipe, arguments)


if __name__ == "__main__":
    main()
