"""Dense layer + bias + ReLU as one block: the native kernels, and their twin in pure JAX."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from tenfold.kernels import native

Rows = Any
"""[n, features], float32, in JAX."""


def dense_block(inputs: Rows, kernel: Any, bias: Any, relu: bool) -> Rows:
    """Multiply, add the bias, perhaps cut off at 0.

    ReLU's gradient at 0 is 0. Inputs that are 0 are left out: of a weight that is not finite, they give 0, not NaN.

    Args:
        inputs: [n, features], float32.
        kernel: [features, units], float32.
        bias: [units], float32.
        relu: Whether negative values become 0.

    Returns:
        [n, units].
    """
    compute = _native_block if native.available() else twin_dense_block
    return compute(inputs, kernel, bias, relu)


def twin_dense_block(inputs: Rows, kernel: Any, bias: Any, relu: bool) -> Rows:
    """The block in pure JAX."""
    outputs = inputs @ kernel + bias
    return jax.nn.relu(outputs) if relu else outputs


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _native_block(inputs: Rows, kernel: Any, bias: Any, relu: bool) -> Rows:
    return _call("dense_forward", (inputs.shape[0], kernel.shape[1]), inputs, kernel, bias, relu=relu)


def _forward_rule(inputs: Any, kernel: Any, bias: Any, relu: bool) -> tuple[Rows, Any]:
    outputs = _native_block(inputs.value, kernel.value, bias.value, relu)
    # As in conv_block: data wants no gradient, and an empty tuple says that the gradient is wanted.
    return outputs, (inputs.value, kernel.value, outputs, () if inputs.perturbed else None)


def _backward_rule(relu: bool, saved: Any, gradient: Any) -> tuple[Any, Any, Any]:
    inputs, kernel, outputs, perturbed = saved
    if relu:
        gradient = jnp.where(outputs > 0, gradient, 0)
    kernel_gradient = _call("dense_kernel_gradient", kernel.shape, inputs, gradient)
    wanted = perturbed is not None
    input_gradient = _call("dense_input_gradient", inputs.shape, gradient, kernel) if wanted else None
    if (products := _products.get()) is not None:
        products.append(KernelProduct(kernel_gradient, inputs, gradient, input_gradient if wanted else gradient))
    return input_gradient, kernel_gradient, gradient.sum(axis=0)


_native_block.defvjp(_forward_rule, _backward_rule, symbolic_zeros=True)


class KernelProduct(NamedTuple):
    """A kernel's gradient, and the two arrays that it is the product of.

    Args:
        gradient: [features, units] = inputsᵀ · outputs.
        inputs: [n, features] of the layer.
        outputs: [n, units]: the loss's gradient with respect to the layer's outputs before ReLU.
        last_use: What is computed from the kernel last. Who overwrites the kernel has to wait for it; if that is not
            plain from the program, XLA copies the kernel first.
    """

    gradient: Any
    inputs: Any
    outputs: Any
    last_use: Any


_products: ContextVar[list[KernelProduct] | None] = ContextVar("products", default=None)


@contextmanager
def noted_kernel_products() -> Iterator[None]:
    """Inside the block, `kernel_product` knows the gradients that are traced."""
    token = _products.set([])
    try:
        yield
    finally:
        _products.reset(token)


def kernel_product(gradient: Any) -> KernelProduct | None:
    """What a gradient is the product of, if it is a dense kernel's as it came out of the backward pass.

    Who needs only the product's factors leaves the gradient itself unused, so that it is never computed.
    """
    return next((product for product in _products.get() or () if product.gradient is gradient), None)


def _call(handler: str, shape: tuple[int, ...], *arrays: Any, **attributes: Any) -> Any:
    result = jax.ShapeDtypeStruct(shape, jnp.float32)  # type: ignore[no-untyped-call]
    call: Any = jax.ffi.ffi_call(native.target(handler), result, vmap_method="sequential")
    return call(*arrays, **attributes)
