"""How training shows itself: a bar that moves within an epoch, and a line for each epoch that stays."""

import time
from collections.abc import Mapping
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tenfold.keras_on_jax import keras
from tenfold.terminal import stderr

_BAR_WIDTH = 12


class ProgressBar(keras.callbacks.Callback):  # type: ignore[misc]
    """Bar and lines on stderr; only the lines where that is no terminal.

    Args:
        images: Training images in an epoch.
        batch_size: Images for each step.
        bar: Whether to draw the bar at all.
    """

    def __init__(self, images: int, batch_size: int, bar: bool = True) -> None:
        super().__init__()
        self._images = images
        self._batch_size = batch_size
        self._bar = bar and stderr.is_terminal
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Start a bar of its own for each epoch."""
        self._started = time.perf_counter()
        if not self._bar:
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR_WIDTH),
            TextColumn("{task.fields[status]}"),
            console=stderr,
            transient=True,
        )
        self._task = self._progress.add_task(self._title(epoch), total=self.params["steps"], status="")
        self._progress.start()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Move the bar; called once for a chunk of batches."""
        if self._progress is None:
            return
        self._progress.update(self._task, completed=batch + 1, status=self._status(batch + 1, logs))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Replace the bar by the line that stays."""
        self.close()
        seconds = time.perf_counter() - self._started
        stderr.print(f"{self._title(epoch)}  {seconds:6.2f} s  {_values(logs)}")

    def close(self) -> None:
        """Take the bar away, also when training ends early."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _status(self, done: int, logs: Mapping[str, float] | None) -> str:
        """Two lines beside the bar, short enough for 80 columns."""
        steps, images = self.params["steps"], min(done * self._batch_size, self._images)
        seconds = max(time.perf_counter() - self._started, 1e-9)
        return (
            f"{_values(logs)} · {seconds * (steps - done) / done:.0f} s left\n"
            f"{images:,}/{self._images:,} images · {done:,}/{steps:,} batches · {images / seconds:,.0f}/s"
        )

    def _title(self, epoch: int) -> str:
        epochs = self.params["epochs"]
        return f"Epoch {epoch + 1:>{len(str(epochs))}}/{epochs}"


def _values(logs: Mapping[str, Any] | None) -> str:
    # Keras's own order is the alphabet's, which would put the loss after the accuracy. Arrays would fill the screen.
    numbers = [name for name, value in (logs or {}).items() if isinstance(value, int | float)]
    names = sorted(numbers, key=lambda name: (name.startswith("val_"), not name.endswith("loss")))
    return "  ".join(f"{name} {logs[name]:.4f}" for name in names) if logs else ""
