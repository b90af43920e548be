"""What a compiled model's loss and metrics expect, and whether they depend on the batches."""

from typing import Any

from tenfold.keras_internals import is_keras, metric_function, metrics_as_compiled
from tenfold.keras_on_jax import keras
from tenfold.kernels.model_layers import calls_in_training_mode, everything_in, is_stock

_COUPLED = {"circle", "dice", "tversky"}
"""Keras's losses that compare the images of a batch, or sum over them before they divide."""


def loss_name(model: Any) -> str:
    """The function behind a model's loss, such as "sparse_categorical_crossentropy"; empty if it is not Keras's."""
    loss = _loss(model)
    function = getattr(loss, "fn", loss)
    stock = is_keras(function) and (function is loss or is_keras(type(loss)))
    return str(getattr(function, "__name__", "")) if stock else ""


def ignored_class(model: Any) -> int | None:
    """The label that a sparse loss leaves out: `SparseCategoricalCrossentropy(ignore_class=…)`."""
    ignored: int | None = getattr(_loss(model), "ignore_class", None)
    return ignored


def expects_probabilities(model: Any) -> bool:
    """Whether the loss is a cross-entropy of probabilities, not of logits."""
    return "crossentropy" in loss_name(model) and not getattr(_loss(model), "from_logits", False)


def is_mean_over_images(model: Any) -> bool:
    """Whether loss and metrics are the same, however the evaluated images are cut into batches.

    Only what is known to be so counts: Keras's layers, metrics and losses, with a mean as the loss's reduction. What is
    the user's own may compare the images of a batch; a mask makes the loss a mean over what the mask leaves of it.
    """
    methods = ("test_step", "compute_loss", "compute_metrics", "__call__")
    return (
        is_keras(type(model))
        and all(is_stock(model, method) for method in methods)
        and all(map(_takes_images_one_by_one, everything_in(model)))
        and not calls_in_training_mode(model)
        and loss_name(model) not in {"", *_COUPLED}
        and getattr(_loss(model), "reduction", "mean") in ("sum_over_batch_size", "mean")
        and ignored_class(model) is None
        and all(is_keras(metric_function(metric)) for metric in user_metrics(model))
    )


def user_metrics(model: Any) -> list[Any]:
    """The metrics that a model was compiled with, as Keras's objects where they were given by name."""
    named = ("accuracy", "acc", "crossentropy", "ce")  # Keras chooses what these are by the labels
    metrics = [
        metric
        for group in metrics_as_compiled(model)
        for metric in keras.tree.flatten(group)
        if metric not in (None, *named)
    ]
    return [keras.metrics.get(metric) for metric in metrics]


def _loss(model: Any) -> Any:
    losses = [loss for loss in keras.tree.flatten(model.loss) if loss is not None]
    return keras.losses.get(losses[0]) if len(losses) == 1 else None


def _takes_images_one_by_one(operation: Any) -> bool:
    is_layer = isinstance(operation, keras.Layer) and is_keras(type(operation))
    masks = isinstance(operation, keras.layers.Masking) or getattr(operation, "mask_zero", False)
    return is_layer and not masks and not isinstance(operation, keras.layers.Lambda)
