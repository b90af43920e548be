"""Batch normalisation + ReLU as one block: the native kernels, and their twin in pure JAX."""

from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax

from tenfold.kernels import native

Normalised = tuple[Any, Any, Any]
"""Outputs, as the inputs lie; mean and variance of each channel, [channels]."""


def norm_block(inputs: Any, gamma: Any, beta: Any, epsilon: float, relu: bool) -> Normalised:
    """Normalise each channel over all images and positions, scale and shift it, perhaps cut off at 0.

        outputs = gamma × (inputs − mean) / √(variance + epsilon) + beta        (Ioffe, Szegedy, arXiv 1502.03167)

    ReLU's gradient at 0 is 0. No gradient passes through the mean and the variance that are given back; those in the
    formula depend on the inputs.

    Args:
        inputs: [n, …, channels], float32.
        gamma: [channels], float32.
        beta: [channels], float32.
        epsilon: Added to the variance.
        relu: Whether negative values become 0.
    """
    compute = _native_block if native.available() else twin_norm_block
    outputs, mean, variance = compute(inputs, gamma, beta, epsilon, relu)
    return outputs, lax.stop_gradient(mean), lax.stop_gradient(variance)


def twin_norm_block(inputs: Any, gamma: Any, beta: Any, epsilon: float, relu: bool) -> Normalised:
    """The block in pure JAX."""
    axes = tuple(range(inputs.ndim - 1))
    mean, variance = inputs.mean(axes), inputs.var(axes)
    outputs = (inputs - mean) * (gamma * lax.rsqrt(variance + epsilon)) + beta
    return (jax.nn.relu(outputs) if relu else outputs), mean, variance


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def _native_block(inputs: Any, gamma: Any, beta: Any, epsilon: float, relu: bool) -> Normalised:
    rows = inputs.reshape(-1, inputs.shape[-1])
    results = (_like(rows), _like(gamma), _like(gamma))
    call = jax.ffi.ffi_call(native.target("norm_forward"), results, vmap_method="sequential")
    outputs, mean, variance = call(rows, gamma, beta, epsilon=np.float32(epsilon), relu=relu)
    return outputs.reshape(inputs.shape), mean, variance


def _forward_rule(inputs: Any, gamma: Any, beta: Any, epsilon: float, relu: bool) -> tuple[Normalised, Any]:
    outputs, mean, variance = _native_block(inputs, gamma, beta, epsilon, relu)
    return (outputs, mean, variance), (inputs, gamma, beta, mean, variance)


def _backward_rule(epsilon: float, relu: bool, saved: Any, gradients: Any) -> tuple[Any, Any, Any]:
    inputs, *per_channel = saved
    rows = inputs.reshape(-1, inputs.shape[-1])
    gamma = per_channel[0]
    results = (_like(rows), _like(gamma), _like(gamma))
    call = jax.ffi.ffi_call(native.target("norm_backward"), results, vmap_method="sequential")
    to_rows, to_gamma, to_beta = call(
        rows, *per_channel, gradients[0].reshape(rows.shape), epsilon=np.float32(epsilon), relu=relu
    )
    return to_rows.reshape(inputs.shape), to_gamma, to_beta


_native_block.defvjp(_forward_rule, _backward_rule)


def _like(array: Any) -> Any:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)  # type: ignore[no-untyped-call]
