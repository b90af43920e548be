"""What was measured: one JSON file for each task, and the figures that follow from it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tenfold.files import write_text

Run = dict[str, Any]
"""What one process printed, with its round; or the round and the error it ended in."""


@dataclass(frozen=True)
class Spread:
    """Several measurements of one quantity, in its unit: median, smallest and largest."""

    median: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Spread | None:
    """Median and range; None if there is no value."""
    found = list(values)
    return Spread(median(found), min(found), max(found)) if found else None


def summary(runs: Iterable[Run]) -> dict[str, Spread | None]:
    """The quantities of one contestant over all rounds.

    Every contestant's caches are empty in the first round; what it left there, later rounds find. So a first start is
    told from the later ones.

    Returns:
        `epoch_seconds`, all epochs after the first of each run; `first_epoch_seconds`, with compiling, and
        `seconds_to_saved_model`, from the start of the process, as later starts take; both again with `cold_` in
        front for the first round; `peak_memory_bytes`; `accuracy` from 0 to 1. None where there is no measurement.
    """
    good = [run for run in runs if "error" not in run]
    cold, warm = [run for run in good if run["round"] == 0], [run for run in good if run["round"] > 0]
    found = {"epoch_seconds": spread(seconds for run in good for seconds in run["epoch_seconds"])}
    for quantity in ("first_epoch_seconds", "seconds_to_saved_model"):
        found[f"cold_{quantity}"] = spread(run[quantity] for run in cold)
        found[quantity] = spread(run[quantity] for run in warm)
    for quantity in ("peak_memory_bytes", "accuracy"):
        found[quantity] = spread(run[quantity] for run in good if run[quantity] is not None)
    return found


def load_results(folder: Path, order: Iterable[str]) -> list[dict[str, Any]]:
    """The measured tasks in the given order of their names, then any others."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    known = [name for name in order if name in found]
    return [found[name] for name in [*known, *(name for name in found if name not in known)]]


def save_result(result: dict[str, Any], folder: Path) -> None:
    """Write one task's result under the task's name."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{result['task']['name']}.json", json.dumps(result, indent=1) + "\n")
