"""Where a run's numbers come from: versions, machine, time and memory."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("keras", "jax", "jaxlib", "numpy", "onnxruntime")


class Stopwatch:
    """Seconds of wall-clock by stage.

    Args:
        elapsed: Seconds that had gone by before; they count as the stage "start".
    """

    def __init__(self, elapsed: float = 0.0) -> None:
        self.seconds: dict[str, float] = {"start": round(elapsed, 3)} if elapsed else {}
        self._started = time.perf_counter() - elapsed

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside the block as this stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - started, 3)

    def split(self, stage: str, first: str, seconds: float) -> None:
        """Count the first so many seconds of a stage as a stage of their own; does so once."""
        if first not in self.seconds:
            whole = self.seconds.pop(stage)
            self.seconds |= {first: round(seconds, 3), stage: round(whole - seconds, 3)}

    def total(self) -> float:
        """Seconds since the stopwatch was made, and those before."""
        return round(time.perf_counter() - self._started, 3)


def process_seconds() -> float:
    """Seconds since this process was started; 0 where the system does not tell."""
    try:
        # Field 22 of the whole line: clock ticks from the start of the system to that of the process.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0


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
