"""The learning rates of a schedule, as an input of the program that trains.

Inside a program, the numbers of a schedule would be constants, so that another peak or another number of epochs would
be another program, to be compiled for seconds. Here a schedule is a small program of its own. It gives the rates of the
coming steps as an array, and the program that trains reads its own from there. So one program serves every schedule and
every number of epochs, and what is measured before a training is what trains.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tenfold.keras_internals import learning_rate_as_given, step_counter
from tenfold.keras_on_jax import keras


class Rates(NamedTuple):
    """The learning rates of consecutive steps.

    Args:
        first: Which step comes first, as `keras_internals.step_counter` counts them.
        values: [steps], float32.
    """

    first: Any
    values: Any


def scheduled_rates(optimizer: Any) -> Callable[[int, int], Rates] | None:
    """What computes the rates that an optimiser's schedule has for some steps.

    A rate has the same bits as inside a program of Keras's, and for the same step always the same, whichever comes
    first: so a training that continues from the middle of a pass ends with the same weights.

    Returns:
        A function of the first step and the number of steps; None without a schedule.
    """
    if not isinstance(learning_rate_as_given(optimizer), keras.optimizers.schedules.LearningRateSchedule):
        return None
    counter = step_counter(optimizer)

    def rate(step: Any) -> Any:
        with keras.StatelessScope(state_mapping=[(counter, step)]):
            return jnp.asarray(keras.ops.convert_to_tensor(optimizer.learning_rate), jnp.float32)

    compiled = jax.jit(jax.vmap(rate))

    def rates(first: int, steps: int) -> Rates:
        return Rates(np.int32(first), compiled(np.arange(first, first + steps, dtype=np.int32)))

    return rates


@contextmanager
def rates_as_input(optimizer: Any, rates: Rates | None) -> Iterator[None]:
    """Inside the block, an optimiser's step is traced with rates that are an input of the program.

    The update and weight decay read the same rate. It is found by the optimiser's own count: loss scaling skips steps.

    Args:
        optimizer: Keras's.
        rates: Traced; None leaves the optimiser as it is.
    """
    if rates is None:
        yield
        return
    schedule = learning_rate_as_given(optimizer)
    optimizer.learning_rate = _Given(rates)
    try:
        yield
    finally:
        optimizer.learning_rate = schedule


class _Given(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no types
    def __init__(self, rates: Rates) -> None:
        super().__init__()
        self.rates = rates

    def __call__(self, step: Any) -> Any:
        position = keras.ops.convert_to_tensor(step) - self.rates.first
        return self.rates.values[jnp.clip(position, 0, len(self.rates.values) - 1)]
