"""Which layers of a Keras model train on faster operations than XLA's own, and how they are swapped in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import jax

from tenfold.keras_on_jax import keras
from tenfold.kernels.convolution import convolution
from tenfold.kernels.max_pooling import max_pooling


@contextmanager
def fast_layers(model: Any) -> Iterator[None]:
    """Inside the block, calling the model traces the fast operations; outside, it is untouched.

    Values and gradients are the stock layers' own, up to rounding. What is not known runs on Keras's path, and so
    does everything on a GPU or TPU, whose own operations are fast.
    """
    swapped = []
    try:
        if jax.default_backend() == "cpu":
            for layer in _all_layers(model):
                for name, operation in _replacement(layer).items():
                    # Set past Keras's own bookkeeping, which would take the function for a part of the model.
                    vars(layer)[name] = operation
                    swapped.append((layer, name))
        yield
    finally:
        for layer, name in swapped:
            del vars(layer)[name]


def _all_layers(model: Any) -> Iterator[Any]:
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from _all_layers(layer)


def _replacement(layer: Any) -> dict[str, Callable[..., Any]]:
    """The method to replace, by name; subclasses may compute something else, so the type has to match."""
    if getattr(layer, "data_format", None) != "channels_last":
        return {}
    if type(layer) is keras.layers.Conv2D and layer.groups == 1 and layer.dilation_rate == (1, 1):
        return {"convolution_op": partial(_convolution, strides=layer.strides, padding=layer.padding)}
    if type(layer) is keras.layers.MaxPooling2D and layer.strides == layer.pool_size:
        return {"call": partial(max_pooling, pool_size=layer.pool_size, padding=layer.padding)}
    return {}


def _convolution(images: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    return convolution(images, keras.ops.convert_to_tensor(kernel), strides, padding)
