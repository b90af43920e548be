"""How fast a model trains, measured before its training begins."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from tenfold.recipes.augmentation import Augmentation
from tenfold.training.compile_cache import compile_cache
from tenfold.training.engine import Program, State, read_state
from tenfold.training.inputs import checked_arrays


class Pace(NamedTuple):
    """How long the parts of a training take.

    Args:
        compile_seconds: Of whole batches, and of a smaller last one, which slows the first steps of a training as much.
        epoch_seconds: Each pass over the training images.
    """

    compile_seconds: float
    epoch_seconds: float


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
        with compile_cache():
            model._symbolic_build(data_batch=tuple(array[:batch_size] for array in arrays))
            program = Program(model, tuple(map(jnp.asarray, arrays)), batch_size, True, compiler, augmentation)
            program.wait()
            program.wait(last_batch=True)  # what is compiled meanwhile would take a core from the steps
            compiled = time.perf_counter()
    finally:
        compiler.shutdown(wait=False)  # Ctrl-C need not wait for it
    return Pace(compiled - started, _epoch_seconds(program, read_state(model), seconds))


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
