"""A model's variables, made for its data before anything is compiled, and which of them train."""

import re
from collections.abc import Sequence
from typing import Any

import jax

from tenfold.errors import ModelError
from tenfold.keras_internals import build_variables, nested_layers, trained_variables
from tenfold.keras_on_jax import keras
from tenfold.kernels.model_layers import all_layers
from tenfold.training.inputs import Arrays
from tenfold.training.labels import check_labels


def build(model: Any, arrays: Arrays, batch_size: int) -> tuple[int, ...] | None:
    """Give model, loss, metrics and optimiser their variables, and check the labels against the outputs.

    Args:
        model: A compiled Keras model.
        arrays: As `checked_arrays` gives them.
        batch_size: Images for each step.

    Returns:
        The shape of the outputs, [n, ...]; None if it is not one array.

    Raises:
        DataError: The labels do not fit the model's outputs, its loss or its metrics.
        ModelError: The model cannot take such data, or other layers train than when it was compiled.
    """
    batch = tuple(array[:batch_size] for array in arrays)
    try:
        build_variables(model, batch)
    except Exception as error:  # where loss or metrics fail on such labels, the check says what is wrong with them
        check_labels(model, arrays[1], _output_shape(model, batch[0]))
        raise failed_step(model, len(batch[0]), error) from error
    shape = _output_shape(model, batch[0])
    check_labels(model, arrays[1], shape)
    optimizer = model.optimizer
    wraps_others = hasattr(optimizer, "inner_optimizer") or hasattr(optimizer, "optimizers")
    variables = trained_variables(optimizer)
    if variables is not None and not wraps_others:
        check_trainable(model, variables)
    return shape


def check_trainable(model: Any, variables: Sequence[Any]) -> None:
    """Refuse to train other variables than those that the optimiser, or a program, was made for.

    Raises:
        ModelError: It names the layers that were frozen or made trainable since.
    """
    before, now = ({id(variable) for variable in part} for part in (variables, model.trainable_variables))
    changed = before ^ now
    if not changed:
        return
    names = [
        layer.name
        for layer in all_layers(model)
        if not getattr(layer, "layers", None) and changed & {id(weight) for weight in layer.weights}
    ]
    raise ModelError(
        f"The optimiser was made for other trainable layers: `trainable` was changed after the model was compiled, of "
        f"{', '.join(names) or 'some layers'}, or the optimiser has trained another model. Call model.compile(…) "
        "again, with a new optimiser, and then fit."
    )


def failed_step(model: Any, images: int, error: Exception) -> ModelError:
    """What is told of a step that Keras cannot do, or not as a compiled program.

    Args:
        model: A Keras model.
        images: Of the step.
        error: What Keras or JAX raised.
    """
    crops = [layer.name for layer in all_layers(model) if isinstance(layer, keras.layers.RandomCrop)]
    if isinstance(error, jax.errors.JAXTypeError | RuntimeError):
        hint = (
            "If the model's call, its loss, a metric or the learning-rate schedule leaves JAX (NumPy, float() or an if "
            "on a tensor's value), use keras.ops there; or compile the model with run_eagerly=True and use "
            "keras.Model.fit."
        )
    elif crops:
        hint = (
            f"{', '.join(crops)} crops in training only, and passes whole images on in evaluation. Make the layers "
            "after it take both sizes, as GlobalAveragePooling2D does, or crop the images before."
        )
    else:
        hint = "Compare x and y with what the model, its loss and its metrics take."
    # Keras puts the layer first, in colour for terminals, and what it got last.
    parts = re.sub(r"\x1b\[\d*m", "", str(error)).strip().split("\n\n")
    reason = " ".join(" ".join(parts[:2]).split()).rstrip(".")
    return ModelError(f"The model cannot do a step on {images} images ({reason}). {hint}")


def _output_shape(model: Any, x: Any) -> tuple[int, ...] | None:
    shape = getattr(model, "output_shape", None) if hasattr(model, "outputs") else None
    if isinstance(shape, tuple) or not all(layer.built for layer in (model, *nested_layers(model))):
        return shape
    variables = [
        [variable.value for variable in part] for part in (model.trainable_variables, model.non_trainable_variables)
    ]
    try:
        outputs, _ = jax.eval_shape(model.stateless_call, *variables, x)
    except jax.errors.JAXTypeError:  # the same will happen to the whole step, which is told then
        return None
    return getattr(outputs, "shape", None)
