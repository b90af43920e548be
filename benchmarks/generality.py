"""Whether `quick` and `auto` suit any data: generated images of 8×8 to 96×96, 50 to 500,000, of 2 to 200 classes.

    python -m benchmarks.generality
    python -m benchmarks.generality --only "8×8, 50 images" --recipes auto

Each class is a smooth random pattern; an image of it is moved by up to a tenth of its side, of its own contrast, and in
noise. Each run is `tenfold train DATA.npz --recipe NAME` in a process of its own, `auto` with a time limit, whose
prediction stands beside the time that was taken. results/generality.json and .md are written after each run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

from tenfold.run.provenance import machine, versions

RESULTS = Path(__file__).parent / "results" / "generality.json"
_CELLS, _MOVED, _NOISE = 5, 0.1, 30.0


class Case(NamedTuple):
    """A data set that is generated, and the time that `auto` gets."""

    shape: tuple[int, int, int]
    classes: int
    images: int
    limit_seconds: int


CASES = {
    "8×8, 50 images": Case((8, 8, 1), 2, 50, 20),
    "8×8, 500,000 images": Case((8, 8, 1), 10, 500_000, 90),
    "20×32 in colour, 300 images": Case((20, 32, 3), 5, 300, 30),
    "28×28, 200 classes": Case((28, 28, 1), 200, 40_000, 60),
    "32×32 in colour, 100 classes": Case((32, 32, 3), 100, 20_000, 60),
    "96×96, 2 classes": Case((96, 96, 1), 2, 1_000, 60),
    "96×96 in colour, 200 classes": Case((96, 96, 3), 200, 10_000, 120),
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


def run(case: Case, recipe: str, folder: Path) -> dict[str, Any]:
    """Train as a user would, and tell what came out."""
    data, out = folder / "generated.npz", folder / recipe
    if not data.exists():
        images, labels = generate(case, seed=0)
        test = max(case.images // 6, case.classes)
        np.savez(data, x_train=images[test:], y_train=labels[test:], x_test=images[:test], y_test=labels[:test])
    limit = ["--time-limit", f"{case.limit_seconds}s"] if recipe == "auto" else []
    program = str(Path(sys.executable).parent / "tenfold")
    command = [program, "train", str(data), "--recipe", recipe, "--out", str(out), *limit]
    started = time.perf_counter()
    told = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if told.returncode:
        sys.exit(told.stderr)
    written, metrics = (json.loads((out / name).read_text(encoding="utf-8")) for name in ("run.json", "metrics.json"))
    return {
        "accuracy": metrics["accuracy"],
        "test_images": metrics["count"],
        "parameters": written["parameters"],
        "seconds": round(seconds, 1),
        "predicted_seconds": written["predicted_seconds"],
        "chosen": [line for line in told.stderr.splitlines() if "epoch" in line and ":" in line][:3],
    }


def table(document: dict[str, Any]) -> str:
    """A Markdown page."""
    lines = [
        "# `quick` and `auto` on generated data",
        "",
        f"{document['date']}, {document['machine']['cores']} {document['machine']['processor']} cores.",
        "",
        "| data | classes | images | recipe | accuracy | by chance | seconds | predicted | limit |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, results in document["cases"].items():
        case = CASES[name]
        for recipe, found in results.items():
            limit, predicted = (case.limit_seconds, found["predicted_seconds"]) if recipe == "auto" else ("–", "–")
            lines.append(
                f"| {name} | {case.classes} | {case.images:,} | `{recipe}` | {found['accuracy']:.1%} | "
                f"{1 / case.classes:.1%} | {found['seconds']} | {predicted} | {limit} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train on each data set with each recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--recipes", nargs="+", choices=["quick", "auto"], default=["quick", "auto"])
    arguments = parser.parse_args()
    document = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"cases": {}}
    document |= {"versions": versions(), "machine": machine(), "date": date.today().isoformat()}
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as temporary:
            for recipe in arguments.recipes:
                found = run(CASES[name], recipe, Path(temporary))
                document["cases"].setdefault(name, {})[recipe] = found
                print(f"{name}, {recipe}: {json.dumps(found, ensure_ascii=False)}", flush=True)
                RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
                RESULTS.with_suffix(".md").write_text(table(document), encoding="utf-8")


if __name__ == "__main__":
    main()
