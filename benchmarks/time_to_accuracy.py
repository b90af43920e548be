"""How long it takes from the start of a process to a saved model that reads 99 % of MNIST's test images.

    python -m benchmarks.time_to_accuracy --seeds 5

The contestants take turns, a seed at a time, each time in a fresh process. Tenfold is `tenfold train mnist` as a user
types it, once with an empty cache of compiled programs and once with a warm one; what it does after the model is saved
(evaluation, figures, report) is told as well, in the seconds to the finished run. The others
train epoch by epoch and are evaluated after each, uncounted; they are granted the fewest epochs after which the mean
accuracy over the seeds reaches the target, which nobody knows beforehand. The results are written after each seed, and
seeds that are there already are kept.
"""

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.accuracy import PROGRAM, begun, circumstances
from benchmarks.speed.data import data_file
from benchmarks.speed.environments import BENCH, Contestant, run_contestant
from benchmarks.speed.tasks import Task, chosen_tasks
from tenfold.recipes.recipe import load_recipe

RESULTS = Path(__file__).parent / "results" / "time_to_accuracy.json"
TENFOLD = ("tenfold, cold", "tenfold, warm")

AFTER_SAVING = ("evaluation", "figures", "report")
"""What a run does that the others are not asked for."""

Run = dict[str, Any]


def keras_example() -> Task:
    """The network and settings of keras.io's mnist_convnet, on all training images."""
    pooled = {"layer": "MaxPooling2D", "pool_size": 2}
    layers = [
        {"layer": "Conv2D", "filters": 32, "kernel_size": 3, "activation": "relu"},
        pooled,
        {"layer": "Conv2D", "filters": 64, "kernel_size": 3, "activation": "relu"},
        pooled,
        {"layer": "Flatten"},
        {"layer": "Dropout", "rate": 0.5},
        {"layer": "Dense", "units": 10, "activation": "softmax"},
    ]
    model = chosen_tasks(["dense-512-256"])[0]  # Adam, one-hot labels, batches of 128
    return dataclasses.replace(model, name="mnist_convnet", images=60_000, layers=tuple(layers), epochs=12)


def contestants() -> list[tuple[Contestant, Task]]:
    """The peers, and what each trains at most; Keras on the backend that is its fastest on such networks."""
    tutorial = dataclasses.replace(chosen_tasks(["cnn-32-64-128"])[0], epochs=5)
    found = []
    for task in (keras_example(), tutorial):
        name = f"keras-tensorflow, {task.name}"
        found.append((Contestant(name, name, "keras_fit", "tensorflow", {"KERAS_BACKEND": "tensorflow"}), task))
    published = Contestant("pytorch, one cycle", "", "pytorch_one_cycle", "torch")
    return [*found, (published, dataclasses.replace(tutorial, epochs=1))]


def train_tenfold(seed: int, folder: Path, cache: Path) -> Run:
    """`tenfold train mnist` in a fresh process."""
    command = [PROGRAM, "train", "mnist", "--seed", str(seed), "--json"]
    variables = os.environ | {"TENFOLD_COMPILE_CACHE": str(cache)}
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    result = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    found = json.loads(result.stdout)
    return {"seed": seed, "accuracy": found["accuracy"]} | tenfold_seconds(seconds, found["seconds"])


def tenfold_seconds(total: float, stages: dict[str, Any]) -> Run:
    """Seconds of the whole process, and without what comes after the saved model."""
    saved = total - sum(stages[name] for name in AFTER_SAVING)
    return {"seconds": round(saved, 3), "seconds_to_finished_run": round(total, 3)}


def train_peer(contestant: Contestant, task: Task, seed: int) -> Run:
    """A peer in a fresh process."""
    content = task.content(data_file(task.data, task.images, BENCH / "data"), seed) | {"watched": True}
    folder = BENCH / "runs" / contestant.name.replace(", ", "-")
    return {"seed": seed} | run_contestant(contestant, content, folder)


def time_of_peer(runs: list[Run], target: float) -> dict[str, Any]:
    """Seconds to the saved model after the fewest epochs whose mean accuracy reaches the target, or after all of them.

    Saving takes as long after these epochs as after the last one; medians, since a slow disk holds single runs up.
    """
    epochs = len(runs[0]["reached"])
    means = [mean(run["reached"][epoch]["accuracy"] for run in runs) for epoch in range(epochs)]
    enough = next((epoch for epoch in range(epochs) if means[epoch] >= target), epochs - 1)
    saving = [run["seconds_to_saved_model"] - run["reached"][-1]["seconds"] for run in runs]
    trained = [run["reached"][enough]["seconds"] for run in runs]
    return {
        "reached": means[enough] >= target,
        "epochs": enough + 1,
        "mean_accuracy": round(means[enough], 5),
        "seconds": round(median(trained) + median(saving), 2),
    }


def time_of_tenfold(runs: list[Run], target: float) -> dict[str, Any]:
    """The median of the seconds, and how good the models are."""
    accuracies = [run["accuracy"] for run in runs]
    return {
        "reached": mean(accuracies) >= target,
        "epochs": load_recipe("quick").training.epochs,
        "mean_accuracy": round(mean(accuracies), 5),
        "runs_that_reached": sum(accuracy >= target for accuracy in accuracies),
        "seconds": round(median(run["seconds"] for run in runs), 2),
        "seconds_to_finished_run": round(median(run["seconds_to_finished_run"] for run in runs), 2),
    }


def measure(seed: int) -> Iterator[tuple[str, Run]]:
    """Everyone's turn, with who took it."""
    cache = BENCH / "time_to_accuracy" / str(seed) / "compiled"
    shutil.rmtree(cache, ignore_errors=True)
    for name in TENFOLD:
        yield name, train_tenfold(seed, cache.parent, cache)
    for contestant, task in contestants():
        yield contestant.name, train_peer(contestant, task, seed)


def document(runs: dict[str, list[Run]], target: float) -> dict[str, Any]:
    """What the runs amount to."""
    times = {
        name: (time_of_tenfold if name in TENFOLD else time_of_peer)(found, target) for name, found in runs.items()
    }
    about = circumstances("quick") | {"date": date.today().isoformat()}
    return {"target": target, "times": times, "runs": runs} | about


def write(path: Path, runs: dict[str, list[Run]], target: float) -> dict[str, Any]:
    """The results so far, as a file."""
    found = document(runs, target)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 … SEEDS-1")
    parser.add_argument("--target", type=float, default=0.99, help="mean accuracy to reach")
    parser.add_argument("--to", type=Path, default=RESULTS, help="a file for the results")
    arguments = parser.parse_args()
    runs = begun(arguments.to, circumstances("quick")).get("runs", {})
    done = {run["seed"] for found in runs.values() for run in found}
    for seed in sorted(set(range(arguments.seeds)) - done):
        for name, run in measure(seed):
            runs.setdefault(name, []).append(run)
            print(f"seed {seed}, {name}: {run.get('seconds', run.get('reached'))}, {run['accuracy']}", flush=True)
        write(arguments.to, runs, arguments.target)
    print(json.dumps(write(arguments.to, runs, arguments.target)["times"], indent=1))


if __name__ == "__main__":
    main()
