"""Whether `tenfold resume` ends with the same bytes after a run was killed: python -m benchmarks.kills [--kills 6].

For each kind of training, a small run is trained without a break. Then others are killed with SIGKILL at a random
moment of the time that it took, from the first file in the folder to the last, and resumed; while resuming, half of
them are killed once more. What is compared byte by byte: model.weights.h5, history.csv, metrics.json, predictions.csv.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

FILES = ("model.weights.h5", "history.csv", "metrics.json", "predictions.csv")
KINDS = {
    "dense-128": ["--recipe", "dense-128"],
    "quick": ["--recipe", "quick", "--fraction", "0.5"],
    "ensemble": ["--recipe", "quick", "--fraction", "0.3", "--set", "averaging.networks=2"],
    "progressive-resizing": [
        *("--recipe", "tiny", "--fraction", "0.1", "--epochs", "4"),
        *("--set", "training.progressive_resizing={scale=0.7}"),
    ],
    "early-stopping": [
        *("--recipe", "dense-512-256", "--fraction", "0.3"),
        *("--set", 'training.early_stopping={monitor="val_loss", patience=2}'),
    ],
}


def main() -> int:
    """Kill and resume; the exit code says whether all came out the same."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--kills", type=int, default=6, help="for each kind of training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    chance, same = random.Random(arguments.seed), 0
    with tempfile.TemporaryDirectory() as name:
        for kind in arguments.kinds:
            for outcome in outcomes(kind, arguments.kills, chance, Path(name)):
                same += outcome["same"]
                print(json.dumps(outcome), flush=True)
    total = arguments.kills * len(arguments.kinds)
    print(f"{same} of {total} kills: the same bytes after tenfold resume")
    return 0 if same == total else 1


def outcomes(kind: str, kills: int, chance: random.Random, folder: Path) -> Iterator[dict[str, object]]:
    """What came of each kill of one kind of training."""
    whole = folder / kind
    tenfold("train", "mnist", *KINDS[kind], "--out", str(whole)).wait()  # compiles
    begun = seconds_to_record(folder / f"{kind}-timed", *KINDS[kind])
    total = json.loads((folder / f"{kind}-timed" / "run.json").read_text())["seconds"]["total"]
    for number in range(kills):
        run = folder / f"{kind}-{number}"
        reached = [killed(chance.uniform(begun, total), "train", "mnist", *KINDS[kind], "--out", str(run))]
        if chance.random() < 0.5 and (run / "run.json").exists():
            reached.append(killed(chance.uniform(begun, total), "resume", str(run)))
        state = status(run)
        if state is None:  # killed before there was a run
            tenfold("train", "mnist", *KINDS[kind], "--out", str(run)).wait()
        elif state != "finished":
            tenfold("resume", str(run)).wait()
        different = [file for file in FILES if (run / file).read_bytes() != (whole / file).read_bytes()]
        yield {"kind": kind, "killed_after": reached, "found": state, "same": not different, "different": different}


def seconds_to_record(run: Path, *arguments: str) -> float:
    """Train, and tell after how many seconds there was a record."""
    started = time.perf_counter()
    process = tenfold("train", "mnist", *arguments, "--out", str(run))
    while not (run / "run.json").exists():
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    process.wait()
    return seconds


def killed(seconds: float, *arguments: str) -> float:
    """Begin a command, and kill it after so many seconds."""
    process = tenfold(*arguments)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    return round(seconds, 2)


def status(run: Path) -> str | None:
    """What a run's record says, if there is one."""
    record = run / "run.json"
    return json.loads(record.read_text())["status"] if record.exists() else None


def tenfold(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a command of this Python's Tenfold."""
    code = "from tenfold.cli.start import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


if __name__ == "__main__":
    sys.exit(main())
