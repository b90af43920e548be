"""How fast a model trains, measured before its training begins."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from tenfold.recipes.augmentation import Augmentation
from tenfold.training.compile_cache import compile_cache
from tenfold.training.engine import Program, read_state
from tenfold.training.inputs import checked_arrays


class Pace(NamedTuple):
    """How long the parts of a training take.

    Args:
        compile_seconds: Until the first step.
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
        seconds: How long to measure, at least; less if an epoch takes less.
    """
    arrays = checked_arrays(model, x, y)
    started = time.perf_counter()
    compiler = ThreadPoolExecutor(max_workers=1)
    try:
        with compile_cache():
            model._symbolic_build(data_batch=tuple(array[:batch_size] for array in arrays))
            program = Program(model, tuple(map(jnp.asarray, arrays)), batch_size, True, compiler, augmentation)
            program.wait()
            compiled = time.perf_counter()
            program.wait(last_batch=True)  # what is compiled meanwhile would take a core from the steps
    finally:
        compiler.shutdown(wait=False)  # Ctrl-C need not wait for it
    ready = time.perf_counter()
    # The first chunk is a single step, which meets cold caches.
    begun = steps = last = 0.0
    state = read_state(model)
    for chunk in program.chunks(lambda: state, np.arange(program.images)):  # noqa: B023 - it is to follow the loop
        state = chunk.state
        if chunk.steps > max(1, program.images // batch_size):
            break  # the smaller last batch, which is of another length
        last = time.perf_counter()
        begun, steps = begun or last, chunk.steps
        if last - begun >= seconds:
            break
    measured = (last - begun) / (steps - 1) if steps > 1 else last - ready
    return Pace(compiled - started, measured * program.steps)
