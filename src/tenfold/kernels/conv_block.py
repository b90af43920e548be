"""Convolution + bias + ReLU + max pooling as one block: the native kernels, and their twin in pure JAX."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tenfold.kernels import native
from tenfold.kernels.convolution import ImageBatch, Kernel, Maps, Padding, convolution, window_margins
from tenfold.kernels.max_pooling import max_pooling

LARGEST_WINDOW = 255
"""Positions in a pooling window; the native kernels note the winner in a byte."""

_FEW_CHANNELS = 16
"""As in winograd.h."""


@dataclass(frozen=True)
class ConvBlock:
    """What a block computes.

    Args:
        strides: Steps between windows of the convolution, down and across.
        padding: "valid" or "same", of the convolution.
        relu: Whether negative values become 0.
        pool_size: Height and width of the pooling windows, which do not overlap. (1, 1) is no pooling.
        pool_padding: "valid": a window that reaches over the edge is dropped; "same": it is kept.
    """

    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"
    relu: bool = False
    pool_size: tuple[int, int] = (1, 1)
    pool_padding: str = "valid"


def conv_block(images: ImageBatch, kernel: Kernel, bias: Any, block: ConvBlock) -> Maps:
    """Cross-correlate, add the bias, pool, cut off at 0.

    The gradient of a pooling window goes to the first of its largest values; ReLU's gradient at 0 is 0.

    Args:
        images: [n, height, width, channels], float32.
        kernel: [kernel height, kernel width, channels, filters], float32.
        bias: [filters], float32.
        block: What is computed.

    Returns:
        [n, rows, columns, filters].
    """
    compute = _native_block if native.available() else twin_conv_block
    return compute(images, kernel, bias, block)


def output_shape(images: tuple[int, ...], kernel: tuple[int, ...], block: ConvBlock) -> tuple[int, int, int, int]:
    """[n, rows, columns, filters] of a block's output."""
    positions, reach = _positions(images, kernel, block), _pool_margins(images, kernel, block)
    rows, columns = ((positions[axis] + sum(reach[axis])) // block.pool_size[axis] for axis in (0, 1))
    return images[0], rows, columns, kernel[-1]


def _positions(images: tuple[int, ...], kernel: tuple[int, ...], block: ConvBlock) -> list[int]:
    """Rows and columns of the convolution's output, before pooling."""
    margins = _margins(images, kernel, block)
    return [(images[1 + axis] + sum(margins[axis]) - kernel[axis]) // block.strides[axis] + 1 for axis in (0, 1)]


def _pool_margins(images: tuple[int, ...], kernel: tuple[int, ...], block: ConvBlock) -> Padding:
    """How far the first and the last windows reach over the edge, down and across."""
    return window_margins(_positions(images, kernel, block), block.pool_size, block.pool_size, block.pool_padding)


def twin_conv_block(images: ImageBatch, kernel: Kernel, bias: Any, block: ConvBlock) -> Maps:
    """The block in pure JAX. ReLU acts after pooling, which is the same and needs a quarter of the work."""
    maps = convolution(images, kernel, block.strides, block.padding) + bias
    if block.pool_size != (1, 1):
        maps = max_pooling(maps, block.pool_size, block.pool_padding)
    return jax.nn.relu(maps) if block.relu else maps


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _native_block(images: ImageBatch, kernel: Kernel, bias: Any, block: ConvBlock) -> Maps:
    return _native_forward(images, kernel, bias, block)[0]


def _native_forward(images: ImageBatch, kernel: Kernel, bias: Any, block: ConvBlock) -> tuple[Maps, Any]:
    """The maps, and which position of each window was largest."""
    shape = output_shape(images.shape, kernel.shape, block)
    winners_shape = (1,) if block.pool_size == (1, 1) else shape
    call = jax.ffi.ffi_call(
        native.target("conv_forward"),
        (_array(shape), _array(winners_shape, jnp.uint8)),
        vmap_method="sequential",
    )
    maps, winners = call(images, kernel, bias, **_attributes(images.shape, kernel.shape, block))
    return maps, winners


def _forward_rule(images: Any, kernel: Any, bias: Any, block: ConvBlock) -> tuple[Maps, Any]:
    maps, winners = _native_forward(images.value, kernel.value, bias.value, block)
    # A first layer's images are data: nobody asks for their gradient. JAX keeps arrays and structure, no truth values:
    # an empty tuple says that the gradient is wanted, None that it is not.
    return maps, (images.value, kernel.value, maps, winners, () if images.perturbed else None)


def _backward_rule(block: ConvBlock, saved: Any, gradient: Any) -> tuple[Any, Any, Any]:
    images, kernel, maps, winners, perturbed = saved
    with_images = perturbed is not None
    as_convolution = with_images and block.strides == block.pool_size == (1, 1) and not _in_tiles(kernel.shape)
    if as_convolution and block.relu:
        gradient, block = jnp.where(maps <= 0, 0, gradient), replace(block, relu=False)
    in_kernel = with_images and not as_convolution
    call = jax.ffi.ffi_call(
        native.target("conv_backward"),
        (_array(images.shape if in_kernel else (1, 1, 1, 1)), _array(kernel.shape), _array(kernel.shape[-1:])),
        vmap_method="sequential",
    )
    attributes = _attributes(images.shape, kernel.shape, block)
    image_gradient, kernel_gradient, bias_gradient = call(
        images, kernel, maps, winners, gradient, image_gradient=in_kernel, **attributes
    )
    if as_convolution:
        image_gradient = _image_gradient(images.shape, kernel, gradient, block)
    return (image_gradient if with_images else None), kernel_gradient, bias_gradient


def _in_tiles(kernel: tuple[int, ...]) -> bool:
    """Whether the backward kernel has Winograd's way to the image gradient, which needs less than a convolution."""
    return kernel[:2] == (3, 3) and kernel[2] >= _FEW_CHANNELS


def _image_gradient(images: tuple[int, ...], kernel: Kernel, gradient: Maps, block: ConvBlock) -> ImageBatch:
    """Without strides and pooling a convolution itself: of the outputs' gradient, with the kernel turned round."""
    margins = [
        (size - 1 - before, size - 1 - after)
        for size, (before, after) in zip(kernel.shape[:2], _margins(images, kernel.shape, block), strict=True)
    ]
    turned = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    results = (_array(images), _array((1,), jnp.uint8))
    call = jax.ffi.ffi_call(native.target("conv_forward"), results, vmap_method="sequential")
    attributes = _attributes(images, kernel.shape, block) | {"padding": np.array(margins, np.int64).reshape(-1)}
    gradients, _ = call(gradient, turned, jnp.zeros(images[-1], kernel.dtype), **attributes)
    result: ImageBatch = gradients
    return result


_native_block.defvjp(_forward_rule, _backward_rule, symbolic_zeros=True)


def _array(shape: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype)  # type: ignore[no-untyped-call]


def _margins(images: tuple[int, ...], kernel: tuple[int, ...], block: ConvBlock) -> Padding:
    return window_margins(images[1:3], kernel[:2], block.strides, block.padding)


def _attributes(images: tuple[int, ...], kernel: tuple[int, ...], block: ConvBlock) -> dict[str, Any]:
    pool_margins = np.array(_pool_margins(images, kernel, block), np.int64).reshape(-1)
    return {
        "strides": np.array(block.strides, np.int64),
        "padding": np.array(_margins(images, kernel, block), np.int64).reshape(-1),
        "pooling": np.concatenate([np.array(block.pool_size, np.int64), pool_margins]),
        "relu": block.relu,
    }
