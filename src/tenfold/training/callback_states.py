"""What callbacks remember between epochs, taken and given back, so that a training can continue from a checkpoint."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tenfold.errors import DataError
from tenfold.files import atomic_path
from tenfold.keras_internals import CALLBACK_ATTRIBUTES, restored_epoch, seed_states
from tenfold.keras_on_jax import keras

_STATELESS = (
    keras.callbacks.Callback,
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ProgbarLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TerminateOnNaN,
)


def check_resumable(callbacks: Iterable[Any]) -> None:
    """Refuse callbacks whose state nobody knows.

    Raises:
        DataError: A callback of the user's own has no `get_state` and `set_state`, or one of Keras's cannot continue.
    """
    for callback in callbacks:
        kind = type(callback)
        if _has_own_state(callback) or kind in _STATELESS or kind.__name__ in _known(kind):
            continue
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            raise DataError("BackupAndRestore and checkpoint both restore a training. Take one of them.")
        if kind.__module__.startswith("keras."):
            raise DataError(
                f"{kind.__name__} cannot continue from a checkpoint. Take it out of callbacks, or train without "
                "checkpoint."
            )
        raise DataError(
            f"The callback {kind.__name__} cannot continue from a checkpoint: it has no get_state and set_state. Add "
            "get_state(self), which returns what it remembers (numbers, text, arrays, lists and dicts of them; {} for "
            "nothing), and set_state(self, state), which takes it back."
        )


def callback_states(callbacks: Iterable[Any]) -> list[tuple[str, Any]]:
    """The class's name and the state of each callback that remembers something."""
    return [(type(callback).__name__, _state(callback)) for callback in _stateful(callbacks)]


def restore_callbacks(callbacks: Iterable[Any], states: Sequence[tuple[str, Any]]) -> None:
    """Give callbacks the states that `callback_states` took.

    Raises:
        DataError: They are others.
    """
    stateful = list(_stateful(callbacks))
    names, expected = ([*kinds] for kinds in ((type(one).__name__ for one in stateful), (name for name, _ in states)))
    if names != expected:
        raise DataError(
            f"The checkpoint was written with the callbacks {', '.join(expected)}; found {', '.join(names)}. Give the "
            "same callbacks, or delete the checkpoint to train from the beginning."
        )
    for callback, (_, state) in zip(stateful, states, strict=True):
        if _has_own_state(callback):
            callback.set_state(state)
        elif isinstance(callback, keras.callbacks.CSVLogger):
            _restore_log(callback, state)
        else:
            for name, value in state.items():
                setattr(callback, name, value)
            if isinstance(callback, keras.callbacks.History):
                callback.model.history = callback


@contextmanager
def logs_kept(callbacks: Iterable[Any], states: Sequence[tuple[str, Any]]) -> Iterator[None]:
    """Inside the block, in which training begins, CSVLoggers open their files without emptying them.

    Raises:
        DataError: A file has lost what the training had written before.
    """
    loggers = [callback for callback in callbacks if isinstance(callback, keras.callbacks.CSVLogger)]
    before = [logger.append for logger in loggers]
    sizes = [state["size"] for name, state in states if name == "CSVLogger"]
    for logger, size in zip(loggers, sizes, strict=False):
        path = Path(logger.filename)
        if size and (not path.exists() or path.stat().st_size < size):
            raise DataError(
                f"{path}: CSVLogger had written {size:,} bytes when the checkpoint was written, which are gone. Put "
                "the file back, or delete the checkpoint to train from the beginning."
            )
        logger.append = True
    try:
        yield
    finally:
        for logger, append in zip(loggers, before, strict=True):
            logger.append = append


def _restore_log(logger: Any, state: dict[str, Any]) -> None:
    """Take away the rows of epochs that are trained once more."""
    logger.csv_file.truncate(state["size"])
    logger.append_header = state["size"] == 0
    logger.keys, logger.writer = state["keys"], None


def _state(callback: Any) -> Any:
    if _has_own_state(callback):
        return copy.deepcopy(callback.get_state())
    if isinstance(callback, keras.callbacks.CSVLogger):
        size = callback.csv_file.tell() if callback.csv_file and not callback.csv_file.closed else 0
        return {"size": size, "keys": callback.keys}
    names = CALLBACK_ATTRIBUTES[type(callback).__name__]
    return copy.deepcopy({name: getattr(callback, name) for name in names if hasattr(callback, name)})


def _stateful(callbacks: Iterable[Any]) -> Iterator[Any]:
    for callback in callbacks:
        if _has_own_state(callback) or type(callback).__name__ in _known(type(callback)):
            yield callback


def _known(kind: type) -> Iterable[str]:
    """Keras's classes whose state is known, if this is one of Keras's."""
    return CALLBACK_ATTRIBUTES if kind.__module__.startswith("keras.") else ()


def _has_own_state(callback: Any) -> bool:
    return hasattr(callback, "get_state") and hasattr(callback, "set_state")


def with_seed_backups(callbacks: Iterable[Any]) -> list[Any]:
    """Callbacks, with a `SeedBackup` after each of Keras's BackupAndRestore."""
    result = []
    for callback in callbacks:
        result.append(callback)
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            result.append(SeedBackup(callback))
    return result


class SeedBackup(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keeps the seeds of Dropout and its like beside the weights of a `BackupAndRestore`, which does not.

    Without them, a training that goes on would drop other units than one that was never interrupted.

    Args:
        backup: The callback; it comes before this one.
    """

    def __init__(self, backup: Any) -> None:
        super().__init__()
        self._path = Path(backup.backup_dir) / "seeds.npz"
        self._by_epoch = backup.save_freq == "epoch"  # else it goes on in the middle of an epoch, as Keras does

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the seeds where the backup has restored the weights."""
        if self._by_epoch and restored_epoch(self.model) and self._path.exists():
            with np.load(self._path, allow_pickle=False) as seeds:
                for number, variable in enumerate(seed_states(self.model)):
                    variable.assign(seeds[str(number)])

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the seeds; the backup has made the folder."""
        values = {str(number): np.asarray(one.value) for number, one in enumerate(seed_states(self.model))}
        if self._by_epoch and values:
            with atomic_path(self._path) as temporary:
                np.savez(temporary, allow_pickle=False, **values)
