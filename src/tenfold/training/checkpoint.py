"""A training's state as a value, and the file that it is kept in.

A training that continues from its state ends with the same bytes as one that was never interrupted: the state has
everything that a step depends on, and the order and the variations of the images are functions of seed, epoch and
step.

A checkpoint is one `.npz` file without pickles. Its array `record` holds a JSON document as bytes; what is an array in
the state is `{"array": name, "dtype": …}` there, and an array of its own in the file. Types that NumPy does not know,
such as bfloat16, are stored as bits.
"""

import json
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from tenfold.errors import DataError
from tenfold.events import sink
from tenfold.files import atomic_path
from tenfold.keras_internals import nested_layers
from tenfold.messages import Note
from tenfold.training.step import State, read_state

_COST_FACTOR = 100.0
"""A checkpoint is due when so many times the last one's cost has passed: checkpoints take 1 % of the time."""

_FIRST_COST_SECONDS = 0.02
_MIN_SECONDS_WITHIN_EPOCH = 30.0
"""Between checkpoints in the middle of long epochs."""

_MIN_SECONDS_BETWEEN_SNAPSHOTS = 1.0
"""Within an epoch; a snapshot is what an interrupt writes."""

_FILE = "state.npz"
_VERSION = 1


class Position(NamedTuple):
    """What a training does next.

    Args:
        epoch: Number of the epoch, from 0.
        number: That of the epoch in which the current pass over the data began.
        first: Which step of the pass the epoch begins with.
        step: Which step of the pass comes next.
    """

    epoch: int
    number: int
    first: int
    step: int

    @property
    def within_epoch(self) -> bool:
        """Whether the epoch has begun."""
        return self.step > self.first


def epoch_start(epoch: int, first: int = 0, number: int | None = None) -> Position:
    """The beginning of an epoch; as a rule, a new pass begins with it."""
    return Position(epoch, epoch if number is None else number, first, first)


class Snapshot(NamedTuple):
    """The state of a training.

    Args:
        position: What comes next.
        stopped: Whether a callback ended the training.
        logs: Of the last finished epoch.
        variables: Their values.
        callbacks: Of each callback that has a state, its class's name and the state.
    """

    position: Position
    stopped: bool
    logs: dict[str, Any]
    variables: State
    callbacks: list[tuple[str, Any]]

    def is_done(self, epochs: int) -> bool:
        """Whether nothing is left of a training of so many epochs."""
        return self.stopped or self.position.epoch >= epochs


class Checkpoint:
    """The file `state.npz` in a folder, written now and then.

    Once `_COST_FACTOR` times the last checkpoint's cost has passed since it, the next one is due; within an epoch,
    after half a minute at the earliest. A new file replaces the last one when it is complete. Where it cannot be
    written, the last one stays, training continues, and a note says so, once.

    Args:
        folder: Is made when the file is written first.
        signature: Gives a text that is the same for the same training.
        clock: Gives seconds.

    Attributes:
        saved: What the file held at first; None if there is none.

    Raises:
        DataError: The file is damaged, or of another training.
    """

    def __init__(
        self, folder: Path, signature: Callable[[], str], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.path = folder / _FILE
        self._signature = signature
        self.saved = self._read() if self.path.exists() else None
        self._snapshot: Snapshot | None = None
        self._clock = clock
        self._taken = self._written = clock()
        self._cost_seconds = _FIRST_COST_SECONDS
        self._failed = False

    def offer(self, take: Callable[[], Snapshot], *, within_epoch: bool = False) -> None:
        """Take a snapshot, and write it if a checkpoint is due.

        Args:
            take: Takes it.
            within_epoch: Whether the epoch goes on; then there may be neither.
        """
        now = self._clock()
        if within_epoch and now - self._taken < _MIN_SECONDS_BETWEEN_SNAPSHOTS:
            return
        self._snapshot, self._taken = take(), now
        pause = max(_COST_FACTOR * self._cost_seconds, _MIN_SECONDS_WITHIN_EPOCH if within_epoch else 0.0)
        if now - self._written >= pause:
            self.write()

    def write(self) -> None:
        """Write the last snapshot, unless the file holds it already."""
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is None:
            return
        started = self._clock()
        try:
            write_checkpoint(self.path.parent, snapshot, self._signature())
        except OSError as error:
            if not self._failed:
                sink().note(_not_written(self.path, error))
            self._failed = True
        self._written = self._clock()
        self._cost_seconds = self._written - started

    def _read(self) -> Snapshot:
        try:
            with np.load(self.path, allow_pickle=False) as file:
                document = json.loads(file["record"].tobytes())
                if document["version"] != _VERSION:
                    raise ValueError(f"version {document['version']}")
                signature = document["signature"]
                content = _unpacked(document["snapshot"], file)
                position, stopped, logs, variables, callbacks = content
                snapshot = Snapshot(
                    Position(*position), stopped, logs, State(*variables), [(name, state) for name, state in callbacks]
                )
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(
                f"{self.path}: is no checkpoint that can be read ({error}). Delete it to train from the beginning."
            ) from error
        if signature and signature != self._signature():
            raise DataError(
                f"{self.path}: is the checkpoint of another training: data, model, optimiser or settings differ. "
                f"Give another folder, or delete {self.path.parent} to train from the beginning."
            )
        return snapshot


def checkpoint_signature(model: Any, arrays: Sequence[Any], settings: Mapping[str, Any]) -> Callable[[], str]:
    """What gives a text that differs for trainings that differ in data, model, optimiser or settings.

    Model and optimiser are described at once, before training changes the learning rate; the data, which takes longer,
    when the text is asked for first. Names of layers do not count: Keras numbers them through the life of a process.

    Args:
        model: A compiled and built Keras model.
        arrays: All data.
        settings: What else the training depends on; JSON, or text by `str`.
    """
    described = {
        "layers": [(type(layer).__name__, _config(layer)) for layer in nested_layers(model)],
        "variables": [[(list(value.shape), str(value.dtype)) for value in part] for part in read_state(model)],
        "optimizer": (type(model.optimizer).__name__, _config(model.optimizer)),
        "loss": _nameless(model.loss),
        "settings": settings,
        "data": [(array.shape, str(array.dtype)) for array in arrays],
    }
    text = json.dumps(described, sort_keys=True, default=lambda value: getattr(value, "__name__", type(value).__name__))

    @cache
    def signature() -> str:
        checksum = zlib.crc32(text.encode())
        for array in arrays:
            checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
        return f"{checksum:08x}"

    return signature


def _config(part: Any) -> Any:
    try:
        return _nameless(part.get_config())
    except NotImplementedError:  # a layer of the user's own without a config
        return None


def _nameless(config: Any) -> Any:
    """A config without names, which Keras counts through."""
    if isinstance(config, dict):
        return {str(key): _nameless(value) for key, value in config.items() if key not in ("name", "registered_name")}
    return [_nameless(value) for value in config] if isinstance(config, list | tuple) else config


def write_checkpoint(folder: Path, snapshot: Snapshot, signature: str = "") -> None:
    """Write a state from which a training is to continue.

    Args:
        folder: Is made if it is missing.
        snapshot: The state.
        signature: Of the training; empty fits any.

    Raises:
        OSError: The file cannot be written; one that was there stays.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    document = {"version": _VERSION, "signature": signature, "snapshot": _packed(snapshot, arrays)}
    record = np.frombuffer(json.dumps(document).encode(), np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / _FILE) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, record=record, **arrays)


def _packed(value: Any, arrays: dict[str, np.ndarray[Any, Any]]) -> Any:
    """A value as JSON; its arrays are put beside it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {"items": [[_packed(key, arrays), _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_packed(item, arrays) for item in value]
    try:
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise TypeError
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The state of a callback holds {value!r:.80}; expected numbers, text, arrays, and lists and dicts of them."
        ) from error
    name, dtype = f"array_{len(arrays)}", array.dtype.name
    arrays[name] = array.view(f"u{array.dtype.itemsize}") if array.dtype.kind == "V" else array
    return {"array": name, "dtype": dtype}


def _unpacked(value: Any, arrays: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "items" in value:
        return {_unpacked(key, arrays): _unpacked(item, arrays) for key, item in value["items"]}
    array = arrays[value["array"]]
    return array if array.dtype.kind in "US" else array.view(jnp.dtype(value["dtype"]))


def _not_written(path: Path, error: OSError) -> Note:
    reason = os.strerror(error.errno) if error.errno else str(error)
    template = "{path}: the checkpoint cannot be written ({reason}). Training continues; {kept}."
    kept = "the last checkpoint stays" if path.exists() else "there is none to resume from"
    return Note("checkpoint_not_written", template, {"path": str(path), "reason": reason, "kept": kept}, "warning")
