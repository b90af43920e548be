"""What callers hand in as an image, or as many, becomes decoded pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from tenfold.data.image_file import decode_image, plain_picture, upright
from tenfold.data.pixel_values import pixel_bytes
from tenfold.errors import DataError, ImageError
from tenfold.types import Images

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, int, int]

_CHANNELS = (1, 2, 3, 4)
_CERTAINLY_BYTES = 2.0
_WHITE_16_BIT = 65_535


def decode_pictures(pictures: Any, shape: Shape) -> tuple[Iterable[PillowImage.Image], bool]:
    """Tell one picture from many, and decode them one after the other.

    Args:
        pictures: A path, the content of an image file, a Pillow image, or an array [height, width] or
            [height, width, channels]; a list of these; or an array [n, height, width] or [n, height, width, channels].
            See `array_to_pictures` and `pixels`.
        shape: Height, width and channels that the network takes; tells the reason if an array is ambiguous.

    Returns:
        Pictures as `decode_image` gives them, each decoded when it is asked for, and whether `pictures` was a single
        one.

    Raises:
        ImageError: It is none of these, or cannot be read; in lists, arrays and bytes are named by their position.
    """
    if isinstance(pictures, list | tuple):
        return (_in_list(pictures, position, shape) for position in range(len(pictures))), False
    if isinstance(pictures, str | Path | bytes | bytearray | memoryview | PillowImage.Image):
        return [decode_picture(pictures)], True
    if not hasattr(pictures, "__array__"):
        raise ImageError(_no_image(pictures))
    images, single = array_to_pictures(np.asarray(pictures), shape)
    return (_plain(PillowImage.fromarray(image[..., 0] if image.shape[2] == 1 else image)) for image in images), single


def _in_list(pictures: Sequence[Any], position: int, shape: Shape) -> PillowImage.Image:
    picture = pictures[position]
    try:
        if isinstance(picture, list | tuple):
            raise ImageError(_no_image(picture))
        decoded = list(decode_pictures(picture, shape)[0])
        if len(decoded) != 1:
            raise ImageError(
                f"Found an array of shape {list(np.shape(picture))} inside a list of images; expected single images, "
                "[height, width] or [height, width, channels]. Join such arrays by numpy.concatenate."
            )
        return decoded[0]
    except ImageError as error:
        if isinstance(picture, str | Path):
            raise
        raise ImageError(f"Image {position} of {len(pictures)}: {error}") from error


def decode_picture(picture: str | Path | bytes | bytearray | memoryview | PillowImage.Image) -> PillowImage.Image:
    """A path, the content of an image file or a Pillow image as `decode_image` gives it.

    Raises:
        ImageError: It is none of these, or cannot be read.
    """
    if isinstance(picture, PillowImage.Image):
        return _plain(picture)
    if not isinstance(picture, str | Path | bytes | bytearray | memoryview):
        raise ImageError(
            f"Found a {type(picture).__name__} as a picture; expected a path, the bytes of an image file or a Pillow "
            "image. Make one of an array by PIL.Image.fromarray, of a file object by PIL.Image.open."
        )
    return decode_image(Path(picture) if isinstance(picture, str | Path) else bytes(picture))


def array_to_pictures(array: Array, shape: Shape) -> tuple[Images, bool]:
    """Tell pictures in an array of pixels apart.

    Args:
        array: [height, width], [height, width, channels], [n, height, width] or [n, height, width, channels]
            with 1 to 4 channels (the second of two and the fourth are opacity). Three axes are one image if the
            last is as long as a number of channels, else n grey ones. Values 0…255, or 0…1: see `pixels`.
        shape: Height, width and channels that the network takes; tells the reason if the array is ambiguous.

    Returns:
        uint8 [n, height, width, channels], and whether the array was a single image.

    Raises:
        ImageError: Another shape or other values.
    """
    _check_axes(array, shape)
    single = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in _CHANNELS)
    grey = array.ndim == 2 or (array.ndim == 3 and not single)
    images = array[..., np.newaxis] if grey else array
    images = pixels(images[np.newaxis] if single else images)
    if 0 in images.shape[1:]:
        raise ImageError(f"The array has shape {list(array.shape)}: images without pixels. Expected at least one.")
    return images, single


def pixels(array: Array) -> Array:
    """The values of an array as uint8, 0…255: those of 0…1 are multiplied by 255, as in training data.

    uint16 beyond 255 is taken for 0…65535, as in 16-bit image files.

    Raises:
        ImageError: Other values, for example below 0 or not finite; or fractions a little above 1, which may be either.
    """
    if array.dtype == np.uint16 and array.size and array.max() > 255:
        return np.rint(array * np.float32(255 / _WHITE_16_BIT)).astype(np.uint8)
    try:
        (values,), _ = pixel_bytes({"pixels": array}, "The array", whole_data=False)
    except DataError as error:
        raise ImageError(f"{error} The model scales raw pixels itself.") from error
    if array.dtype.kind == "f" and array.size and 1 < (high := array.max()) < _CERTAINLY_BYTES:
        raise ImageError(
            f"The array's largest value is {high:g}: either 0…1 and a little more, or 0…255 and almost black; expected "
            "0…1 or 0…255. Use array.clip(0, 1) for the first, array.round().astype('uint8') for the second."
        )
    return values


def _no_image(found: Any) -> str:
    return (
        f"Found a {type(found).__name__} as an image; expected a path, the bytes of an image file, "
        "a Pillow image or an array of pixels."
    )


def _check_axes(array: Array, shape: Shape) -> None:
    found, size = list(array.shape), int(np.prod(shape))
    if array.ndim in (1, 2) and array.shape[-1] == size and array.shape != shape[:2]:
        as_one = "array[..., numpy.newaxis]" if array.ndim == 2 else "array[numpy.newaxis, :, numpy.newaxis]"
        raise ImageError(
            f"Found an array of shape {found}: images in one row, or a single one that is so wide. Use "
            f"array.reshape(-1, {', '.join(map(str, shape))}) for the first, {as_one} for the second."
        )
    grey_ones = array.ndim == 3 and array.shape[1:] == shape[:2] and shape[2] == 1
    if array.ndim == 3 and array.shape[0] == 3 and array.shape[2] not in _CHANNELS and not grey_ones:
        raise ImageError(
            f"Found an array of shape {found}: three grey images, or one in colour with its channels first. "
            "Use array[..., numpy.newaxis] for the first, array.transpose(1, 2, 0) for the second."
        )
    if array.ndim == 4:
        _check_batch(array, shape)
    usable = array.ndim in (2, 3) or (array.ndim == 4 and array.shape[3] in _CHANNELS)
    if not usable or 0 in (array.shape[1:] if array.ndim > 2 else array.shape):
        raise ImageError(
            f"Found an array of shape {found}; expected [height, width], [height, width, channels], "
            "[n, height, width] or [n, height, width, channels] with 1 to 4 channels."
        )


def _check_batch(array: Array, shape: Shape) -> None:
    """Refuse four axes in an order that is not ours, or that may be."""
    found = list(array.shape)
    if array.shape[1] == 1 and array.shape[3] not in _CHANNELS:
        raise ImageError(
            f"Found an array of shape {found}: grey images with their channel first, or rows of single lines. Use "
            "array[:, 0] for the first."
        )
    if array.shape[3] in _CHANNELS and 1 in array.shape[1:3] and 1 not in shape[:2]:
        raise ImageError(
            f"Found an array of shape {found}: images of a single row or column. Give them as a list if that is meant: "
            "list(array)."
        )


def _plain(picture: PillowImage.Image) -> PillowImage.Image:
    """A Pillow image as `decode_image` gives it; those of numbers (modes "I" and "F") take the way of an array."""
    if 0 in picture.size:
        raise ImageError(
            f"A Pillow image of {picture.height}×{picture.width} (height×width) has no pixels; expected at least one."
        )
    try:
        if picture.mode in ("I", "F"):
            return PillowImage.fromarray(pixels(np.asarray(upright(picture))))
        return plain_picture(picture, "A Pillow image")
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever the damage leads to
        raise ImageError(
            f"A Pillow image of mode {picture.mode} cannot be read ({error}). Convert it to L or RGB first, or open it "
            "again from an intact file."
        ) from error
