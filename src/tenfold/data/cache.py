"""Decoded pictures of large folders, kept so that the second start is quick. Always safe to delete.

One .npz for each folder, selection and setting, in `pictures_folder()`. Nothing is trusted: a file that
cannot be read, or does not fit, counts as absent.
"""

import contextlib
import hashlib
import os
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tenfold.data.options import ReadOptions
from tenfold.files import atomic_path, cache_folder
from tenfold.types import Images

_FORMAT = 3
"""To be raised whenever decoding or resizing gives other pixels than before."""

_WORTH_FILES = 500
_WORTH_BYTES = 20_000_000
_MAX_BYTES = 2_000_000_000


def pictures_folder() -> Path:
    """Where decoded pictures are kept: a folder of its own, since the oldest files in it are removed."""
    return cache_folder() / "decoded"


def pictures_key(paths: Sequence[Path], options: ReadOptions) -> str | None:
    """A name for the content of these files in the shape asked for; None if there is too little to keep.

    The content is not read, but told by each file's path, size, inode and times of last writing and last
    change. The last cannot be set back by hand, so that renaming, swapping and touching files is noticed
    too (docs/decisions/0004-cache-keyed-by-file-state.md says why).
    """
    try:
        status = [(str(path), path.stat()) for path in paths]
    except OSError:  # reading the file will say more about it
        return None
    if len(paths) < _WORTH_FILES and sum(file.st_size for _, file in status) < _WORTH_BYTES:
        return None
    digest = hashlib.sha256(repr((_FORMAT, options.size, options.gray)).encode())
    for name, file in status:
        told = (os.path.abspath(name), file.st_size, file.st_ino, file.st_mtime_ns, file.st_ctime_ns)  # noqa: PTH100
        digest.update(repr(told).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def load_pictures(key: str, count: int) -> tuple[Images, tuple[str, ...]] | None:
    """The images and notes that were stored under this key; None if there are none, or they are damaged."""
    path = pictures_folder() / f"{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as archive:  # checks the CRC-32 of each array
            images, notes = archive["images"], tuple(str(note) for note in archive["notes"])
    except (OSError, ValueError, TypeError, EOFError, KeyError, zlib.error, zipfile.BadZipFile, NotImplementedError):
        return None
    with contextlib.suppress(OSError):  # one that others made can be read all the same
        os.utime(path)  # says that it was used
    fits = images.dtype == np.uint8 and images.ndim == 4 and len(images) == count
    return (images, notes) if fits else None


def store_pictures(key: str, images: Images, notes: tuple[str, ...]) -> None:
    """Keep images and notes; a full or read-only disk is no error, there is just no cache then."""
    if images.nbytes > _MAX_BYTES:
        return
    folder = pictures_folder()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(folder / f"{key}.npz") as temporary:
            np.savez(temporary, images=images, notes=np.array(notes, dtype=np.str_))
        remove_oldest(folder, _MAX_BYTES)


def remove_oldest(folder: Path, max_bytes: int) -> None:
    """Remove the .npz files that were unused longest, until the rest has at most `max_bytes`."""
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    total = 0
    for path in files:
        total += path.stat().st_size
        if total > max_bytes:
            path.unlink(missing_ok=True)
