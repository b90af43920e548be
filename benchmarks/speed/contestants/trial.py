"""What every contestant does alike: read the task and the data, tell the time, print one line of JSON.

Runs in every peer's environment, so it needs nothing but NumPy.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

Evaluate = Callable[[], float]


@dataclass(frozen=True)
class Trial:
    """One training to be timed.

    Args:
        task: What `tasks.Task.content` wrote: layers, optimizer, loss, classes, batch_size, epochs, seed.
        train_images: uint8 [n, height, width, channels], 0…255.
        train_labels: int32 [n].
        test_images: uint8, as many as the test set has.
        test_labels: int32.
        folder: Where the trained model is to be saved.
        ticks: Moments in seconds: when training was called for, then the end of each epoch.
        untimed_seconds: What `untimed` took; not counted in the time to the saved model.
        settings: What the contestant chose for itself; goes with the result.
        reached: After each epoch, if the task asks for it: seconds from the start of the process, and accuracy.
    """

    task: dict[str, Any]
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    folder: Path
    ticks: list[float] = field(default_factory=list)
    untimed_seconds: list[float] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    reached: list[dict[str, float]] = field(default_factory=list)

    def tick(self) -> None:
        """Note the time: once when data and model are ready, then at the end of each epoch."""
        self.ticks.append(time.perf_counter())

    @contextmanager
    def untimed(self) -> Iterator[None]:
        """For trying out settings that a user would know from earlier trainings."""
        started = time.perf_counter()
        yield
        self.untimed_seconds.append(time.perf_counter() - started)

    def end_epoch(self, evaluate: Evaluate) -> None:
        """Note the time and, if the task asks for it, uncounted, the accuracy on the test set."""
        self.tick()
        if self.task.get("watched"):
            seconds = time.time() - self.task["started"] - sum(self.untimed_seconds)
            with self.untimed():
                self.reached.append({"seconds": round(seconds, 3), "accuracy": round(evaluate(), 4)})

    def targets(self) -> np.ndarray:
        """The training labels as the loss takes them: integers, or float32 one-hot rows."""
        if self.task["loss"] == "sparse_categorical_crossentropy":
            return self.train_labels
        return np.eye(self.task["classes"], dtype=np.float32)[self.train_labels]


def run_trial(train: Callable[[Trial], Evaluate], packages: tuple[str, ...]) -> None:
    """Time one training, and print what came out of it.

    Args:
        train: Trains and saves the model; gives a function that then measures its accuracy on the test set.
        packages: Whose versions go with the result.
    """
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with np.load(task["data"]) as file:
        arrays = [file[name] for name in ("x_train", "y_train", "x_test", "y_test")]
    trial = Trial(task, *arrays, folder=Path(sys.argv[2]))
    evaluate = train(trial)
    seconds_to_saved_model = time.time() - task["started"] - sum(trial.untimed_seconds)
    peak = peak_memory_bytes()
    epochs = np.diff(trial.ticks).round(4).tolist()
    if len(epochs) != task["epochs"]:
        raise RuntimeError(f"{len(epochs)} epochs were timed; the task asks for {task['epochs']}")
    result = {
        "first_epoch_seconds": epochs[0],
        "epoch_seconds": epochs[1:],
        "seconds_to_saved_model": round(seconds_to_saved_model, 3),
        "peak_memory_bytes": peak,
        "accuracy": round(evaluate(), 4),
        "settings": trial.settings,
        "reached": trial.reached,
        "versions": {package: version(package) for package in ("numpy", *packages)},
    }
    print(json.dumps(result), flush=True)


def peak_memory_bytes() -> int | None:
    """The most memory that this process has had; None where the system does not tell.

    Linux lets a new program inherit the peak of the process that started it in `ru_maxrss`, but not in `VmHWM`.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
