"""Compiled programs, kept so that only the first start waits for the compiler. Always safe to delete.

JAX's own persistent cache does the work. Its key covers the program, the versions of JAX and XLA, and XLA's flags; what
it leaves out decides which sub-folder it works in. Around it, this module keeps the folder small and free of halves:
JAX writes entries in place, so that a full disk or a kill can leave one cut off, and would never replace it.
"""

import contextlib
import hashlib
import os
import platform
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tenfold.files import cache_folder

_MAX_BYTES = 100_000_000
"""Some hundred recipes: the programs of one take 0.3 to 2 MB."""

_OFF = ("off", "none", "0", "no", "false")
_ENTRIES = "*-cache"
_CHECKED = "checked"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_MARGIN_SECONDS = 1.0
"""More than the clocks of a file system and of Python differ by."""


def compile_cache_folder() -> Path | None:
    """Where compiled programs are kept; None if $TENFOLD_COMPILE_CACHE is "off".

    The variable may also name a folder. Without it, it is `compiled` in `tenfold.data.cache.cache_folder()`.
    """
    chosen = os.environ.get("TENFOLD_COMPILE_CACHE", "").strip()
    if chosen.lower() in _OFF:
        return None
    return Path(os.path.expanduser(chosen)) if chosen else cache_folder() / "compiled"  # noqa: PTH111 - ~nobody stays


def compile_cache_bytes(folder: Path) -> int:
    """How much the kept programs take on disk, in bytes; 0 if there is no such folder."""
    return sum(status.st_size for _, status in _entries(folder))


def compile_cache_problem(folder: Path) -> str:
    """Why compiled programs cannot be kept in a folder, and what to do; empty if they can. Makes the folder."""
    try:
        _tidy(folder / _machine())
    except OSError as error:
        return (
            f"Compiled programs cannot be kept in {folder} ({error.strerror}), so every start compiles them anew. Make "
            "room there, or name a folder that you can write in TENFOLD_CACHE or TENFOLD_COMPILE_CACHE."
        )
    return ""


@contextmanager
def compile_cache() -> Iterator[None]:
    """Inside the block, what JAX compiles is kept on disk, and taken from there.

    Does nothing if JAX already has a cache folder, be it the user's own or that of an enclosing block, or if its cache
    is switched off. Afterwards JAX's settings are as they were. A folder that cannot be written costs a warning.
    """
    import jax

    folder, config = compile_cache_folder(), jax.config.values
    if folder is None or config["jax_compilation_cache_dir"] or not config["jax_enable_compilation_cache"]:
        yield
        return
    if problem := compile_cache_problem(folder):
        warnings.warn(problem, stacklevel=3)
    with _jax_cache_in(folder / _machine()):
        yield


def programs_are_kept() -> bool:
    """Whether what JAX compiles now is found when the same is compiled again."""
    import jax

    config = jax.config.values
    folder = config["jax_compilation_cache_dir"]
    return bool(folder and config["jax_enable_compilation_cache"]) and os.access(folder, os.W_OK)


@contextmanager
def _jax_cache_in(folder: Path) -> Iterator[None]:
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    settings: dict[str, Any] = {
        "jax_compilation_cache_dir": str(folder),
        # The many small programs that draw initial weights take seconds together.
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
        "jax_compilation_cache_max_size": -1,
    }
    before = {name: jax.config.values[name] for name in settings}
    compilation_cache.reset_cache()
    try:
        _configure(settings)
        with warnings.catch_warnings():
            # JAX would say for every single program that it could not be read or written; it compiles then.
            warnings.filterwarnings("ignore", r"Error (reading|writing) persistent compilation cache entry")
            yield
    finally:
        _configure(before)
        compilation_cache.reset_cache()


def _configure(settings: dict[str, Any]) -> None:
    import jax

    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]


def _machine() -> str:
    """A name for what JAX's key does not cover: the processor, and how many threads a program was cut into for.

    The native kernels need no place in it: programs call them by names that hold the library's digest.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return hashlib.sha256(repr((platform.machine(), _processor_features(), cores)).encode()).hexdigest()[:16]


def _processor_features() -> str:
    """Which instructions the processor has, as Linux lists them; home folders may be shared by several machines."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
        return next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return ""


def _entries(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """The kept programs of all sub-folders; those that another process removes meanwhile are left out."""
    found = []
    for path in folder.glob(f"*/{_ENTRIES}"):
        with contextlib.suppress(OSError):
            found.append((path, path.stat()))
    return found


def _tidy(folder: Path) -> None:
    """Make the folder, take out damaged entries, and of all machines' the longest unused until the rest is small.

    Raises:
        OSError: The folder cannot be made or written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp, now = folder / _CHECKED, time.time()
    checked = stamp.stat().st_mtime if stamp.exists() else 0.0
    total = 0
    for path, status in sorted(_entries(folder.parent), key=_last_use, reverse=True):
        total += status.st_size
        is_new = path.parent == folder and status.st_mtime >= checked - _MARGIN_SECONDS
        with contextlib.suppress(OSError):  # another process may have removed it
            if total > _MAX_BYTES or (is_new and _is_damaged(path)):
                path.unlink()
    stamp.touch()
    os.utime(stamp, (now, now))


def _last_use(entry: tuple[Path, os.stat_result]) -> float:
    """By the file system's own record of reading, which is true to the day."""
    return max(entry[1].st_atime, entry[1].st_mtime)


def _is_damaged(path: Path) -> bool:
    content = path.read_bytes()
    if content.startswith(_ZSTANDARD):  # with some versions of Python and packages; not every Python reads it
        return False
    try:
        zlib.decompress(content)
    except zlib.error:
        return True
    return False
