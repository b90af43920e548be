"""Max pooling over windows that do not overlap, with a backward pass that only compares.

XLA's own gradient of max pooling scatters window by window, thirty times slower on a CPU than this mask of the first
largest value in each window.
"""

from typing import Any

import jax
import jax.numpy as jnp

from tenfold.kernels.convolution import ImageBatch, window_margins

_WINDOW_AXES = (2, 4)


def max_pooling(images: ImageBatch, pool_size: tuple[int, int], padding: str) -> ImageBatch:
    """The largest value of each window, as `keras.ops.max_pool` with strides equal to the window.

    The gradient goes to the first of equal values, row by row, as in Keras.

    Args:
        images: [n, height, width, channels].
        pool_size: Height and width of a window.
        padding: "valid" (an incomplete last window is dropped) or "same" (it is kept).

    Returns:
        [n, rows, columns, channels].
    """
    margins = window_margins(images.shape[1:3], pool_size, pool_size, padding)
    if margins != ((0, 0), (0, 0)):
        images = jnp.pad(images, ((0, 0), *margins, (0, 0)), constant_values=-jnp.inf)
    pooled: ImageBatch = _pool(windows_of(images, pool_size))
    return pooled


def windows_of(images: ImageBatch, pool_size: tuple[int, int]) -> Any:
    """[n, rows, window height, columns, window width, channels]; incomplete last windows are dropped."""
    n, height, width, channels = images.shape
    rows, columns = height // pool_size[0], width // pool_size[1]
    whole = images[:, : rows * pool_size[0], : columns * pool_size[1]]
    return whole.reshape(n, rows, pool_size[0], columns, pool_size[1], channels)


@jax.custom_vjp
def _pool(windows: Any) -> Any:
    return windows.max(_WINDOW_AXES)


def _forward(windows: Any) -> tuple[Any, Any]:
    largest = _pool(windows)
    return largest, (windows, largest)


def _backward(saved: Any, gradient: Any) -> tuple[Any]:
    windows, largest = saved
    height, width = windows.shape[2], windows.shape[4]
    position = jnp.arange(height * width).reshape(height, 1, width, 1)
    is_largest = windows == largest[:, :, None, :, None]
    first = jnp.where(is_largest, position, height * width).min(_WINDOW_AXES, keepdims=True)
    return (jnp.where(position == first, gradient[:, :, None, :, None], 0),)


_pool.defvjp(_forward, _backward)
