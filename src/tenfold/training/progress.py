"""How training shows itself: a bar that moves within an epoch, and a line for each epoch that stays."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from tenfold.events import EpochProgress, Sink
from tenfold.keras_on_jax import keras


class ProgressBar(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells a sink of the epochs.

    Args:
        images: Training images in an epoch.
        batch_size: Images for each step.
        sink: Shows the bars and lines.
    """

    def __init__(self, images: int, batch_size: int, sink: Sink) -> None:
        super().__init__()
        self._images = images
        self._batch_size = batch_size
        self._sink = sink
        self._shown = ExitStack()
        self._show: EpochProgress = lambda done, total, text: None
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Start a bar of its own for each epoch."""
        self._started = time.perf_counter()
        self._show = self._shown.enter_context(self._sink.epoch(self._title(epoch)))
        self._show(0, self.params["steps"], "")

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Move the bar; called once for a chunk of batches."""
        self._show(batch + 1, self.params["steps"], self._text(batch + 1, logs))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Replace the bar by the line that stays."""
        self.close()
        seconds = time.perf_counter() - self._started
        self._sink.line(f"{self._title(epoch)}  {seconds:6.2f} s  {_values(logs)}")

    def close(self) -> None:
        """Take the bar away, also when training ends early."""
        self._shown.close()

    def _text(self, done: int, logs: Mapping[str, float] | None) -> str:
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
