"""What `tenfold.fit` accepts as data, checked before anything is compiled."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.recipes.augmentation import Augmentation
from tenfold.training.labels import check_labels
from tenfold.training.losses import loss_name

Arrays = tuple[np.ndarray[Any, Any], ...]

_INSTEAD = (
    "For data sets, generators and loaders, for several inputs or outputs, and for models without labels, use "
    "keras.Model.fit."
)


def checked_arrays(model: Any, x: Any, y: Any, sample_weight: Any = None) -> Arrays:
    """Turn the arguments of `fit` into arrays of one length that suit the model and its loss.

    Args:
        model: A compiled Keras model with one input and one output.
        x: Inputs [n, ...]; the last axis may be missing, or be one too many, if it has one entry, as in Keras.
        y: Labels: integers [n] or one-hot [n, classes], as the loss asks for.
        sample_weight: Weight of each image in the loss, [n] or [n, 1]; or of each label, as y lies.

    Returns:
        (x, y) or (x, y, weights).

    Raises:
        DataError: Something does not fit; it says what was found, what was expected and what to do.
    """
    if isinstance(getattr(model, "input_shape", None), list | dict):
        raise DataError(f"The model takes several inputs; expected one. {_INSTEAD}")
    if isinstance(getattr(model, "output_shape", None), list | dict):
        raise DataError(f"The model has several outputs, or a dict of them; expected one. {_INSTEAD}")
    x = _array(_only(x), "x")
    if y is None:
        raise DataError(
            f"y is missing; expected a label for each of the {len(x):,} entries of x. For a model that "
            f"learns without labels, give y=x if its loss compares with the input. {_INSTEAD}"
        )
    y = _array(_only(y), "y")
    if len(x) != len(y) or len(x) == 0:
        raise DataError(
            f"x holds {len(x):,} and y {len(y):,} entries; expected the same number, at least one. If they are lists "
            "of several inputs or outputs, use keras.Model.fit."
        )
    x = _fitting(model, x)
    _check_finite(x, "x")
    if loss_name(model):  # a loss of the user's own may leave them out
        _check_finite(y, "y")
    check_labels(model, y, getattr(model, "output_shape", None))
    if sample_weight is None:
        return x, y
    weights = _array(_only(sample_weight), "sample_weight").astype(np.float32)
    if weights.shape not in ((len(x),), (len(x), 1), y.shape, y.shape[:2]):
        raise DataError(f"sample_weight has shape {list(weights.shape)}; expected [{len(x)}], a weight for each image.")
    _check_finite(weights, "sample_weight")
    return x, y, weights


def check_augmentation(augmentation: Augmentation, model: Any, arrays: Arrays) -> None:
    """Refuse images that cannot be varied.

    Raises:
        DataError: They are no pixels 0…255, or labels would have to be mixed that are integers.
    """
    x, y = arrays[:2]
    if x.dtype != np.uint8 or x.ndim != 4:
        raise DataError(
            f"x holds {x.dtype} {list(x.shape)}; augmentation varies images, uint8 [n, height, width, channels]. "
            "Give the raw pixels 0…255, and scale them in a layer: keras.layers.Rescaling(1 / 255)."
        )
    if (augmentation.mixup or augmentation.cutmix) and (y.ndim != 2 or loss_name(model).startswith("sparse")):
        raise DataError(
            "mixup and cutmix mix labels, too, but y holds integers. Give one-hot labels, and compile with "
            "categorical_crossentropy."
        )


def check_settings(
    validation_split: float, validation_freq: Any, shuffle: Any, from_0: Mapping[str, Any], from_1: Mapping[str, Any]
) -> None:
    """Refuse arguments that `fit` cannot take.

    Args:
        validation_split: A share.
        validation_freq: A number of epochs, or a list of them.
        shuffle: True, False or "batch".
        from_0: Whole numbers by their names, at least 0.
        from_1: Whole numbers by their names, at least 1; or None.

    Raises:
        DataError: It says which, and what was expected.
    """
    epochs = validation_freq if isinstance(validation_freq, list) else [validation_freq]
    numbers = [(name, value, 0) for name, value in from_0.items()]
    numbers += [(name, value, 1) for name, value in from_1.items() if value is not None]
    numbers += [("validation_freq", epoch, 1) for epoch in epochs]
    for name, value, least in numbers:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise DataError(f"{name} is {value!r}; expected a whole number of at least {least}.")
    if not isinstance(validation_split, int | float | np.number) or not 0 <= validation_split < 1:
        raise DataError(f"validation_split is {validation_split!r}; expected a share from 0 to below 1, such as 0.2.")
    if not (isinstance(shuffle, bool | int | np.bool_) or shuffle == "batch"):
        raise DataError(f'shuffle is {shuffle!r}; expected True, False or "batch".')


def with_validation(
    model: Any, arrays: Arrays, validation_split: float, validation_data: Any
) -> tuple[Arrays, Arrays | None]:
    """What to train on, and what to evaluate after each epoch.

    Raises:
        DataError: The data does not fit the model, or one part would be empty.
    """
    if validation_data is None:
        return _cut(arrays, validation_split) if validation_split else (arrays, None)
    if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
        entries = f" of {len(validation_data)}" if isinstance(validation_data, tuple | list) else ""
        raise DataError(
            f"validation_data is {type(validation_data).__name__}{entries}; expected (x, y) or (x, y, "
            f"sample_weight). {_INSTEAD}"
        )
    try:
        return arrays, checked_arrays(model, *validation_data)
    except DataError as error:
        raise DataError(f"validation_data: {error}") from error


def _cut(arrays: Arrays, validation_split: float) -> tuple[Arrays, Arrays]:
    """The first and the last part of the data, as Keras cuts it."""
    boundary = int(len(arrays[0]) * (1 - validation_split))
    if not 0 < boundary < len(arrays[0]):
        raise DataError(
            f"validation_split={validation_split} of {len(arrays[0])} images leaves one part empty. "
            "Give more images, or another share."
        )
    return tuple(array[:boundary] for array in arrays), tuple(array[boundary:] for array in arrays)


def _only(values: Any) -> Any:
    """The array itself, of a list, tuple or dict that holds one array, as Keras allows for a single input or output."""
    if isinstance(values, Mapping | list | tuple) and len(values) == 1:
        (only,) = values.values() if isinstance(values, Mapping) else values
        return only if getattr(only, "ndim", 0) else values
    return values


def _array(values: Any, name: str) -> np.ndarray[Any, Any]:
    if isinstance(values, keras.utils.PyDataset) or not hasattr(values, "__array__"):
        if not isinstance(values, list | tuple):
            hint = " Take its .toarray()." if hasattr(values, "toarray") else ""
            raise DataError(f"{name} is {type(values).__name__}; expected an array.{hint} {_INSTEAD}")
        shapes = [list(value.shape) for value in values if getattr(value, "ndim", 0)]
        if len(shapes) > 1 and shapes[1:] != shapes[:-1]:
            raise DataError(
                f"{name} is a list of {len(values)} arrays of the shapes {', '.join(map(str, shapes[:4]))}; expected "
                f"one array. {_INSTEAD}"
            )
    if np.ma.is_masked(values):
        raise DataError(f"{name} is an array with masked entries; expected one without. Fill them: {name}.filled(0).")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name} is no regular array ({error}); expected one shape for all entries.") from error
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise DataError(f"{name} holds {array.dtype} {list(array.shape)}; expected numbers [n, ...].")
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _fitting(model: Any, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The inputs with the axes that the model expects: a last axis of one entry comes and goes, as in Keras."""
    expected = getattr(model, "input_shape", None)
    if not isinstance(expected, tuple):
        return x
    wanted = expected[1:]
    for candidate in (x, x[..., np.newaxis], x[..., 0] if x.ndim > 1 and x.shape[-1] == 1 else x):
        found = candidate.shape[1:]
        if len(found) == len(wanted) and all(w in (None, f) for f, w in zip(found, wanted, strict=True)):
            return candidate
    hint = ""
    if np.prod(x.shape[1:]) == np.prod([size or 0 for size in wanted]):
        hint = f" Reshape it: x.reshape(-1, {', '.join(str(size) for size in wanted)})."
    raise DataError(f"x has shape {list(x.shape)}; the model expects [n, {', '.join(map(str, wanted))}].{hint}")


def _check_finite(values: np.ndarray[Any, Any], name: str) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        position = int(np.argmin(np.isfinite(values.reshape(len(values), -1)).all(axis=1)))
        raise DataError(
            f"{name} holds a value that is infinite or not a number (first in {name}[{position}]). Clean the data."
        )
