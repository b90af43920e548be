"""Pixels as numbers of some type and range → uint8 0…255, or a clear refusal."""

import numpy as np

from tenfold.data.class_names import shortened
from tenfold.errors import DataError
from tenfold.types import Images, UInt8

_FEW_LEVELS = (1, 3, 7, 15, 16, 31)
"""The largest values of pixels of few bits. 16 is what UCI's digits have: they count black pixels in squares of 4×4."""
_DEEP_LEVELS = (1_023, 4_095, 16_383, 65_535)
"""The largest values of pixels of 10, 12, 14 and 16 bits."""
_FAR_APART = 8
"""A part whose largest value is so many times smaller than another's has another range: 31 is not 255."""
_DARK_IMAGES = 0.02
"""Share of the images of 0…255 that may have no value above 1: they are dark."""

Pixels = UInt8[np.ndarray, "..."]


def pixel_bytes(
    parts: dict[str, np.ndarray], source: str, *, whole_data: bool = True
) -> tuple[list[Pixels], tuple[str, ...]]:
    """Recognise the range of pixel values and bring them to uint8 0…255.

    0…255 (whole numbers or rounded) stays; 0…1, be it float, bool or whole numbers, is multiplied by 255. 16-bit arrays
    that go beyond 255 and, of a whole data set, whole numbers up to 31 are scaled from the range that their bits can
    hold. Parts with fractions up to 1 are certainly 0…1. The others are judged together, so that the same number means
    the same grey in each; ranges that cannot be the same are refused.

    Args:
        parts: Arrays of any shape, by the names that messages call them.
        source: The file that they come from.
        whole_data: Whether these are the pixels of a data set. A single picture may be dark, which says nothing of the
            range.

    Returns:
        uint8 arrays of the same shapes, in the same order, and a sentence for each range that was scaled.

    Raises:
        DataError: No numbers, NaN or infinite, negative, beyond 255, or fractions beyond 1 that do not reach far; or
            one part has a much smaller range than another, or some images of a part.
    """
    for name, values in parts.items():
        _check_numbers(values, f"{source}, {name}")
    ranges = {name: (float(values.min()), float(values.max())) for name, values in parts.items() if values.size}
    unit = [name for name, (low, high) in ranges.items() if 0 <= low <= high <= 1 and _has_fractions(parts[name])]
    others = {name: bounds for name, bounds in ranges.items() if name not in unit}
    low = min((low for low, _ in others.values()), default=0)
    high = max((high for _, high in others.values()), default=0)
    found = f"{low:g} to {high:g}" if len(parts) == 1 else _listed(ranges)
    sixteen_bits = all(parts[name].dtype == np.uint16 for name in others)
    if low < 0 or (high > 255 and not sixteen_bits):
        how = ": from −1…1, images = (images + 1) * 127.5" if -1 <= low < 0 < high <= 1 else ""
        raise DataError(
            f"{source}: pixel values run from {found}; expected 0…255 or 0…1. "
            f"Undo the normalisation{how}, or save 8-bit values."
        )
    full = 255
    if 0 < high <= (_FEW_LEVELS[-1] if whole_data else 1) or high > 255:
        full = _level(high)
        if full > 1 and any(_has_fractions(parts[name]) for name in others):
            raise DataError(
                f"{source}: pixel values are fractions from {found}; expected 0…1, or 0…255. "
                "Undo the normalisation, or save 8-bit values."
            )
    for name, (_, top) in others.items():
        if top > 0 and (_FAR_APART * top <= high or top <= 255 < high):
            raise DataError(
                f"{source}: the parts differ in their ranges of pixel values: {_listed(ranges)}. Expected one range. "
                f"Multiply the pixels of {name} by {full / _level(top):g}, or save all parts alike."
            )
        if whole_data:
            _check_one_range(parts[name], f"{source}, {name}", top)
    fulls = {name: 1 if name in unit else full for name in parts}
    scaled = {level: [name for name in ranges if fulls[name] == level] for level in set(fulls.values()) - {255}}
    notes = tuple(
        f"Pixel values 0…{level:,}{'' if len(names) == len(ranges) else f' of {shortened(names)}'} were scaled to "
        "0…255."
        for level, names in sorted(scaled.items())
    )
    return [_scaled(values, fulls[name]) for name, values in parts.items()], notes


def image_array(values: Pixels, source: str) -> Images:
    """Give pixels the shape [n, height, width, channels].

    Accepts [n, height, width], [n, height, width, 1 or 3], [n, 1 or 3, height, width] (PyTorch's order,
    turned round) and rows [n, side × side] or [n, side × side × 3].

    Raises:
        DataError: Another shape, or images without pixels.
    """
    images = _in_four_dimensions(values, source)
    if 0 in images.shape[1:3]:
        raise DataError(
            f"{source}: has the shape {list(values.shape)}, so its images are {images.shape[1]}×{images.shape[2]} "
            "(height×width) and hold no pixels; expected at least 1×1. Save the images again."
        )
    return images


def _in_four_dimensions(values: Pixels, source: str) -> Images:
    if values.ndim == 2:
        height, width, channels = square_shape(values.shape[1], source)
        return values.reshape(len(values), height, width, channels)
    if values.ndim == 3:
        return values[..., np.newaxis]
    if values.ndim == 4 and values.shape[3] in (1, 3):
        return values
    if values.ndim == 4 and values.shape[1] in (1, 3):
        return np.ascontiguousarray(values.transpose(0, 2, 3, 1))
    raise DataError(
        f"{source}: has the shape {list(values.shape)}; expected [n, height, width] or "
        "[n, height, width, channels] with 1 or 3 channels."
    )


def square_shape(pixels: int, source: str) -> tuple[int, int, int]:
    """Height, width and channels of a square image of so many values, such as 784 → 28, 28, 1.

    Raises:
        DataError: It is neither a square number nor three times one.
    """
    for channels in (1, 3):
        side = round((pixels / channels) ** 0.5)
        if pixels > 0 and side * side * channels == pixels:
            return side, side, channels
    raise DataError(
        f"{source}: {pixels:,} pixel values for each image make no square, neither grey nor colour; expected "
        "a number such as 784 = 28×28 or 3,072 = 32×32×3. Save other shapes as .npz or as image files."
    )


def _check_numbers(values: np.ndarray, source: str) -> None:
    if values.dtype.kind not in "uifb":
        raise DataError(f"{source}: holds values of type {values.dtype}; expected numbers.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        position = int((~np.isfinite(values)).reshape(len(values), -1).any(axis=1).argmax())
        raise DataError(
            f"{source}: image {position} (counted from 0) has pixels that are NaN or infinite; expected "
            "0…255 or 0…1. Repair or remove it."
        )


def _check_one_range(values: np.ndarray, source: str, high: float) -> None:
    """Refuse a part in which some images are 0…1 and others 0…255, as two files joined may be."""
    if values.dtype.kind != "f" or values.ndim < 2 or high <= _FEW_LEVELS[-1]:
        return
    tops = values.reshape(len(values), -1).max(axis=1)
    within = np.flatnonzero((tops > 0) & (tops <= 1))
    fractions = [position for position in within if _has_fractions(values[position])]
    if len(fractions) > _DARK_IMAGES * len(values):
        raise DataError(
            f"{source}: {len(fractions):,} of {len(values):,} images have fractions 0…1, the others values up to "
            f"{high:g}; image {fractions[0]} (counted from 0) is the first. Expected one range: multiply those by 255."
        )


def _has_fractions(values: np.ndarray) -> bool:
    return values.dtype.kind == "f" and bool((values != np.floor(values)).any())


def _level(high: float) -> int:
    """The largest value that pixels can have whose largest one is `high`."""
    return next(level for level in (*_FEW_LEVELS, 255, *_DEEP_LEVELS) if level >= high)


def _listed(ranges: dict[str, tuple[float, float]]) -> str:
    return ", ".join(f"{low:g} to {high:g} ({name})" for name, (low, high) in ranges.items())


def _scaled(values: np.ndarray, full: int) -> Pixels:
    if full != 255:
        return np.rint(values * np.float32(255 / full)).astype(np.uint8)
    return np.rint(values).astype(np.uint8) if values.dtype.kind == "f" else values.astype(np.uint8, copy=False)
