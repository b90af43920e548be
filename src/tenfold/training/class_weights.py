"""How much each class counts in the loss."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tenfold.errors import DataError
from tenfold.recipes.settings import Training
from tenfold.types import Labels


def class_weights(training: Training, labels: Labels, class_names: Sequence[str]) -> dict[int, float] | None:
    """Weights by class number, as a recipe asks for them.

    Args:
        training: The recipe's `training` table.
        labels: Of the training images, [n].
        class_names: One name for each class.

    Returns:
        None if the recipe asks for no weights.

    Raises:
        DataError: The recipe names a class that the data has not, or leaves one out.
    """
    given = training.class_weight
    if given is None:
        return None
    if given == "balanced":
        return balanced_weights(labels, len(class_names))
    if set(given) != set(class_names):
        wrong = [f"no weight for {name}" for name in class_names if name not in given]
        wrong += [f"one for {name}, which is no class" for name in sorted(given) if name not in class_names]
        raise DataError(
            f"training.class_weight has {'; '.join(wrong)}. The classes are {', '.join(class_names)}: give one weight "
            "for each of them."
        )
    return {label: given[name] for label, name in enumerate(class_names)}


def balanced_weights(labels: Labels, classes: int) -> dict[int, float]:
    """N / (classes × images of the class), as in scikit-learn: every class counts the same in all.

    Args:
        labels: Class numbers, [n].
        classes: How many classes there are; those without images get no weight.
    """
    counts = np.bincount(labels, minlength=classes)
    return {label: len(labels) / (len(counts) * int(count)) for label, count in enumerate(counts) if count}


def class_numbers(y: Any) -> Any:
    """The class of each image, from one-hot rows [n, classes] or integers [n] or [n, 1] of any type."""
    return y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else np.round(y.reshape(-1)).astype(int)


def with_class_weights(arrays: tuple[Any, ...], class_weight: Any, outputs: int | None = None) -> tuple[Any, ...]:
    """Multiply each image's weight by that of its class.

    Args:
        arrays: (x, y) or (x, y, weights), as `checked_arrays` gives them.
        class_weight: Weight of each class, by its number; classes that are left out weigh 1, with a warning. Or
            "balanced": by the inverse of each class's share.
        outputs: How many outputs the model has; None if that is not known.

    Raises:
        DataError: There is not one label for each image, or a weight cannot be used.
    """
    x, y, *weights = arrays
    if y.ndim > 2:
        raise DataError(
            f"y has shape {list(y.shape)}; class_weight expects one class for each image: integers [n], or one-hot "
            "rows [n, classes]. Take class_weight out."
        )
    labels = class_numbers(y)
    width = y.shape[1] if y.ndim == 2 else 1
    classes = max(outputs or 1, width)
    if classes == 1:  # one output, or a model that does not say how many it has
        classes = max(int(labels.max()), 1) + 1
    counted = labels[labels >= 0]  # without those that a loss ignores
    if isinstance(class_weight, str) and class_weight == "balanced":
        class_weight = balanced_weights(counted, classes)
    _check_class_weight(class_weight, classes)
    absent = sorted(set(counted.tolist()) - {int(label) for label in class_weight})
    if absent:
        warnings.warn(
            f"class_weight has no weight for {', '.join(map(str, absent))}: such images count 1, as in Keras.",
            stacklevel=3,
        )
    of_class = np.array([class_weight.get(label, 1.0) for label in labels.tolist()], np.float32)
    if weights:
        of_class = weights[0] * of_class.reshape(-1, *[1] * (weights[0].ndim - 1))
    return x, y, of_class


def _check_class_weight(class_weight: Any, classes: int) -> None:
    if not isinstance(class_weight, Mapping):
        raise DataError(
            f"class_weight is {class_weight!r:.60}; expected a dict such as {{0: 1.0, 1: 5.0}}, the weight of each "
            'class by its number, or "balanced".'
        )
    for label, weight in class_weight.items():
        if not isinstance(label, int | np.integer) or isinstance(label, bool) or not 0 <= label < classes:
            raise DataError(
                f"class_weight has a weight for {label!r}, which is no class; expected whole numbers from 0 to "
                f"{classes - 1}, as in y."
            )
        if not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise DataError(f"class_weight[{label}] is {weight!r}; expected a finite number of at least 0.")
    if class_weight and not any(class_weight.values()):
        raise DataError("class_weight is 0 for all classes, so that nothing would be learnt; expected some above 0.")
