"""An epoch as one compiled program, run in chunks of a fraction of a second.

The data lies in memory as it came (uint8 for images). A step gathers its batch by index and calls Keras's own
`train_step`, so losses, metrics, optimisers, Dropout and BatchNormalization mean what they mean in
`keras.Model.fit`. The loop over the steps is compiled with it. How many steps a chunk has changes nothing but when
Python gets a turn: to move a progress bar, to act on Ctrl-C.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tenfold.keras_on_jax import keras
from tenfold.kernels.fast_layers import fast_layers
from tenfold.kernels.model_layers import is_stock
from tenfold.recipes.augmentation import Augmentation
from tenfold.training.augmentation import augmented
from tenfold.types import Indices

CHUNK_SECONDS = 0.4
"""Long enough that a chunk's own cost does not count (its memory is asked for anew), short enough for Ctrl-C."""

Arrays = tuple[Any, ...]
"""Images, labels and, if there are any, sample weights; the same length each."""


class State(NamedTuple):
    """The values of all variables that a step may change."""

    trainable: list[Any]
    non_trainable: list[Any]
    optimizer: list[Any]
    metrics: list[Any]


Step = Callable[[State, Arrays], tuple[State, Any]]
"""One batch: all variables after it, and the logs that the model's step gives."""


@dataclass(frozen=True)
class Chunk:
    """What some steps of an epoch led to.

    Args:
        steps: Steps of this epoch that are done.
        state: All variables after them.
        logs: Means over the epoch so far: loss and metrics; numbers, or arrays where a metric has several.
        finite: Whether the loss and all weights are finite.
    """

    steps: int
    state: State
    logs: dict[str, Any]
    finite: bool


def read_state(model: Any) -> State:
    """The current values of a model's variables."""
    return State(*([variable.value for variable in variables] for variables in _variables(model)))


def write_state(model: Any, state: State) -> None:
    """Give a model's variables new values."""
    for variables, values in zip(_variables(model), state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _variables(model: Any) -> tuple[list[Any], ...]:
    optimizer = model.optimizer.variables if model.optimizer else []
    return model.trainable_variables, model.non_trainable_variables, optimizer, model.metrics_variables


class Program:
    """Compiled passes over data: one for whole batches, one for the smaller last batch if there is one.

    They are traced at once and compiled by `compiler`, in this order, whole batches first. A pass waits for what it
    needs: training can begin while the smaller last batch is still being compiled.

    What calls XLA's own convolution is compiled without the loop and run step by step: inside a loop, the convolution
    takes several times as long (see docs/decisions/0003-convolution-as-a-matrix-product.md).

    Args:
        model: A compiled and built Keras model.
        arrays: The data, on the device.
        batch_size: Images for each step.
        training: Whether steps update the weights.
        compiler: Threads that compile, so that Ctrl-C need not wait for them.
        augmentation: How each batch is varied, if at all.
        single_steps: Whether each chunk is one step.
    """

    def __init__(
        self,
        model: Any,
        arrays: Arrays,
        batch_size: int,
        training: bool,
        compiler: Executor,
        augmentation: Augmentation | None = None,
        single_steps: bool = False,
    ) -> None:
        self.images = len(arrays[0])
        self._arrays = arrays
        self._batch_size = min(batch_size, self.images)
        self._augmentation = augmentation
        self._whole_batches, self._last_batch = divmod(self.images, self._batch_size)
        self._steps_per_second: float | None = None
        step = _train_step(model) if training else _test_step(model)
        has_own_logs = not is_stock(model, "train_step" if training else "test_step")
        self._single_steps = single_steps or has_own_logs
        sizes = [self._batch_size, self._last_batch] if self._last_batch else [self._batch_size]
        self._compiled: dict[int, Future[Any]] = {}
        with fast_layers(model):
            for size in sizes:
                self._compiled[size] = compiler.submit(self._lower(model, step, size).compile)

    def wait(self, *, last_batch: bool = False) -> None:
        """Return when whole batches can be run, or the smaller last one, too."""
        for size in self._compiled if last_batch else [self._batch_size]:
            self._compiled[size].result()

    def _lower(self, model: Any, step: Step, size: int) -> Any:
        traced = self._traced(model, step, size)
        if not self._single_steps and jax.default_backend() == "cpu" and _convolves(traced.jaxpr):
            self._single_steps = True
            traced = self._traced(model, step, size)
        return traced.lower()

    def _traced(self, model: Any, step: Step, size: int) -> Any:
        def run(state: State, arrays: Arrays, order: Any, key: Any, start: Any, first: Any, stop: Any) -> Any:
            def body(index: Any, state: State) -> tuple[State, Any]:
                position = start + index * size
                positions = lax.dynamic_slice(order, (position,), (size,))
                batch = tuple(array[positions] for array in arrays)
                if self._augmentation:
                    batch = augmented(batch, jax.random.fold_in(key, position), self._augmentation)
                return step(state, batch)

            if self._single_steps:
                state, step_logs = body(first, state)
            else:
                state = lax.fori_loop(first, stop, lambda index, state: body(index, state)[0], state)
                step_logs = {}
            logs = _logs(model, state, step_logs)
            return state, logs, _all_finite((state.trainable, logs.get("loss", 0.0)))

        order, key, number = jnp.zeros(self.images, jnp.int32), jnp.zeros(2, jnp.uint32), jnp.int32(0)
        return jax.jit(run).trace(read_state(model), self._arrays, order, key, number, number, number)

    @property
    def steps(self) -> int:
        """Steps of one pass, the smaller last batch included."""
        return self._whole_batches + bool(self._last_batch)

    def chunks(self, state: Callable[[], State], order: Indices, key: tuple[int, int] = (0, 0)) -> Iterator[Chunk]:
        """Pass once over the data in the given order.

        Args:
            state: Gives all variables as each chunk is to find them; metrics should be reset before the first.
            order: A permutation of the positions 0…n-1.
            key: Two numbers below 2³² that the variations of the images follow from; another for each pass.

        Yields:
            A Chunk every `CHUNK_SECONDS` or so, the last one at the end of the pass.
        """
        order_and_key = jnp.asarray(order, jnp.int32), jnp.array(key, jnp.uint32)
        done = 0
        while done < self._whole_batches:
            stop = min(done + self._chunk_steps(), self._whole_batches)
            started = time.perf_counter()
            chunk = self._execute(self._batch_size, state(), order_and_key, (0, done, stop))
            self._steps_per_second = (stop - done) / (time.perf_counter() - started)
            done = stop
            yield chunk
        if self._last_batch:
            start = self._whole_batches * self._batch_size
            yield self._execute(self._last_batch, state(), order_and_key, (start, 0, 1))

    def _chunk_steps(self) -> int:
        if self._single_steps or self._steps_per_second is None:
            return 1  # the first step measures how long a step takes
        return max(1, int(self._steps_per_second * CHUNK_SECONDS))

    def _execute(self, size: int, state: State, order_and_key: tuple[Any, Any], bounds: tuple[int, int, int]) -> Chunk:
        start, first, stop = (np.int32(bound) for bound in bounds)
        run = self._compiled[size].result()
        state, logs, finite = run(state, self._arrays, *order_and_key, start, first, stop)
        logs = {name: np.asarray(value) for name, value in logs.items()}
        logs = {name: value.item() if value.size == 1 else value for name, value in logs.items()}
        return Chunk(int(stop) if size == self._batch_size else self.steps, state, logs, bool(finite))


def _train_step(model: Any) -> Step:
    def step(state: State, batch: Arrays) -> tuple[State, Any]:
        logs, values = model.train_step(tuple(state), batch)
        return State(*values), logs

    return step


def _test_step(model: Any) -> Step:
    def step(state: State, batch: Arrays) -> tuple[State, Any]:
        values = (state.trainable, state.non_trainable, state.metrics)
        logs, (trainable, non_trainable, metrics) = model.test_step(values, batch)
        return State(trainable, non_trainable, state.optimizer, metrics), logs

    return step


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


def _logs(model: Any, state: State, step_logs: dict[str, Any]) -> dict[str, Any]:
    """What the metric variables amount to, as in Keras's progress bar; or what a step of the model's own gave."""
    mapping = list(zip(model.metrics_variables, state.metrics, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        logs: dict[str, Any] = model.get_metrics_result()
    return step_logs if step_logs and step_logs.keys() != logs.keys() else logs


def _all_finite(values: Any) -> Any:
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(value)) for value in jax.tree.leaves(values)]))
