"""Seconds of wall-clock by stage."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


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
        """Count the first so many seconds of a stage as a stage of their own."""
        whole = self.seconds.pop(stage)
        self.seconds |= {first: round(self.seconds.get(first, 0.0) + seconds, 3), stage: round(whole - seconds, 3)}

    def add(self, seconds: Mapping[str, float], total: float) -> None:
        """Count what was done before, in another process.

        Args:
            seconds: By stage.
            total: In all.
        """
        now = self.seconds
        self.seconds = {**seconds, **{name: round(seconds.get(name, 0.0) + now[name], 3) for name in now}}
        self._started -= total

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
