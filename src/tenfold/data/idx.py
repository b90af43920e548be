"""The IDX format of MNIST: a big-endian header (type, number of dimensions, sizes), then raw values.

Format: http://yann.lecun.com/exdb/mnist/ ; bytes 0 and 1 are zero, byte 2 is the type (8 = uint8), byte 3
the number of dimensions, then one 32-bit size for each dimension.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

from tenfold.errors import DataError
from tenfold.files import check_downloaded
from tenfold.types import UInt8

_UNSIGNED_BYTE = 8


def read_idx_bytes(path: Path) -> bytes:
    """Read a file, unpacking it if it is gzip-compressed.

    Raises:
        DataError: The file is missing or unreadable, or its compression is damaged.
    """
    try:
        content = path.read_bytes()
        check_downloaded(content, str(path), DataError)
        # Told by its first bytes, since browsers and tools unpack .gz files without changing their name.
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}). Get a fresh copy of this file.") from error


def parse_idx(content: bytes, source: str, dimensions: int) -> UInt8[np.ndarray, "..."]:
    """Read an array of unsigned bytes out of the content of an IDX file.

    Args:
        content: The whole (unpacked) file.
        source: What to call the file in messages.
        dimensions: How many dimensions the array has to have: 3 for images, 1 for labels.

    Raises:
        DataError: It is no IDX file, holds another type or number of dimensions, or is too short or too
            long, or its images have no pixels.
    """
    if len(content) < 4 or content[:2] != b"\x00\x00":
        raise DataError(f"{source}: no IDX file (it should begin with two zero bytes).")
    kind, found = content[2], content[3]
    if kind != _UNSIGNED_BYTE:
        raise DataError(f"{source}: holds values of IDX type 0x{kind:02x}; expected 0x08 (unsigned bytes).")
    if found != dimensions:
        what = "labels have 1" if dimensions == 1 else "images have 3"
        raise DataError(f"{source}: has {found} dimensions; {what}. Are images and labels swapped?")
    start = 4 + 4 * dimensions
    shape = [int.from_bytes(content[offset : offset + 4], "big") for offset in range(4, start, 4)]
    expected, size = start + int(np.prod(shape, dtype=object)), len(content)
    if len(content) < start or size != expected:
        raise DataError(
            f"{source}: {size:,} bytes, but its header announces {expected:,}. "
            f"The file is {'truncated' if size < expected else 'too long'}; get a fresh copy."
        )
    if 0 in shape[1:]:
        raise DataError(
            f"{source}: its images are {'×'.join(map(str, shape[1:]))} (height×width) and hold no pixels; expected "
            "at least 1×1. Get a fresh copy."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
