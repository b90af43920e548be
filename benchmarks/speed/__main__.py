"""Trains the same networks with Tenfold and with its peers, in turn, and writes down how long each took.

    make bench
    make bench ARGUMENTS="--tasks recipes --contestants tenfold pytorch --rounds 5"

What is measured and how is told in benchmarks/README.md. Results are written after each task.
"""

import argparse
import dataclasses
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.speed.data import data_file
from benchmarks.speed.environments import (
    BENCH,
    CONTESTANTS,
    ROOT,
    Contestant,
    ContestantError,
    ready_python,
    run_contestant,
)
from benchmarks.speed.floor import floor_seconds, measured_machine, operations_per_epoch
from benchmarks.speed.page import write_page
from benchmarks.speed.results import save_result
from benchmarks.speed.schedule import entrants, estimated_seconds, turns
from benchmarks.speed.tasks import Task, all_tasks, chosen_tasks

RESULTS = ROOT / "benchmarks" / "results" / "speed"
TRIALS = BENCH / "results"


def main() -> int:
    """Run the benchmark; 1 if a contestant failed."""
    arguments = parsed_arguments()
    contestants = [one for one in CONTESTANTS if one.name in arguments.contestants]
    tasks = [adapted(task, arguments) for task in arguments.tasks]
    announce(tasks, contestants, arguments.rounds)
    for contestant in contestants:
        ready_python(contestant.environment)
    machine = measured_machine("torch" if any(one.environment == "torch" for one in contestants) else None)
    settings = {"rounds": arguments.rounds, "fraction": arguments.fraction}
    failed = False
    for task in tasks:
        measured = measure(task, entrants(task, contestants), arguments.rounds)
        failed |= any("error" in run for runs in measured.values() for run in runs)
        result = {"task": dataclasses.asdict(task), "settings": settings, "machine": machine, "contestants": measured}
        result["operations_per_epoch"] = operations_per_epoch(task)
        result["floor_seconds"] = floor_seconds(task, machine["gigaflops"])
        save_result(result, arguments.out)
        write_page(arguments.out)
    print(f"wrote {arguments.out / 'README.md'}")
    return int(failed)


def parsed_arguments() -> argparse.Namespace:
    """The command line, with `tasks` as Tasks and `out` as a folder."""
    names = [contestant.name for contestant in CONTESTANTS]
    parser = argparse.ArgumentParser(
        "benchmarks.speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", default=[], metavar="TASK", help="names or groups; all by default")
    parser.add_argument("--contestants", nargs="+", default=names, choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contestant at each task; default 3")
    parser.add_argument("--epochs", type=int, help="epochs of each turn, at least 2; 3 by default, 2 for slow tasks")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of each task's images, to try things out")
    parser.add_argument(
        "--out", type=Path, help="results; .bench/results unless all take part, three times, on all images"
    )
    arguments = parser.parse_args()
    try:
        arguments.tasks = chosen_tasks(arguments.tasks)
    except KeyError as unknown:
        known = all_tasks()
        groups = ", ".join(dict.fromkeys(task.group for task in known))
        parser.error(f"no task {unknown.args[0]}; groups: {groups}; tasks: {', '.join(task.name for task in known)}")
    if arguments.rounds < 1 or (arguments.epochs or 2) < 2 or not 0 < arguments.fraction <= 1:
        parser.error("expected --rounds of at least 1, --epochs of at least 2, --fraction above 0 and up to 1")
    in_full = arguments.fraction == 1 and arguments.epochs is None and arguments.rounds >= 3
    whole = in_full and set(arguments.contestants) == set(names)
    arguments.out = arguments.out or (RESULTS if whole else TRIALS)
    return arguments


def adapted(task: Task, arguments: argparse.Namespace) -> Task:
    """A task with fewer images or other epochs, as the command line asks."""
    images = max(task.batch_size, round(task.images * arguments.fraction))
    return dataclasses.replace(task, images=images, epochs=arguments.epochs or task.epochs)


def announce(tasks: list[Task], contestants: list[Contestant], rounds: int) -> None:
    """Say what is going to be trained and about how long it takes."""
    estimates = [estimated_seconds(task, rounds * len(entrants(task, contestants))) for task in tasks]
    for task, seconds in zip(tasks, estimates, strict=True):
        size = f"{task.images:,} images, batch {task.batch_size}, {task.epochs} epochs"
        print(f"{seconds / 60:6.1f} min  {task.name}: {size}")
    print(f"{sum(estimates) / 60:6.0f} min  in all, roughly; environments that are missing come on top", flush=True)


def measure(task: Task, contestants: list[Contestant], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Let the contestants train in turn; what each run gave, by contestant."""
    data = data_file(task.data, task.images, BENCH / "data")
    measured: dict[str, list[dict[str, Any]]] = defaultdict(list)
    folders = {contestant.name: BENCH / "runs" / contestant.name for contestant in contestants}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    for number, contestant in turns(contestants, rounds):
        try:
            run = run_contestant(contestant, task.content(data, seed=number), folders[contestant.name])
            told = f"{run['epoch_seconds']} s an epoch, accuracy {run['accuracy']:.4f}"
        except ContestantError as error:
            run = {"error": str(error)}
            told = f"failed\n{error}"
        measured[contestant.name].append({"round": number, **run})
        print(f"{task.name}, round {number + 1}, {contestant.name}: {told}", flush=True)
    return dict(measured)


if __name__ == "__main__":
    sys.exit(main())
