"""Files that are damaged, of another kind than their names say, or made to exhaust the reader: the same for a seed."""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF", "tif": "TIFF"}


def hostile_files(folder: Path, count: int, seed: int) -> list[Path]:
    """Write `count` files below a folder, and give their paths; none of them is a sound picture."""
    random = np.random.default_rng(seed)
    paths = list(special_files(folder))
    pictures = {suffix: picture(kind, random) for suffix, kind in FORMATS.items()}
    damages = [truncated, of_another_kind, zeros, noise, header_alone]
    while len(paths) < count:
        number = len(paths)
        suffix = list(FORMATS)[number % len(FORMATS)]
        damage = damages[number // len(FORMATS) % len(damages)]
        path = folder / f"{number:03}-{damage.__name__}.{suffix}"
        path.write_bytes(damage(pictures[suffix], random))
        paths.append(path)
    return paths


def special_files(folder: Path) -> Iterator[Path]:
    """What is no regular file, bombs, and what a name can have against it."""
    contents = {
        "empty.png": b"",
        "bomb.png": bomb(60_000, 60_000),
        "wide-bomb.png": bomb(2**31 - 1, 1),
        "zero-size.png": bomb(0, 0),
        "float.tif": saved(Image.new("F", (9, 9)), "TIFF"),
        "32-bit.tif": saved(Image.new("I", (9, 9)), "TIFF"),
        "text.png": b"not a picture" * 99,
        "page.jpg": b"<html><script>alert(1)</script></html>",
        "drawing.png": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "document.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "archive.png": b"PK\x03\x04" + bytes(99),
        "model.png": b"\x08\x08\x12\x07tenfold",
        "icon.png": saved(Image.new("L", (16, 16)), "ICO"),
        "targa.png": saved(Image.new("L", (16, 16)), "TGA"),
        "text-bomb.png": text_bomb(),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        yield folder / name
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    (folder / "endless.png").symlink_to("/dev/zero")
    (folder / "terminal.png").symlink_to("/dev/tty")
    (folder / "circle.png").symlink_to("circle.png")
    (folder / "gone.png").symlink_to("nowhere.png")
    with (folder / "sparse.png").open("wb") as file:
        file.truncate(200_000_000_000)  # takes no room on the disk
    for name in ("folder", "pipe", "endless", "terminal", "circle", "gone", "sparse"):
        yield folder / f"{name}.png"
    yield folder / ("long" * 1000 + ".png")


def frames(path: Path, count: int) -> Path:
    """A sound animation of many frames, of which the first is read."""
    first = saved(Image.new("L", (9, 9), 40), "GIF")
    start, frame = first.index(b",", 13), first[first.index(b",", 13) : -1]
    path.write_bytes(first[:start] + frame * count + b";")
    return path


def picture(kind: str, random: np.random.Generator) -> bytes:
    return saved(Image.fromarray(random.integers(0, 256, (40, 40), dtype=np.uint8)), kind)


def saved(image: Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


def truncated(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(1, len(content) * 9 // 10))]


def of_another_kind(content: bytes, random: np.random.Generator) -> bytes:
    return [b"GIF89a", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0"][random.integers(5)] + content


def zeros(content: bytes, random: np.random.Generator) -> bytes:
    return bytes(len(content))


def noise(content: bytes, random: np.random.Generator) -> bytes:
    return random.bytes(len(content))


def header_alone(content: bytes, random: np.random.Generator) -> bytes:
    return content[:20] + random.bytes(int(random.integers(10_000)))


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims a huge size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99_999))) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG whose text unpacks to 200 MB."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    return b"\x89PNG\r\n\x1a\n" + header + text + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
