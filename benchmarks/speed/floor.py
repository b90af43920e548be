"""How fast this machine could be: its largest matrix product and copy, and what a task would take at that rate."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.data import IMAGE_SHAPES
from benchmarks.speed.environments import run_module
from benchmarks.speed.tasks import CLASSES, Task
from tenfold.models.architectures import outline_model
from tenfold.models.arithmetic import layer_arithmetic
from tenfold.recipes.recipe import Recipe
from tenfold.run.provenance import available_cores, machine

_COPIED_VALUES = 2**27
_VECTOR_UNITS = ("avx2", "avx512f", "amx_tile", "asimd", "sve")


def measured_machine(torch_environment: str | None) -> dict[str, Any]:
    """The machine, and how fast it is.

    Args:
        torch_environment: Where PyTorch is; None leaves its matrix product out.

    Returns:
        Kind of machine, date, billions of float32 operations a second by library, and the bandwidth of a copy.
    """
    libraries = {"numpy": None, "jax": None} | ({"torch": torch_environment} if torch_environment else {})
    rates = {
        library: float(run_module(where, "benchmarks.speed.matrix_product", [library], dict(os.environ)))
        for library, where in libraries.items()
    }
    return machine() | {
        "model": processor_name(),
        "vector_units": vector_units(),
        "system_release": platform.platform(terse=True),
        "date": date.today().isoformat(),
        "gigaflops": rates,
        "copy_gigabytes_per_second": round(copy_bandwidth() / 1e9, 1),
    }


def copy_bandwidth() -> float:
    """Bytes read and written a second by a large copy on all cores, best of five."""
    source, target = np.ones(_COPIED_VALUES, np.float32), np.zeros(_COPIED_VALUES, np.float32)
    parts = list(zip(*(np.array_split(array, available_cores()) for array in (target, source)), strict=True))
    seconds = []
    with ThreadPoolExecutor(len(parts)) as threads:
        for _ in range(5):
            started = time.perf_counter()
            list(threads.map(lambda part: np.copyto(*part), parts))
            seconds.append(time.perf_counter() - started)
    return 2 * source.nbytes / min(seconds)


def operations_per_epoch(task: Task) -> int:
    """Floating-point operations of the dense products of an epoch: every multiplication and every addition.

    For each layer: outputs, gradient of the weights, and gradient of the inputs, which the first layer with weights
    does not need. All three take the same number of multiply-adds.
    """
    network = Recipe.model_validate(
        {
            "name": "task",
            "network": task.layers,
            "compile": {"optimizer": task.optimizer, "loss": task.loss},
            "training": {"epochs": 1},
        }
    ).network
    layers = layer_arithmetic(outline_model(network, IMAGE_SHAPES[task.data], CLASSES))
    products = [layer.multiply_adds for layer in layers if layer.multiply_adds]
    return 2 * task.images * (3 * sum(products) - products[0])


def floor_seconds(task: Task, gigaflops: dict[str, float]) -> float:
    """Seconds that an epoch's dense products would take at the rate of the machine's largest product."""
    return operations_per_epoch(task) / (max(gigaflops.values()) * 1e9)


def processor_name() -> str:
    """What the processor calls itself."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def vector_units() -> list[str]:
    """Which of the vector units that matter here Linux tells of; empty on other systems."""
    flags = (_cpuinfo("flags") or _cpuinfo("Features")).split()
    return [unit for unit in _VECTOR_UNITS if unit in flags]


def _cpuinfo(key: str) -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
