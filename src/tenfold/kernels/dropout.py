"""Dropout on all threads, with the random numbers that JAX would draw: the native kernel, and its twin in pure JAX.

XLA draws them on one thread, which in a dense network takes longer than a layer.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tenfold.kernels import native


def dropout(inputs: Any, key: Any, rate: float) -> Any:
    """Set a random share of the values to 0, and scale the others up, as `keras.random.dropout` does.

    Args:
        inputs: [n, …], float32.
        key: What JAX's Threefry takes as a raw key, [2], uint32.
        rate: Share that is set to 0, from 0 up to, but not including, 1.

    Returns:
        As the inputs: the same values for the same key.
    """
    native_too = native.available() and _draws_as_the_kernel_does()
    return (_native_dropout if native_too else twin_dropout)(inputs, key, rate)


def twin_dropout(inputs: Any, key: Any, rate: float) -> Any:
    """The same in pure JAX."""
    keep = 1.0 - rate
    return jnp.where(jax.random.bernoulli(key, keep, inputs.shape), inputs / keep, 0)


def _draws_as_the_kernel_does() -> bool:
    """JAX's random numbers can be configured."""
    config = jax.config.values
    return bool(config["jax_default_prng_impl"] == "threefry2x32" and config["jax_threefry_partitionable"])


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _native_dropout(inputs: Any, key: Any, rate: float) -> Any:
    result = jax.ShapeDtypeStruct(inputs.shape, inputs.dtype)  # type: ignore[no-untyped-call]
    call = jax.ffi.ffi_call(native.target("dropout"), result, vmap_method="sequential")
    return call(key, inputs, keep=np.float32(1.0 - rate))


def _forward_rule(inputs: Any, key: Any, rate: float) -> tuple[Any, Any]:
    return _native_dropout(inputs, key, rate), key


def _backward_rule(rate: float, key: Any, gradient: Any) -> tuple[Any, Any]:
    # What was kept is drawn again, which is quicker than to read it.
    no_gradient = np.zeros(key.shape, jax.dtypes.float0)
    return _native_dropout(gradient, key, rate), no_gradient


_native_dropout.defvjp(_forward_rule, _backward_rule)
