"""In which batches `fit` evaluates."""

from typing import Any

import numpy as np

from tenfold.training.inputs import Arrays
from tenfold.training.losses import is_mean_over_images

_VALUES = 2**20


def evaluation_batches(
    model: Any,
    arrays: Arrays,
    validation_batch_size: int | None,
    batch_size: int | None,
    steps: int | None,
    counted: bool,
) -> tuple[Arrays, int]:
    """What is evaluated, and how many images of it at once.

    Keras's batches are kept where they matter: to the loss, to a model with a batch size of its own, to callbacks, or
    because the user chose them. Elsewhere, as many images as is quickest go at once.

    Args:
        model: A compiled and built Keras model.
        arrays: The validation data.
        validation_batch_size: As `fit` was given it.
        batch_size: As `fit` was given it.
        steps: Batches to evaluate; None means all.
        counted: Whether callbacks are called at each batch.
    """
    count, shape = len(arrays[0]), getattr(model, "input_shape", None)
    size = validation_batch_size or batch_size or (-(-count // steps) if steps else 32)
    if steps:
        arrays = tuple(array[: steps * size] for array in arrays)
    fixed = isinstance(shape, tuple) and shape[0] is not None
    if validation_batch_size or steps or counted or fixed or not is_mean_over_images(model):
        return arrays, size
    return arrays, large_batch(arrays)


def large_batch(arrays: Arrays) -> int:
    """The largest number of images that leaves no smaller last batch, which would be compiled on its own.

    All together they have at most a million values: 1,337 of MNIST's images, 37 photos of 96×96 in colour. Where only
    small batches divide the data, the last one may be smaller.
    """
    count, most = len(arrays[0]), max(1, _VALUES // int(np.prod(arrays[0].shape[1:])))
    if count <= most:
        return count
    return next((size for size in range(most, most // 4, -1) if count % size == 0), most)
