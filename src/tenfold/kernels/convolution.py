"""Convolution as one matrix product over gathered patches, with a backward pass of its own.

XLA's CPU backend runs its own convolution inside a loop up to ten times slower than outside. A product of matrices is
fast everywhere, so the patches under the kernel are gathered into rows:

    patches [n × rows × columns, kernel height × kernel width × channels] @ kernel [same, filters]

The gradient of the kernel is a product of the same patches with the output's gradient; the gradient of the images is
a product that is folded back onto the positions that the patches came from.
"""

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

Strides = tuple[int, int]
Padding = tuple[tuple[int, int], tuple[int, int]]
ImageBatch = Float[Array, "n height width channels"]
Kernel = Float[Array, "kernel_height kernel_width channels filters"]
Maps = Float[Array, "n rows columns filters"]


def convolution(images: ImageBatch, kernel: Kernel, strides: Strides, padding: str) -> Maps:
    """Cross-correlate images with a kernel, as `keras.ops.conv` does for channels_last.

    Args:
        images: [n, height, width, channels].
        kernel: [kernel height, kernel width, channels, filters].
        strides: Steps between windows, down and across.
        padding: "valid" (only whole windows) or "same" (zeros around, as TensorFlow and Keras place them).

    Returns:
        [n, rows, columns, filters].
    """
    return _convolve(images, kernel, strides, window_margins(images.shape[1:3], kernel.shape[:2], strides, padding))


def window_margins(sizes: Sequence[int], windows: Sequence[int], strides: Sequence[int], padding: str) -> Padding:
    """What is added before and after, down and across.

    "same" adds as much as lets ceil(size / stride) windows fit, an odd one after; "valid" adds nothing.
    """
    if padding == "valid":
        return ((0, 0), (0, 0))
    down, across = map(_same_margin, sizes, windows, strides)
    return down, across


def _same_margin(size: int, window: int, stride: int) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _convolve(images: ImageBatch, kernel: Kernel, strides: Strides, padding: Padding) -> Maps:
    @jax.custom_vjp
    def convolve(images: ImageBatch, kernel: Kernel) -> Maps:
        return forward(images, kernel)[0]

    def forward(images: ImageBatch, kernel: Kernel) -> tuple[Maps, Any]:
        patches = _gather_patches(images, (kernel.shape[0], kernel.shape[1]), strides, padding)
        maps = _rows(patches) @ kernel.reshape(-1, kernel.shape[-1])
        return maps.reshape(*patches.shape[:3], kernel.shape[-1]), (patches, kernel)

    def backward(saved: Any, gradient: Maps) -> tuple[ImageBatch, Kernel]:
        patches, kernel = saved
        rows = _rows(gradient)
        # Transposed twice: XLA multiplies a small left operand by a tall right one much faster than the reverse.
        kernel_gradient = (rows.T @ _rows(patches)).T.reshape(kernel.shape)
        patch_gradient = (rows @ kernel.reshape(-1, kernel.shape[-1]).T).reshape(*gradient.shape[:3], *kernel.shape[:3])
        return _fold_patches(patch_gradient, images.shape, strides, padding), kernel_gradient

    convolve.defvjp(forward, backward)
    result: Maps = convolve(images, kernel)
    return result


def _rows(values: Any) -> Any:
    return values.reshape(-1, values.shape[-1])


def _gather_patches(images: ImageBatch, window: tuple[int, int], strides: Strides, padding: Padding) -> Any:
    """[n, rows, columns, window height × window width × channels]."""
    if padding != ((0, 0), (0, 0)):
        images = jnp.pad(images, ((0, 0), *padding, (0, 0)))
        # XLA would fuse the padding into the gather, which makes the gather twenty times slower.
        images = lax.optimization_barrier(images)  # type: ignore[no-untyped-call]
    n, height, width, channels = images.shape
    rows = np.arange(0, height - window[0] + 1, strides[0])[:, None] + np.arange(window[0])
    columns = np.arange(0, width - window[1] + 1, strides[1])[:, None] + np.arange(window[1])
    positions = rows[:, None, :, None] * width + columns[None, :, None, :]
    flat = images.reshape(n, height * width, channels)
    patches = jnp.take(flat, jnp.asarray(positions.reshape(-1)), axis=1, mode="clip")
    return patches.reshape(n, len(rows), len(columns), window[0] * window[1] * channels)


def _fold_patches(gradient: Any, shape: tuple[int, ...], strides: Strides, padding: Padding) -> ImageBatch:
    """Add each patch's gradient [n, rows, columns, window height, window width, channels] where it came from."""
    rows, columns, window_height, window_width = gradient.shape[1:5]
    zero = jnp.zeros((), gradient.dtype)

    def margins(axis: int, offset: int, count: int) -> tuple[int, int, int]:
        # Negative margins cut off what fell onto the padding.
        before = offset - padding[axis][0]
        reach = before + (count - 1) * strides[axis] + 1
        return before, shape[1 + axis] - reach, strides[axis] - 1

    parts = [
        lax.pad(
            gradient[:, :, :, i, j],
            zero,
            ((0, 0, 0), margins(0, i, rows), margins(1, j, columns), (0, 0, 0)),
        )
        for i in range(window_height)
        for j in range(window_width)
    ]
    return reduce(operator.add, parts)
