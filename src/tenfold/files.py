"""Where files go, and writing them so that nobody ever meets half of one."""

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tenfold.errors import RunError, TenfoldError

_TEMPORARY = re.compile(r"\.[a-z0-9_]{8}\..+")
"""Names that `atomic_path` gives."""

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def cache_folder() -> Path:
    """What Tenfold keeps is below this folder: $TENFOLD_CACHE, or the user's cache folder on this system."""
    if chosen := os.environ.get("TENFOLD_CACHE"):
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - ~nobody stays
    from platformdirs import user_cache_path

    return user_cache_path("tenfold", appauthor=False)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; when the block ends well, its file takes the final name.

    The temporary name ends like the final one, since some writers choose the format by it. If the block fails,
    the temporary file is removed and whatever stood at `path` stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=f".{path.name}")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        # mkstemp makes private files; what ends up in a run folder is as readable as any other new file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        if error.filename in (None, name):  # a full disk: writing names no file, and nobody knows the temporary one
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Inside the block, no other process can write to a folder that asks for the same.

    The system gives the folder free when the process ends, however it ends. Windows has no such locks for folders.

    Raises:
        RunError: Another process is at work there.
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunError(
                f"{folder} is in use: another process trains it. Wait until it is done, or end it."
            ) from error
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of `atomic_path` that a killed process has left in a folder and below."""
    for path in folder.rglob(".*"):
        if _TEMPORARY.match(path.name) and path.is_file():
            path.unlink()


def check_room(path: Path, needed_bytes: int) -> None:
    """Refuse to begin a file that the disk has no room for, for writers that cannot cope with that.

    Raises:
        OSError: There is no room; with the path.
    """
    if shutil.disk_usage(path.parent).free < needed_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def printable(path: str | Path) -> str:
    """A path as text: bytes in it that are no UTF-8, which Python can neither print nor write, escaped."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def check_downloaded(start: bytes, name: str, error: type[TenfoldError]) -> None:
    """Refuse the short text that Git LFS leaves in place of a large file until that is downloaded.

    Args:
        start: The beginning of the file.
        name: What to call it in the message.
        error: The exception to raise.
    """
    if start.startswith(_LFS_POINTER):
        raise error(f"{name}: not downloaded: it only points to a file that Git LFS keeps. Run git lfs pull there.")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, with the same line ends on every system."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON document of a run.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("it holds no table")
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read ({error}). Was the run interrupted? Train it again.") from error
    return document
