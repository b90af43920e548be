"""What `fit` warns of: settings that Keras allows, and that seldom mean what they do."""

import warnings
from typing import Any

import jax
import numpy as np

from tenfold.keras_internals import is_keras
from tenfold.keras_on_jax import keras
from tenfold.kernels.model_layers import all_layers
from tenfold.training.class_weights import class_numbers
from tenfold.training.inputs import Arrays
from tenfold.training.losses import expects_probabilities, loss_name

_SUM_TOLERANCE = 0.02
"""Half precision adds up a thousand probabilities to 1 within this."""

_EXPECTED = 10
"""Images of a class that a random part would hold; by chance, none of them is there in one of 20,000 cuts."""


def warn_of_missing_classes(model: Any, training: Arrays, validation: Arrays) -> None:
    """Where a cut of the data's end takes whole classes off: the data is sorted.

    Args:
        model: A compiled Keras model.
        training: The part to train on, (x, y, …).
        validation: The part to evaluate.
    """
    if not loss_name(model).endswith("categorical_crossentropy"):
        return
    parts = [class_numbers(y) for y in (training[1], validation[1])]
    if len(parts[0]) != len(training[0]):
        return  # several labels for each image
    (trained, counts), validated = np.unique(parts[0], return_counts=True), np.unique(parts[1])
    share = len(parts[1]) / len(parts[0])
    unseen = np.setdiff1d(validated, trained)
    unmeasured = np.setdiff1d(trained[counts * share >= _EXPECTED], validated)
    found = [f"{_named(unseen)} only in validation"] if len(unseen) else []
    found += [f"{_named(unmeasured)} only in training"] if len(unmeasured) else []
    if found:
        warnings.warn(
            f"validation_split takes the end of the data, as in Keras, and the data seems to be sorted: "
            f"{', '.join(found)}. Shuffle x and y first: order = np.random.default_rng(0).permutation(len(x)); "
            "x, y = x[order], y[order].",
            stacklevel=3,
        )


def _named(classes: Any) -> str:
    return f"{'class' if len(classes) == 1 else 'classes'} {', '.join(f'{label:g}' for label in classes)}"


def warn_of_no_probabilities(model: Any, x: Any) -> None:
    """Where the loss expects probabilities, and the outputs for some images are none.

    Args:
        model: A compiled and built Keras model.
        x: Some inputs [n, ...].
    """
    if not expects_probabilities(model) or _ends_in_probabilities(model):
        return
    variables = [
        [variable.value for variable in part] for part in (model.trainable_variables, model.non_trainable_variables)
    ]
    outputs = np.asarray(jax.jit(model.stateless_call)(*variables, x)[0], np.float32)
    loss = loss_name(model)
    if outputs.min() < -_SUM_TOLERANCE or outputs.max() > 1 + _SUM_TOLERANCE:
        found = f"they run from {outputs.min():.3g} to {outputs.max():.3g}"
    elif "categorical" in loss and np.abs(outputs.sum(axis=-1) - 1).max() > _SUM_TOLERANCE:
        found = f"those of the first image add up to {outputs[0].sum(axis=-1).max():.3g}"
    else:
        return
    activation = "softmax" if "categorical" in loss else "sigmoid"
    warnings.warn(
        f"The loss {loss} expects probabilities, and the model's outputs are none: {found}. Give the last layer "
        f'activation="{activation}", or compile with the loss\'s from_logits=True.',
        stacklevel=3,
    )


def _ends_in_probabilities(model: Any) -> bool:
    """Whether that can be seen without a calculation."""
    if not is_keras(type(model)) or not model.layers:
        return False
    activation = getattr(model.layers[-1], "activation", None)
    binary = loss_name(model).startswith("binary")
    return activation is (keras.activations.sigmoid if binary else keras.activations.softmax)


def warn_of_single_images(model: Any, batch_size: int) -> None:
    """Where batch normalisation sees one image at a time: what it subtracts is that image itself."""
    names = [layer.name for layer in all_layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    if names and batch_size == 1:
        warnings.warn(
            f"Batches of one image, and batch normalisation ({', '.join(names[:3])}): in training each image is "
            "normalised by itself, in evaluation by averages over many, so that the two do not agree. Take a "
            "batch_size of at least 8.",
            stacklevel=3,
        )
