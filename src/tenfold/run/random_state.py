"""Random numbers of Tenfold's own, apart from those of the program that calls it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def callers_random_state() -> Iterator[None]:
    """Let the random numbers of Python and NumPy go on afterwards as if nothing had been drawn inside.

    Keras draws from both, and its seed for a training sets both.
    """
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
