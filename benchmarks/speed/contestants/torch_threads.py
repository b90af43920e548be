"""How many threads PyTorch should use: small steps can be quicker with fewer than there are cores."""

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

_STEPS = 40
_MAX_SECONDS = 3.0


def use_fastest_thread_count(step: Callable[[], Any]) -> int:
    """Try 1, 2, 4 … threads up to all cores, and keep the number with which `step` is quickest.

    Args:
        step: One training step of a model that is thrown away afterwards.

    Returns:
        The number chosen.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = sorted({2**power for power in range(cores.bit_length()) if 2**power <= cores} | {cores})
    seconds = {count: _step_seconds(step, count) for count in counts}
    fastest = min(seconds, key=lambda count: seconds[count])
    torch.set_num_threads(fastest)
    return fastest


def _step_seconds(step: Callable[[], Any], threads: int) -> float:
    torch.set_num_threads(threads)
    seconds: list[float] = []
    while len(seconds) < _STEPS and sum(seconds) < _MAX_SECONDS:
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    return median(seconds)
