"""One picture on disk → pixels: decoded with limits, upright, opaque, 8 bits deep, of the wanted size.

Training folders and predictions go through the same two functions, so that a network meets at prediction
time what it met in training.
"""

import io
import stat
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as PillowImage

from tenfold.errors import ImageError
from tenfold.files import check_downloaded
from tenfold.types import Image, Images

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""The formats that are read; of animations and multi-page files, the first frame."""

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
"""How the names of such files end, in lower case."""

MAX_FILE_BYTES = 100_000_000
MAX_PIXELS = 80_000_000
"""Below Pillow's own limit of 89 million, and beyond the photos of almost every phone."""

_BAD_IMAGES_NAMED = 20
_WHITE_16_BIT = 65_535
_POINTER_BYTES = 100
_HALF_OPAQUE, _LIGHT = 127, 200
"""Where nothing that is visible on transparent ground is darker, white ground would hide it."""
_FILTER_LOCK = threading.Lock()

_TURN_OF = {
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_270,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_90,
}
"""EXIF's orientation → what turns the picture upright."""


def decode_image(source: Path | bytes, name: str | None = None) -> PillowImage.Image:
    """Decode a picture file into 8-bit grey or colour, upright, on plain ground.

    The first frame is read; EXIF orientation is applied; 16-bit values are scaled (0…65535 → 0…255);
    whatever is transparent is laid on white, or on black if all that is visible is nearly white; palettes, CMYK and
    the like are converted.

    Args:
        source: A regular file, or the content of one.
        name: What to call it in messages; the path, if it has one.

    Returns:
        A Pillow image of mode "L" (grey) or "RGB", 0…255; its `info` holds "deep" if the file has 16 bits per pixel.

    Raises:
        ImageError: No regular file, not one of `FORMATS`, truncated or damaged, larger than `MAX_FILE_BYTES`
            or `MAX_PIXELS`, or pixels without a known range (32-bit).
    """
    name = name or (str(source) if isinstance(source, Path) else "image")
    content = _read_file(source, name) if isinstance(source, Path) else source
    _check_bytes(len(content), name)
    image = _open(io.BytesIO(content), name)
    try:
        return plain_picture(image, name)
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever the damage leads to
        raise ImageError(f"{name}: damaged or truncated ({error}). Get a fresh copy, or remove it.") from error


def bad_images(messages: Sequence[str], count: int, verdict: str = "cannot be used") -> str:
    """One message for some of `count` images that cannot be used: their number, and a line for each of the first."""
    if count == 1:
        return messages[0]
    named = list(messages[:_BAD_IMAGES_NAMED])
    if len(messages) > len(named):
        named.append(f"… and {len(messages) - len(named):,} more")
    return "\n  ".join([f"{len(messages):,} of {count:,} images {verdict}:", *named])


def plain_picture(image: PillowImage.Image, name: str) -> PillowImage.Image:
    """A Pillow image upright, on plain ground, 8 bits deep: see `decode_image`.

    Raises:
        ImageError: Its pixels have no known range.
        Exception: Whatever a damaged file, read only now, leads to.
    """
    deep = ";16" in str(getattr(image, "tile", [])[:1])  # how the decoder is told to read what is in the file
    image.load()
    plain = _opaque(_eight_bit(upright(image), name))
    if deep:
        plain.info["deep"] = True
    return plain


def image_size(path: Path) -> tuple[int, int]:
    """Height and width that `decode_image` would give, in pixels, from the file's header alone.

    Raises:
        ImageError: As for `decode_image`, as far as the header shows it.
    """
    name = str(path)
    _check_file(path, name)
    try:
        with path.open("rb") as file, _open(file, name) as image:
            # TIFF's size is that of the upright picture; BMP and GIF know no camera data.
            may_turn = image.format in ("JPEG", "MPO", "WEBP") or (image.format == "PNG" and _has_more(image, file))
            rotated = may_turn and _orientation(image) > 4
            return (image.width, image.height) if rotated else (image.height, image.width)
    except (OSError, SyntaxError) as error:
        raise ImageError(f"{name}: cannot be read ({error}). Get a fresh copy, or remove it.") from error


def _has_more(image: PillowImage.Image, file: BinaryIO) -> bool:
    """Whether a PNG may hold camera data: before its pixels, or as any chunk behind them.

    Asking Pillow would decode the whole picture where there are none.
    """
    if any(key in image.info for key in ("exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp")):
        return True
    position = 8  # behind the signature
    seen: set[bytes] = set()
    while True:
        file.seek(position)
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return bool(seen - {b"IDAT", b"fdAT", b"fcTL"})
        if head[4:] == b"IDAT" or seen:
            seen.add(head[4:])
        position += 12 + int.from_bytes(head[:4], "big")


def resize_image(image: PillowImage.Image, size: tuple[int, int], channels: int) -> Image:
    """Bring a decoded picture to a size and a number of channels.

    Grey is the luma of ITU-R BT.601 (0.299 red + 0.587 green + 0.114 blue). An axis that shrinks is averaged
    over the area that each new pixel covers, smoothly weighted (Hamming window: no halos around strokes); one
    that grows is interpolated bicubically. The picture is stretched to the size, not padded or cropped.

    Args:
        image: Mode "L" or "RGB", as `decode_image` gives it.
        size: Height and width in pixels.
        channels: 1 for grey, 3 for colour.

    Returns:
        uint8 [height, width, channels], 0…255.
    """
    height, width = size
    image = image.convert("L" if channels == 1 else "RGB")
    # Width first, always: Pillow alone would begin with the longer way, which other programs would have to know.
    image = image.resize((width, image.height), _resampling(image.width, width))
    image = image.resize((width, height), _resampling(image.height, height))
    return np.asarray(image).reshape(height, width, channels)


def resize_images(
    images: Images, size: tuple[int, int], channels: int, report: Callable[[int], None] = lambda done: None
) -> Images:
    """Apply `resize_image` to every image of an array; images that fit already are not touched.

    Args:
        images: uint8 [n, height, width, channels].
        size: Height and width in pixels.
        channels: 1 for grey, 3 for colour.
        report: Is called with the number of images done, now and then.
    """
    if images.shape[1:] == (*size, channels):
        return images
    resized = np.empty((len(images), *size, channels), np.uint8)
    for position, pixels in enumerate(images):
        image = PillowImage.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        resized[position] = resize_image(image, size, channels)
        if position % 1000 == 0:
            report(position)
    return resized


def _read_file(path: Path, name: str) -> bytes:
    _check_file(path, name)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(_unreadable(name, error)) from error


def _check_file(path: Path, name: str) -> None:
    try:
        status = path.stat()  # before opening: opening a pipe would wait for somebody to write into it
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise ImageError(_unreadable(name, error)) from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise ImageError(f"{name}: is {what}; expected an image file.")
    _check_bytes(status.st_size, name)


def _unreadable(name: str, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{name}: cannot be read ({reason}). Check the path and its permissions."


def _check_bytes(size: int, name: str) -> None:
    if size == 0:
        raise ImageError(f"{name}: the file is empty. Get a fresh copy, or remove it.")
    if size > MAX_FILE_BYTES:
        raise ImageError(
            f"{name}: {size / 1e6:,.0f} MB; at most {MAX_FILE_BYTES / 1e6:,.0f} MB are read. Save a smaller version."
        )


def _open(file: BinaryIO, name: str) -> PillowImage.Image:
    try:
        with _without_warnings():
            image = PillowImage.open(file, formats=FORMATS)
    except PillowImage.DecompressionBombError as error:
        raise ImageError(_too_many_pixels(name, "far too many")) from error
    except UnidentifiedImageError as error:
        file.seek(0)
        check_downloaded(file.read(_POINTER_BYTES), name, ImageError)
        expected = "PNG, JPEG, WebP, BMP, GIF or TIFF"
        raise ImageError(f"{name}: no readable image; expected {expected}. Convert it, or remove it.") from error
    except Exception as error:  # Pillow's plugins raise whatever the damage leads to
        raise ImageError(f"{name}: damaged image header ({error}). Get a fresh copy, or remove it.") from error
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(_too_many_pixels(name, f"{image.height:,}×{image.width:,} (height×width)"))
    return image


@contextmanager
def _without_warnings() -> Iterator[None]:
    # The list of warning filters belongs to the whole process: without the lock, threads would restore one
    # another's. Only headers are read meanwhile, so they hardly wait.
    with _FILTER_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _too_many_pixels(name: str, found: str) -> str:
    return f"{name}: {found} pixels; at most {MAX_PIXELS:,} are decoded. Save a smaller version."


def upright(image: PillowImage.Image) -> PillowImage.Image:
    """An image turned as its camera data say."""
    turn = _TURN_OF.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _orientation(image: PillowImage.Image) -> int:
    """How the camera was held, 1…8; 1 is upright, and stands for damaged or missing camera data too."""
    try:
        with _without_warnings():
            found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # whatever the damage leads to: the pixels are sound
        return 1
    return found if found in _TURN_OF else 1


def _eight_bit(image: PillowImage.Image, name: str) -> PillowImage.Image:
    if image.mode in ("I", "F"):
        raise ImageError(
            f"{name}: has 32-bit pixels, whose black and white are unknown. Save it with 8 or 16 bits per channel."
        )
    if not image.mode.startswith("I;16"):
        return image
    values = np.asarray(image).astype(np.uint32)
    grey = np.rint(values * (255 / _WHITE_16_BIT)).astype(np.uint8)
    if (transparent := image.info.get("transparency")) is not None:
        grey[values == transparent] = 255
    return PillowImage.fromarray(grey)


def _opaque(image: PillowImage.Image) -> PillowImage.Image:
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = PillowImage.new("RGBA", image.size, "black" if _is_light(image) else "white")
        image = PillowImage.alpha_composite(ground, image)
    return image.convert("L" if grey else "RGB")


def _is_light(image: PillowImage.Image) -> bool:
    """Whether white ground would hide all that is visible in an RGBA image."""
    opacity, grey = np.asarray(image.getchannel("A")), np.asarray(image.convert("L"))
    visible = grey[opacity > _HALF_OPAQUE]
    return bool(opacity.min() == 0 and len(visible) and visible.min() > _LIGHT)


def _resampling(found: int, wanted: int) -> PillowImage.Resampling:
    return PillowImage.Resampling.HAMMING if wanted < found else PillowImage.Resampling.BICUBIC
