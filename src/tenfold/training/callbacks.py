"""What callbacks need of a training: a call at each batch, and quantities to watch."""

import importlib.util
from collections.abc import Iterable
from typing import Any, Literal

import jax

from tenfold.errors import DataError
from tenfold.keras_internals import is_keras, profiles_batches
from tenfold.keras_on_jax import keras
from tenfold.kernels.model_layers import is_stock

_WATCHERS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)
_TAKE_LEAPS = (keras.callbacks.TerminateOnNaN, keras.callbacks.ProgbarLogger)
"""Keras's callbacks that have methods for batches and are content with some of them."""


def flattened(callbacks: Any) -> list[Any]:
    """The single callbacks of what `fit` was given: None, one of them, a `CallbackList`, or a list of any of these.

    Raises:
        DataError: Something else is among them.
    """
    if callbacks is None:
        return []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if isinstance(callbacks, list | tuple):
        return [one for callback in callbacks for one in flattened(callback)]
    if not isinstance(callbacks, keras.callbacks.Callback):
        raise DataError(f"callbacks holds {callbacks!r:.80}; expected instances of keras.callbacks.Callback.")
    return [callbacks]


def act_on_batches(callbacks: Iterable[Any], phase: Literal["train", "test"]) -> bool:
    """Whether a callback has to be called at each batch of a phase.

    Methods of the user's own have to be. Of Keras's callbacks, those that count batches as they are configured.
    """
    names = [f"on_{phase}_batch_begin", f"on_{phase}_batch_end"]
    names += ["on_batch_begin", "on_batch_end"] if phase == "train" else []
    return any(_acts(callback, names) for callback in callbacks)


def _acts(callback: Any, names: list[str]) -> bool:
    methods = [getattr(callback, name) for name in names]
    if not all(map(is_keras, methods)):
        return True
    inherited = [getattr(keras.callbacks.Callback, name) for name in names]
    if isinstance(callback, _TAKE_LEAPS) or [getattr(method, "__func__", None) for method in methods] == inherited:
        return False
    if isinstance(callback, keras.callbacks.TensorBoard):
        by_batch = callback.update_freq != "epoch" or callback.write_steps_per_second or profiles_batches(callback)
        return bool(by_batch)
    return getattr(callback, "save_freq", "batch") != "epoch"


def stop_on_nan(callbacks: Iterable[Any]) -> bool:
    """Whether a callback looks after losses that are not finite."""
    return any(isinstance(callback, keras.callbacks.TerminateOnNaN) for callback in callbacks)


def restore_best_weights(callbacks: Iterable[Any]) -> None:
    """Do for a training that was broken off what early stopping does at the end of one: go back to the best epoch."""
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping):
            callback.on_train_end()


def check_callbacks(callbacks: Iterable[Any], model: Any, validated: bool) -> None:
    """Refuse what callbacks would find missing after an epoch only.

    Names are not checked where a callback or a step of the user's own may add to the logs.

    Args:
        callbacks: As `flattened` gives them.
        model: A compiled Keras model that is built.
        validated: Whether there is validation data.

    Raises:
        DataError: A quantity is watched, or stands in a file name, that there will not be; or TensorBoard cannot write.
    """
    boards = [callback for callback in callbacks if isinstance(callback, keras.callbacks.TensorBoard)]
    if boards and importlib.util.find_spec("tensorflow") is None:
        raise DataError(
            "keras.callbacks.TensorBoard writes by means of TensorFlow, which is not installed: pip install "
            'tensorflow. Or take keras.callbacks.CSVLogger("log.csv").'
        )
    steps = ("train_step", "test_step", "compute_metrics", "get_metrics_result")
    own = [callback for callback in callbacks if not is_keras(callback.on_epoch_end)]
    watchers = [callback for callback in callbacks if isinstance(callback, _WATCHERS)]
    if own or not watchers or not all(is_stock(model, step) for step in steps):
        return
    names = sorted(jax.eval_shape(model.get_metrics_result), key="loss".__ne__)
    names += [f"val_{name}" for name in names] if validated else []
    for callback in watchers:
        kind = type(callback).__name__
        if isinstance(callback, keras.callbacks.ModelCheckpoint):
            _check_checkpoint(callback, names)
            if not callback.save_best_only:
                continue
        if callback.monitor not in [*names, "learning_rate"]:
            missing = str(callback.monitor).startswith("val_") and not validated
            hint = " Give validation_data or validation_split." if missing else ""
            raise DataError(
                f"{kind} watches {callback.monitor!r}, which this training does not have; expected one of "
                f"{', '.join(names)}.{hint}"
            )


def _check_checkpoint(callback: Any, names: list[str]) -> None:
    try:
        callback.filepath.format(epoch=1, batch=1, learning_rate=0.0, **dict.fromkeys(names, 0.0))
    except (KeyError, IndexError) as error:
        raise DataError(
            f"ModelCheckpoint's filepath {callback.filepath!r} names {error}, which this training does not have; "
            f"expected epoch, batch, {', '.join(names)}."
        ) from error
    if callback.save_freq != "epoch" and callback.save_best_only and callback.monitor.startswith("val_"):
        raise DataError(
            f"ModelCheckpoint(save_best_only=True, save_freq={callback.save_freq}) watches {callback.monitor!r}, which "
            'is there at the end of an epoch only, so nothing would be saved. Take save_freq="epoch".'
        )
