"""What is known of each epoch, row by row."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from tenfold.keras_internals import step_counter
from tenfold.keras_on_jax import keras
from tenfold.training.rates import Rates, scheduled_rates


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Collects a row for each finished epoch, and the seconds that it took; of several networks, one after another.

    Attributes:
        rows: epoch (from 1, counted through), learning_rate (of its last step), loss, accuracy and, if anything was
            validated, val_loss and val_accuracy.
        starts: How many rows there were when each network began: [0] for a single one.
        seconds: Wall-clock of each epoch, validation included.
        compile_seconds: From the making of the log, or from the network before, to the first epoch.

    Args:
        at_start: Is called when all is compiled and the first epoch begins.
    """

    def __init__(self, at_start: Callable[[], None]) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []
        self.starts: list[int] = []
        self.seconds: list[float] = []
        self.compile_seconds = 0.0
        self._at_start = at_start
        self._started = time.perf_counter()
        self._scheduled: Callable[[int, int], Rates] | None = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Note how long compiling took."""
        self.compile_seconds += time.perf_counter() - self._started
        goes_on = self.starts and int(self.model.optimizer.iterations)  # with larger images
        if not goes_on:
            self.starts.append(len(self.rows))
        self._scheduled = scheduled_rates(self.model.optimizer)
        if not self.rows:
            self._at_start()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Add a row."""
        self.seconds.append(time.perf_counter() - self._started)
        self._started = time.perf_counter()
        row = {"epoch": self.starts[-1] + epoch + 1, "learning_rate": self._learning_rate()}
        self.rows.append({**row, **(logs or {})})

    def get_state(self) -> dict[str, Any]:
        """The epochs so far, and the seconds since the last one."""
        since = time.perf_counter() - self._started
        return {"rows": self.rows, "starts": self.starts, "seconds": self.seconds, "since": since}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue after these epochs."""
        self.rows, self.starts, self.seconds = state["rows"], state["starts"], state["seconds"]
        self._started = time.perf_counter() - state["since"]

    def keep(self, networks: int) -> None:
        """Forget the epochs of all but the first so many networks."""
        rows = [*self.starts, len(self.rows)][networks]
        self.rows, self.starts, self.seconds = self.rows[:rows], self.starts[:networks], self.seconds[:rows]

    def _learning_rate(self) -> float:
        optimizer = self.model.optimizer
        if self._scheduled is None:
            return float(optimizer.learning_rate)
        # A step is counted as soon as it is done: the last one had the rate of the count before.
        return float(self._scheduled(int(step_counter(optimizer)) - 1, 1).values[0])
