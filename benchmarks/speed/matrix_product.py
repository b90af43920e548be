"""How fast one library multiplies two large float32 matrices here; prints billions of operations a second.

    python -m benchmarks.speed.matrix_product numpy|jax|torch

The best of seven, after one to warm up.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

SIZE = 3072


def product(library: str) -> Callable[[], Any]:
    """A function that multiplies two fixed matrices and waits for the result."""
    if library == "numpy":
        import numpy as np

        left, right = np.random.default_rng(0).random((2, SIZE, SIZE), np.float32)
        return lambda: left @ right
    if library == "jax":
        import jax

        left, right = jax.random.uniform(jax.random.key(0), (2, SIZE, SIZE))
        multiply = jax.jit(lambda a, b: a @ b)
        return lambda: multiply(left, right).block_until_ready()
    import torch

    left, right = torch.rand(2, SIZE, SIZE)
    return lambda: left @ right


def main() -> None:
    """Measure the library named on the command line."""
    multiply = product(sys.argv[1])
    multiply()
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - started)
    print(round(2 * SIZE**3 / min(seconds) / 1e9, 1))


if __name__ == "__main__":
    main()
