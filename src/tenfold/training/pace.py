"""How fast a model trains, measured before its training begins."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tenfold.keras_internals import build_variables
from tenfold.recipes.augmentation import Augmentation
from tenfold.training.compile_cache import compile_cache
from tenfold.training.engine import Program
from tenfold.training.inputs import checked_arrays
from tenfold.training.step import State, read_state

_HIT, _MISS = "/jax/compilation_cache/cache_hits", "/jax/compilation_cache/cache_misses"

_TIMES_CACHED = 6.0
"""What compiling takes, in terms of tracing and reading what was compiled before: 4 to 8 times for networks of 2 to 8
convolutions. JAX keeps how long each program took, but in whole seconds."""


class Pace(NamedTuple):
    """How long the parts of a training take.

    Args:
        compile_seconds: With nothing compiled yet, of whole batches, and of a smaller last one, which slows the first
            steps of a training as much.
        epoch_seconds: Each pass over the training images.
        saved_seconds: Of the compiling, what was not spent, as it had been done before.
    """

    compile_seconds: float
    epoch_seconds: float
    saved_seconds: float = 0.0


def measure_pace(
    model: Any, x: Any, y: Any, batch_size: int, augmentation: Augmentation | None, seconds: float
) -> Pace:
    """Train for some seconds, and forget what was learnt: the model stays as it is.

    Args:
        model: A compiled Keras model.
        x: Inputs, as `tenfold.fit` takes them.
        y: Labels.
        batch_size: Images for each step.
        augmentation: How the images are varied.
        seconds: How long to measure; less if an epoch takes less.
    """
    arrays = checked_arrays(model, x, y)
    started = time.perf_counter()
    compiler = ThreadPoolExecutor(max_workers=1)
    try:
        with compile_cache(), _cache_events() as events:
            build_variables(model, tuple(array[:batch_size] for array in arrays))
            program = Program(model, tuple(map(jnp.asarray, arrays)), batch_size, True, compiler, augmentation)
            program.wait()
            program.wait(last_batch=True)  # what is compiled meanwhile would take a core from the steps
            compiled = time.perf_counter()
    finally:
        compiler.shutdown(wait=False)  # Ctrl-C need not wait for it
    compiling = compiled - started
    saved = (_TIMES_CACHED - 1) * compiling if events == {_HIT} else 0.0
    return Pace(compiling + saved, _epoch_seconds(program, read_state(model), seconds), saved)


@contextmanager
def _cache_events() -> Iterator[set[str]]:
    """What JAX's cache of compiled programs tells inside the block: of hits and misses, those that there were."""
    events: set[str] = set()

    def listen(event: str, **kwargs: str | int) -> None:
        events.update({event} & {_HIT, _MISS})

    jax.monitoring.register_event_listener(listen)
    try:
        yield events
    finally:
        jax.monitoring.unregister_event_listener(listen)


def _epoch_seconds(program: Program, state: State, seconds: float) -> float:
    """Steps for some seconds, or, where a pass is short, whole passes for a quarter of them."""

    def latest() -> State:
        return state

    order = np.arange(program.images)
    begun, steps = 0.0, 0
    while True:
        done = 0
        for chunk in program.chunks(latest, order):
            state, now = chunk.state, time.perf_counter()
            if begun:
                steps += chunk.steps - done
            else:
                begun = now  # the first chunk is a single step, which meets cold caches
            done = chunk.steps
            enough = seconds / 4 if done == program.steps else seconds
            if steps and now - begun >= enough:
                return program.steps * (now - begun) / steps
