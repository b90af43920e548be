"""An epoch as one compiled program, run in chunks of a fraction of a second.

The data lies in memory as it came (uint8 for images). A step gathers its batch by index (see `step` for what it does
with it). The loop over the steps is compiled with it. How many steps a chunk has changes nothing but when Python gets a
turn: to move a progress bar, to act on Ctrl-C.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tenfold.keras_internals import innermost, is_keras, step_counter
from tenfold.keras_on_jax import keras
from tenfold.kernels.fast_layers import fast_layers
from tenfold.kernels.model_layers import is_stock
from tenfold.recipes.augmentation import Augmentation
from tenfold.training.augmentation import augmented
from tenfold.training.building import failed_step
from tenfold.training.rates import Rates, rates_as_input, scheduled_rates
from tenfold.training.step import Arrays, State, Step, read_state, test_step, train_step
from tenfold.types import Indices

CHUNK_SECONDS = 0.4
"""Long enough that a chunk's own cost does not count (its memory is asked for anew), short enough for Ctrl-C."""


@dataclass(frozen=True)
class Chunk:
    """What some steps of an epoch led to.

    Args:
        steps: Steps of this epoch that are done.
        state: All variables after them.
        logs: What the last step gave, as Keras gives it to a batch callback: numbers, or arrays where a metric has
            several. A stock step gives means over the epoch so far.
        epoch_logs: What an epoch that ended here would have in its History.
        finite: Whether the loss and all weights are finite.
    """

    steps: int
    state: State
    logs: dict[str, Any]
    epoch_logs: dict[str, Any]
    finite: bool


class Program:
    """Compiled passes over data: one for whole batches, one for the smaller last batch if there is one.

    They are traced at once and compiled by `compiler`, in this order, whole batches first. A pass waits for what it
    needs: training can begin while the smaller last batch is still being compiled.

    What calls XLA's own convolution is compiled without the loop and run step by step: inside a loop, the convolution
    takes several times as long (see docs/decisions/0003-convolution-as-a-matrix-product.md).

    The rates of a learning-rate schedule are an input (see `rates`). Only where a step may count as several, the
    schedule is a part of the program, as in Keras.

    The native kernels have a gradient, but no gradient of it and no forward mode. A model that needs one (it takes the
    gradient of its own input, say) is traced again with Keras's layers.

    Args:
        model: A compiled and built Keras model.
        arrays: The data, on the device.
        batch_size: Images for each step.
        training: Whether steps update the weights.
        compiler: Threads that compile, so that Ctrl-C need not wait for them.
        augmentation: How each batch is varied, if at all.
        every: A chunk ends after each so many steps; 0 means every `CHUNK_SECONDS`.

    Raises:
        ModelError: The model, its loss or a metric cannot be traced.
    """

    def __init__(
        self,
        model: Any,
        arrays: Arrays,
        batch_size: int,
        training: bool,
        compiler: Executor,
        augmentation: Augmentation | None = None,
        every: int = 0,
    ) -> None:
        self.images = len(arrays[0])
        self._arrays = arrays
        self._batch_size = min(batch_size, self.images)
        self._augmentation = augmentation
        self._whole_batches, self._last_batch = divmod(self.images, self._batch_size)
        self._steps_per_second: float | None = None
        step = train_step(model) if training else test_step(model)
        self._scheduled = scheduled_rates(model.optimizer) if training and _takes_single_steps(model) else None
        if self._scheduled:
            counter = step_counter(model.optimizer)
            self._counter = [variable is counter for variable in model.optimizer.variables].index(True)
        self._has_own_logs = not is_stock(model, "train_step" if training else "test_step")
        self._every = every
        self._single_steps = every == 1 or self._has_own_logs
        sizes = [self._batch_size, self._last_batch] if self._last_batch else [self._batch_size]
        self._compiled: dict[int, Future[Any]] = {}
        for size in sizes:
            self._compiled[size] = compiler.submit(self._lower(model, step, size).compile)

    def wait(self, *, last_batch: bool = False) -> None:
        """Return when whole batches can be run, or the smaller last one, too."""
        for size in self._compiled if last_batch else [self._batch_size]:
            self._compiled[size].result()

    def _lower(self, model: Any, step: Step, size: int) -> Any:
        try:
            with fast_layers(model):
                return self._lower_layers(model, step, size)
        except Exception:  # whatever the reason: with Keras's own layers, what is wrong is what Keras finds
            try:
                return self._lower_layers(model, step, size)
            except Exception as error:
                raise failed_step(model, size, error) from error

    def _lower_layers(self, model: Any, step: Step, size: int) -> Any:
        """With the layers as they are at the moment: fast ones or Keras's."""
        traced = self._traced(model, step, size)
        if not self._single_steps and jax.default_backend() == "cpu" and _convolves(traced.jaxpr):
            self._single_steps = True
            traced = self._traced(model, step, size)
        return traced.lower()

    def _traced(self, model: Any, step: Step, size: int) -> Any:
        def run(
            state: State, arrays: Arrays, rates: Rates | None, order: Any, key: Any, start: Any, first: Any, stop: Any
        ) -> Any:
            def body(index: Any, state: State) -> tuple[State, Any]:
                position = start + index * size
                positions = lax.dynamic_slice(order, (position,), (size,))
                batch = tuple(array[positions] for array in arrays)
                if self._augmentation:
                    batch = augmented(batch, jax.random.fold_in(key, position), self._augmentation)
                with rates_as_input(model.optimizer, rates):
                    return step(state, batch)

            if self._single_steps:
                state, step_logs = body(first, state)
            else:
                state = lax.fori_loop(first, stop, lambda index, state: body(index, state)[0], state)
                step_logs = {}
            metrics = _metrics(model, state)
            own = step_logs if self._has_own_logs else {}
            losses = [logs["loss"] for logs in (metrics, own) if "loss" in logs]
            return state, metrics, own, _all_finite((state.trainable, losses))

        order, key, number = jnp.zeros(self.images, jnp.int32), jnp.zeros(2, jnp.uint32), jnp.int32(0)
        state = read_state(model)
        return jax.jit(run).trace(state, self._arrays, self._rates(state), order, key, number, number, number)

    def _rates(self, state: State) -> Rates | None:
        """Those of the steps to come, as many as a pass has; None where no schedule is an input."""
        return self._scheduled and self._scheduled(int(state.optimizer[self._counter]), self.steps)

    @property
    def steps(self) -> int:
        """Steps of one pass, the smaller last batch included."""
        return self._whole_batches + bool(self._last_batch)

    def chunks(
        self, state: Callable[[], State], order: Indices, key: tuple[int, int] = (0, 0), steps: range | None = None
    ) -> Iterator[Chunk]:
        """Pass once over the data in the given order, or over a part of it.

        Where a chunk ends in numbers that are not finite, its steps are done again one by one, so that the step at
        which they appeared is known.

        Args:
            state: Gives all variables as each chunk is to find them; metrics should be reset before the first.
            order: A permutation of the positions 0…n-1.
            key: Two numbers below 2³² that the variations of the images follow from; another for each pass.
            steps: Which steps of the pass to do; None means all.

        Yields:
            A Chunk every `CHUNK_SECONDS` or so, or every so many steps; the last one at the end of the pass.
        """
        order_and_key = jnp.asarray(order, jnp.int32), jnp.array(key, jnp.uint32)
        steps = range(self.steps) if steps is None else steps
        done, one_by_one = steps.start, False
        while done < steps.stop:
            stop = done + 1 if one_by_one else self._chunk_end(done, steps.stop)
            started = time.perf_counter()
            chunk = self._execute(state(), order_and_key, done, stop)
            if stop <= self._whole_batches:
                self._steps_per_second = (stop - done) / (time.perf_counter() - started)
            one_by_one = one_by_one or not (chunk.finite or self._every)
            if one_by_one and stop - done > 1:
                continue
            done = stop
            yield chunk

    def _chunk_end(self, done: int, last: int) -> int:
        if self._every:
            return min(done + self._every, last)
        if done >= self._whole_batches or self._single_steps or self._steps_per_second is None:
            return done + 1  # the first step measures how long a step takes
        return min(done + max(1, int(self._steps_per_second * CHUNK_SECONDS)), self._whole_batches, last)

    def _execute(self, state: State, order_and_key: tuple[Any, Any], done: int, stop: int) -> Chunk:
        whole = min(stop, self._whole_batches)
        starts = range(done, whole) if self._single_steps else range(done, whole, max(1, whole - done))
        calls = [(self._batch_size, 0, first, first + 1 if self._single_steps else whole) for first in starts]
        if stop > self._whole_batches:
            calls.append((self._last_batch, self._whole_batches * self._batch_size, 0, 1))
        rates = self._rates(state)
        for size, *bounds in calls:
            run = self._compiled[size].result()
            state, *logs, finite = run(state, self._arrays, rates, *order_and_key, *map(np.int32, bounds))
        metrics, own = jax.tree.map(_number_or_array, logs)
        # As Keras: an epoch has the metrics, unless the model's own step names other things.
        epoch_logs = own if own and own.keys() != metrics.keys() else metrics
        return Chunk(stop, state, own or metrics, epoch_logs, bool(finite))


def _takes_single_steps(model: Any) -> bool:
    """Whether a batch counts as one step at most: a `train_step` or an optimiser of the user's own may take several."""
    return is_stock(model, "train_step") and is_keras(getattr(innermost(model.optimizer), "apply", None))


def _convolves(jaxpr: Any) -> bool:
    """Whether XLA's own convolution is called anywhere in a traced function."""
    return any(
        equation.primitive.name == "conv_general_dilated" or any(map(_convolves, _inner(equation)))
        for equation in jaxpr.eqns
    )


def _inner(equation: Any) -> Iterator[Any]:
    """The traced functions that an operation calls, such as the body of a loop."""
    for value in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda value: hasattr(value, "eqns")):
        if hasattr(value, "eqns"):
            yield value


def _metrics(model: Any, state: State) -> dict[str, Any]:
    """What the metric variables amount to, as in Keras's progress bar."""
    mapping = list(zip(model.metrics_variables, state.metrics, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        metrics: dict[str, Any] = model.get_metrics_result()
    return metrics


def _number_or_array(value: Any) -> Any:
    array = np.asarray(value)
    return array.item() if array.size == 1 else array


def _all_finite(values: Any) -> Any:
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(value)) for value in jax.tree.leaves(values)]))
