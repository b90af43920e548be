"""Whether recipes suit any data: generated images of 8×8 to 96×96, 50 to 500,000, of 2 to 200 classes, and real ones.

    python -m benchmarks.generality
    python -m benchmarks.generality --only "8×8, 50 images" --recipes tiny strong

Each class is a smooth random pattern; an image of it is moved by up to a tenth of its side, of its own contrast, and in
noise. Each run is `tenfold train DATA.npz --recipe NAME` in a process of its own, `auto` with a time limit, whose
prediction stands beside the time that was taken. results/generality.json and .md are written after each run; what
is there of other data sets and recipes stays.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

import tenfold
from benchmarks.accuracy import PROGRAM, begun, circumstances, fingerprint

RESULTS = Path(__file__).parent / "results" / "generality.json"
_CELLS, _MOVED, _NOISE = 5, 0.1, 30.0


RECIPES = ("quick", "auto", "tiny", "strong", "fashion-strong")


class Case(NamedTuple):
    """A data set that is generated, or one of the catalogue, and the time that `auto` gets."""

    shape: tuple[int, int, int]
    classes: int
    images: int
    limit_seconds: int
    data: str | None = None


CASES = {
    "8×8, 50 images": Case((8, 8, 1), 2, 50, 20),
    "28×28, 50 images": Case((28, 28, 1), 2, 50, 12),
    "8×8, 500,000 images": Case((8, 8, 1), 10, 500_000, 90),
    "20×32 in colour, 300 images": Case((20, 32, 3), 5, 300, 30),
    "28×28, 200 classes": Case((28, 28, 1), 200, 40_000, 60),
    "32×32 in colour, 100 classes": Case((32, 32, 3), 100, 20_000, 60),
    "96×96, 2 classes": Case((96, 96, 1), 2, 1_000, 60),
    "96×96 in colour, 200 classes": Case((96, 96, 3), 200, 10_000, 120),
    "MNIST": Case((28, 28, 1), 10, 70_000, 60, "mnist"),
    "Fashion-MNIST": Case((28, 28, 1), 10, 70_000, 60, "fashion-mnist"),
}


def generate(case: Case, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """uint8 [n, height, width, channels] and labels [n], as many of each class as of the others."""
    random = np.random.default_rng(seed)
    height, width, channels = case.shape
    coarse = random.random((case.classes, _CELLS, _CELLS, channels))
    # Larger than an image by what it may be moved.
    room = [round(_MOVED * side) for side in (height, width)]
    zooms = (1, (height + 2 * room[0]) / _CELLS, (width + 2 * room[1]) / _CELLS, 1)
    patterns = ndimage.zoom(coarse, zooms, order=1)
    labels = random.permutation(np.arange(case.images) % case.classes)
    images = np.empty((case.images, *case.shape), np.uint8)
    down, across = (random.integers(0, 2 * reach + 1, case.images) for reach in room)
    contrast = random.uniform(0.5, 1, case.images)
    for number, label in enumerate(labels):
        top, left = down[number], across[number]
        seen = patterns[label, top : top + height, left : left + width]
        noisy = 127 + 200 * contrast[number] * (seen - 0.5) + random.normal(0, _NOISE, case.shape)
        images[number] = np.clip(noisy, 0, 255)
    return images, labels.astype(np.int32)


def saved(case: Case, folder: Path) -> Path:
    """The generated data as a file, written once."""
    data = folder / "generated.npz"
    if not data.exists():
        images, labels = generate(case, seed=0)
        test = max(case.images // 6, case.classes)
        named = [f"pattern {number}" for number in range(case.classes)]
        parts = {"x_train": images[test:], "y_train": labels[test:], "x_test": images[:test], "y_test": labels[:test]}
        np.savez(data, class_names=named, **parts)
    return data


def run(case: Case, recipe: str, folder: Path) -> dict[str, Any]:
    """Train as a user would, nothing compiled yet, and tell what came out."""
    data, out = case.data or str(saved(case, folder)), folder / recipe
    limit = ["--time-limit", f"{case.limit_seconds}s"] if recipe == "auto" else []
    command = [PROGRAM, "train", data, "--recipe", recipe, "--out", str(out), *limit]
    variables = os.environ | {"TENFOLD_COMPILE_CACHE": str(folder / f"{recipe}-compiled")}
    started = time.perf_counter()
    told = subprocess.run(command, env=variables, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    about = {"case": case._asdict(), "date": date.today().isoformat(), "fingerprint": fingerprint(recipe, data)}
    found = about | {"seconds": seconds}
    if told.returncode:
        return found | {"error": told.stderr}
    trained = tenfold.load_run(out)
    return found | {
        "accuracy": trained.metrics.accuracy,
        "test_images": trained.metrics.count,
        "parameters": trained.record.network.parameters,
        "predicted_seconds": trained.record.predicted_seconds,
    }


def table(document: dict[str, Any]) -> str:
    """A Markdown page."""
    lines = [
        "# Recipes on generated and on real data",
        "",
        "Test accuracy of one run each, nothing compiled before; "
        f"{document['machine']['cores']} {document['machine']['processor']} cores.",
        "",
        "| data | classes | images | of them test | recipe | accuracy | seconds | predicted | limit |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for name in CASES:
        results = document["cases"].get(name, {})
        lines += [f"| {' | '.join(row(name, recipe, found))} |" for recipe, found in results.items()]
    return "\n".join(lines) + "\n"


def row(name: str, recipe: str, found: dict[str, Any]) -> tuple[str, ...]:
    """One run; a time limit and a prediction has `auto` alone."""
    case, seconds = Case(**found["case"]), f"{found['seconds']:.1f}"
    start = name, str(case.classes), f"{case.images:,}"
    if "error" in found:
        return (*start, "–", f"`{recipe}`", "failed", seconds, "–", "–")
    times = (f"{found['predicted_seconds']:.1f}", str(case.limit_seconds)) if recipe == "auto" else ("–", "–")
    return (*start, f"{found['test_images']:,}", f"`{recipe}`", f"{found['accuracy']:.1%}", seconds, *times)


def main() -> None:
    """Train on each data set with each recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=["quick", "auto"])
    parser.add_argument("--to", type=Path, default=RESULTS, help="a file for the results; a page comes beside it")
    arguments = parser.parse_args()
    common = circumstances("auto")
    del common["fingerprint"]  # each result has that of its own recipe
    document = {"cases": {}} | begun(arguments.to, common)
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as temporary:
            for recipe in arguments.recipes:
                found = run(CASES[name], recipe, Path(temporary))
                document["cases"].setdefault(name, {})[recipe] = found
                print(f"{name}, {recipe}: {json.dumps(found, ensure_ascii=False)}", flush=True)
                arguments.to.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
                arguments.to.with_suffix(".md").write_text(table(document), encoding="utf-8")


if __name__ == "__main__":
    main()
