"""Whether labels fit a model's outputs, its loss and its metrics."""

from typing import Any

import numpy as np

from tenfold.errors import DataError
from tenfold.training.losses import ignored_class, loss_name, user_metrics

_SPARSE = {
    "CategoricalAccuracy": "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy": "SparseTopKCategoricalAccuracy",
    "CategoricalCrossentropy": "SparseCategoricalCrossentropy",
}
_ONE_HOT_ONLY = {
    "F1Score",
    "FBetaScore",
    "Precision",
    "Recall",
    "AUC",
    "CategoricalHinge",
    "OneHotIoU",
    "OneHotMeanIoU",
}


def check_labels(model: Any, y: Any, output_shape: Any) -> None:
    """Refuse labels that the loss would read as something else.

    Only cross-entropies of Keras over classes are known; what another loss makes of labels is its own affair.

    Args:
        model: A compiled Keras model.
        y: Labels: integers [n] or one-hot [n, classes], as the loss asks for.
        output_shape: Of the model: [n, classes]; anything else is not checked.

    Raises:
        DataError: It says what was found, what was expected and what to do.
    """
    loss = loss_name(model)
    if not isinstance(output_shape, tuple) or len(output_shape) != 2 or output_shape[1] is None:
        return
    classes = output_shape[1]
    if loss == "sparse_categorical_crossentropy":
        _check_integers(model, y, classes)
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
    elif loss == "binary_crossentropy" and len(y) and (y.min() < 0 or y.max() > 1):
        raise DataError(
            f"y runs from {y.min()} to {y.max()}; the loss {loss} expects 0 and 1. For more than two classes, give the "
            "last layer as many outputs and a softmax, and compile with sparse_categorical_crossentropy."
        )
    if classes > 1:
        _check_metrics(model, one_hot=y.ndim == 2 and y.shape[1] == classes)


def _check_integers(model: Any, y: Any, classes: int) -> None:
    loss, ignored = loss_name(model), ignored_class(model)
    if y.ndim == 2 and y.shape[1] > 1:
        raise DataError(
            f"y has shape {list(y.shape)}: one-hot labels. The loss {loss} expects integers: "
            "give y.argmax(axis=1), or compile with categorical_crossentropy."
        )
    labels = y if ignored is None else y[y != ignored]
    if not np.array_equal(labels, np.round(labels)):
        raise DataError(
            f"y holds values that are no whole numbers; the loss {loss} expects the classes' numbers, 0 to "
            f"{classes - 1}. Clean the labels, or give them as integers."
        )
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        raise DataError(
            f"y runs from {labels.min()} to {labels.max()}, but the model has {classes} outputs; expected 0 to "
            f"{classes - 1}. Number the classes from 0, or give the last layer as many outputs as there are classes."
        )


def _check_metrics(model: Any, one_hot: bool) -> None:
    """Of several classes; the names "accuracy" and "crossentropy" suit all labels."""
    if "crossentropy" not in loss_name(model):
        return
    for metric in user_metrics(model):
        kind = type(metric).__name__
        if not one_hot and (kind in _SPARSE or kind in _ONE_HOT_ONLY):
            instead = f"Take keras.metrics.{_SPARSE[kind]}; or give" if kind in _SPARSE else "Give"
            raise DataError(
                f"y holds integer labels, and the metric {kind} expects one-hot labels [n, classes]. {instead} "
                "keras.utils.to_categorical(y), and compile with categorical_crossentropy."
            )
        if one_hot and kind in _SPARSE.values():
            raise DataError(
                f"y holds one-hot labels, and the metric {kind} expects integers [n]. Take "
                f"keras.metrics.{kind.removeprefix('Sparse')}; or give y.argmax(axis=1), and compile with "
                "sparse_categorical_crossentropy."
            )
