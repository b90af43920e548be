"""An optimiser's step on one variable, in a single pass on all threads.

XLA computes the new slots and the new weights in passes of their own, on one thread. The stock optimiser's own
`update_step` is the twin: it is what runs where the library is missing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tenfold.keras_internals import adam_slots, rmsprop_slots, variable_index
from tenfold.keras_on_jax import keras
from tenfold.kernels import native
from tenfold.kernels.dense_block import kernel_product

Update = Callable[[Any, Any, Any], None]

SMALLEST = 4096
"""Values of a variable below which a call costs more than it saves."""


class Rule(NamedTuple):
    """What a step computes.

    Args:
        name: As in `native/optimizer_step.h`.
        slots: For each of the optimiser's slots, one variable for each trainable variable.
        decay: Of each slot.
        epsilon: Added to the divisor.
        rate: What the learning rate is to be at a step.
    """

    name: str
    slots: tuple[list[Any], ...]
    decay: tuple[float, ...]
    epsilon: float
    rate: Callable[[Any], Any]


def native_update(optimizer: Any) -> Update | None:
    """What can stand for an optimiser's `update_step`.

    Args:
        optimizer: Keras's; None for a model without one.

    Returns:
        A function like `update_step`; None if there is nothing faster, or the optimiser has no slots yet, or somebody
        gave it another step than its class has.
    """
    known = native.available() and getattr(optimizer, "built", False) and "update_step" not in vars(optimizer)
    rule = _rule(optimizer) if known else None
    return None if rule is None else partial(_update, optimizer, rule, optimizer.update_step)


def _update(optimizer: Any, rule: Rule, stock: Update, gradient: Any, variable: Any, learning_rate: Any) -> None:
    if variable.dtype != "float32" or np.prod(variable.shape) < SMALLEST:
        return stock(gradient, variable, learning_rate)
    index = variable_index(optimizer, variable)
    variables = [variable, *(slot[index] for slot in rule.slots)]
    values = [keras.ops.convert_to_tensor(one) for one in variables]
    product = kernel_product(gradient)
    handler, factors = ("dense_step", product[1:]) if product else ("optimizer_step", (gradient,))
    call = jax.ffi.ffi_call(
        native.target(handler),
        [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in values],  # type: ignore[no-untyped-call]
        # New values take the old ones' place, which come after the rate and the factors.
        input_output_aliases={1 + len(factors) + position: position for position in range(len(values))},
    )
    new_values = call(
        jnp.asarray(rule.rate(jnp.asarray(learning_rate, jnp.float32)), jnp.float32),
        *(jnp.asarray(factor, jnp.float32) for factor in factors),
        *values,
        rule=rule.name,
        decay=np.array(rule.decay, np.float32),
        # Not left to the kernels: in single precision, 1 - 0.999 is off by a hundred-thousandth.
        share=np.array([1 - decay for decay in rule.decay], np.float32),
        epsilon=np.float32(rule.epsilon),
    )
    for one, value in zip(variables, new_values, strict=True):
        optimizer.assign(one, value)
    return None


def _rule(optimizer: Any) -> Rule | None:
    # Subclasses may compute something else, so the type has to match.
    kind = type(optimizer)
    if kind is keras.optimizers.SGD and optimizer.momentum:
        name = "nesterov" if optimizer.nesterov else "sgd"
        return Rule(name, (optimizer.momentums,), (optimizer.momentum,), 0.0, lambda rate: rate)
    if kind is keras.optimizers.RMSprop and not optimizer.momentum and not optimizer.centered:
        return Rule("rmsprop", rmsprop_slots(optimizer), (optimizer.rho,), optimizer.epsilon, lambda rate: rate)
    if kind in (keras.optimizers.Adam, keras.optimizers.AdamW) and not optimizer.amsgrad:
        decay = optimizer.beta_1, optimizer.beta_2
        return Rule("adam", adam_slots(optimizer), decay, optimizer.epsilon, partial(_corrected_rate, optimizer))
    return None


def _corrected_rate(optimizer: Any, rate: Any) -> Any:
    """Adam's correction for slots that begin at 0."""
    step = jnp.asarray(keras.ops.convert_to_tensor(optimizer.iterations) + 1, jnp.float32)
    return rate * jnp.sqrt(1 - optimizer.beta_2**step) / (1 - optimizer.beta_1**step)
