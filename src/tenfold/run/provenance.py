"""Where a run's numbers come from: versions, machine and memory."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("keras", "jax", "jaxlib", "numpy", "onnxruntime")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide what a run computes."""
    return {"python": platform.python_version(), **{package: version(package) for package in _PACKAGES}}


def machine() -> dict[str, str | int]:
    """The kind of machine, without anything that names its owner."""
    return {"system": platform.system(), "processor": platform.machine(), "cores": available_cores()}


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_memory_bytes() -> int | None:
    """The most memory that this process has had; None where the system does not tell.

    Linux lets a new program inherit the peak of the process that started it in `ru_maxrss`, but not in `VmHWM`.
    """
    if sys.platform == "win32":
        return None
    status = Path("/proc/self/status")
    if status.exists():
        line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), None)
        return int(line.split()[1]) * 1024 if line else None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
