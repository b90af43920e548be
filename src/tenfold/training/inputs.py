"""What `tenfold.fit` accepts as data, checked before anything is compiled."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tenfold.errors import DataError
from tenfold.recipes.augmentation import Augmentation

Arrays = tuple[np.ndarray[Any, Any], ...]


def checked_arrays(model: Any, x: Any, y: Any, sample_weight: Any = None) -> Arrays:
    """Turn the arguments of `fit` into arrays of one length that suit the model and its loss.

    Args:
        model: A compiled Keras model with one input and one output.
        x: Inputs [n, ...].
        y: Labels: integers [n] or one-hot [n, classes], as the loss asks for.
        sample_weight: Weight of each image in the loss, [n].

    Returns:
        (x, y) or (x, y, weights).

    Raises:
        DataError: Something does not fit; it says what was found, what was expected and what to do.
    """
    if isinstance(getattr(model, "output_shape", None), list | dict):
        raise DataError("The model has several outputs; expected one. Use keras.Model.fit for it.")
    x, y = _array(x, "x"), _array(y, "y")
    if len(x) != len(y) or len(x) == 0:
        raise DataError(f"x holds {len(x):,} and y {len(y):,} entries; expected the same number, at least one.")
    _check_shape(model, x)
    _check_finite(x, "x")
    _check_finite(y, "y")
    _check_labels(model, y)
    if sample_weight is None:
        return x, y
    weights = _array(sample_weight, "sample_weight").astype(np.float32)
    if weights.shape != (len(x),):
        raise DataError(f"sample_weight has shape {list(weights.shape)}; expected [{len(x)}].")
    _check_finite(weights, "sample_weight")
    return x, y, weights


def with_class_weights(arrays: Arrays, class_weight: Mapping[int, float]) -> Arrays:
    """Multiply each image's weight by that of its class.

    Args:
        arrays: (x, y) or (x, y, weights), as `checked_arrays` gives them.
        class_weight: Weight of each class, by its number, 1 for those that it leaves out.

    Raises:
        DataError: There is not one label for each image.
    """
    x, y, *weights = arrays
    if y.ndim > 2:
        raise DataError(
            f"y has shape {list(y.shape)}; class_weight expects one class for each image: integers [n], or one-hot "
            "rows [n, classes]. Take class_weight out."
        )
    labels = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1).astype(int)
    of_class = np.array([class_weight.get(label, 1.0) for label in labels.tolist()], np.float32)
    return x, y, weights[0] * of_class if weights else of_class


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
    if (augmentation.mixup or augmentation.cutmix) and (y.ndim != 2 or _loss_name(model).startswith("sparse")):
        raise DataError(
            "mixup and cutmix mix labels, too, but y holds integers. Give one-hot labels, and compile with "
            "categorical_crossentropy."
        )


def check_settings(validation_split: float, seed: int, initial_epoch: int, **counts: Any) -> None:
    """Refuse numbers that `fit` cannot take; `counts` have to be at least 1.

    Raises:
        DataError: It says which, and what was expected.
    """
    for name, value in counts.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise DataError(f"{name} is {value!r}; expected a whole number of at least 1.")
    for name, value in (("seed", seed), ("initial_epoch", initial_epoch)):
        if not isinstance(value, (int, np.integer)) or value < 0:
            raise DataError(f"{name} is {value!r}; expected a whole number of at least 0.")
    if not 0 <= validation_split < 1:
        raise DataError(f"validation_split is {validation_split!r}; expected a share from 0 to below 1, such as 0.2.")


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
        raise DataError("validation_data should be a tuple: (x, y) or (x, y, sample_weight).")
    return arrays, checked_arrays(model, *validation_data)


def _cut(arrays: Arrays, validation_split: float) -> tuple[Arrays, Arrays]:
    """The first and the last part of the data, as Keras cuts it."""
    boundary = int(len(arrays[0]) * (1 - validation_split))
    if not 0 < boundary < len(arrays[0]):
        raise DataError(
            f"validation_split={validation_split} of {len(arrays[0])} images leaves one part empty. "
            "Give more images, or another share."
        )
    return tuple(array[:boundary] for array in arrays), tuple(array[boundary:] for array in arrays)


def _array(values: Any, name: str) -> np.ndarray[Any, Any]:
    if values is None or isinstance(values, (Mapping, str)) or not (hasattr(values, "__len__")):
        raise DataError(
            f"{name} is {type(values).__name__}; expected an array. For generators, datasets and several inputs "
            "use keras.Model.fit."
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name} is no regular array ({error}); expected one shape for all entries.") from error
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise DataError(f"{name} holds {array.dtype} {list(array.shape)}; expected numbers [n, ...].")
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _check_shape(model: Any, x: np.ndarray[Any, Any]) -> None:
    expected = getattr(model, "input_shape", None)
    if not isinstance(expected, tuple):
        return
    found, wanted = x.shape[1:], expected[1:]
    if len(found) == len(wanted) and all(w in (None, f) for f, w in zip(found, wanted, strict=True)):
        return
    hint = ""
    if (*found, 1) == wanted:
        hint = " Add the channel: x[..., np.newaxis]."
    elif np.prod(found) == np.prod([size or 0 for size in wanted]):
        hint = f" Reshape it: x.reshape(-1, {', '.join(str(size) for size in wanted)})."
    raise DataError(f"x has shape {list(x.shape)}; the model expects [n, {', '.join(map(str, wanted))}].{hint}")


def _check_finite(values: np.ndarray[Any, Any], name: str) -> None:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        position = int(np.argmin(np.isfinite(values.reshape(len(values), -1)).all(axis=1)))
        raise DataError(
            f"{name} holds a value that is infinite or not a number (first in {name}[{position}]). Clean the data."
        )


def _loss_name(model: Any) -> str:
    return str(model.loss if isinstance(model.loss, str) else getattr(model.loss, "name", ""))


def _check_labels(model: Any, y: np.ndarray[Any, Any]) -> None:
    shape = getattr(model, "output_shape", None)
    loss = _loss_name(model)
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] is None or "crossentropy" not in loss:
        return
    classes = shape[1]
    if loss.startswith("sparse"):
        if y.ndim == 2 and y.shape[1] > 1:
            raise DataError(
                f"y has shape {list(y.shape)}: one-hot labels. The loss {loss} expects integers: "
                "give y.argmax(axis=1), or compile with categorical_crossentropy."
            )
        if not np.array_equal(y, np.round(y)):
            raise DataError(
                f"y holds values that are no whole numbers; the loss {loss} expects the classes' numbers, 0 to "
                f"{classes - 1}. Clean the labels, or give them as integers."
            )
        if y.min() < 0 or y.max() >= classes:
            raise DataError(
                f"y runs from {y.min()} to {y.max()}, but the model has {classes} outputs; expected 0 to {classes - 1}."
            )
    elif loss == "categorical_crossentropy" and y.ndim == 2 and y.shape[1] not in (1, classes):
        raise DataError(
            f"y has shape {list(y.shape)}: one-hot labels of {y.shape[1]} classes, but the model has {classes} "
            "outputs. Give labels of as many classes, or a model with as many outputs."
        )
    elif loss == "categorical_crossentropy" and y.shape[1:] != (classes,):
        raise DataError(
            f"y has shape {list(y.shape)}: integer labels. The loss {loss} expects one-hot labels [n, {classes}]: "
            f"give keras.utils.to_categorical(y, {classes}), or compile with sparse_categorical_crossentropy."
        )
