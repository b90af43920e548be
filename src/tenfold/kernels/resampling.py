"""Values of images between their pixels: the native kernel, and its twin in pure JAX."""

from typing import Any

import jax
import jax.numpy as jnp

from tenfold.kernels import native


def resampled(images: Any, rows: Any, columns: Any, fill: str) -> Any:
    """Take each output value bilinearly between four pixels. There is no gradient.

    Args:
        images: [n, height, width, channels], float32.
        rows: [n, output height, output width]: where each value is taken, in pixels from the top; any number.
        columns: The same from the left.
        fill: "black" gives 0 outside the image, "edge" its nearest pixel.

    Returns:
        [n, output height, output width, channels].
    """
    if not (native.available() and jax.default_backend() == "cpu"):
        return twin_resampled(images, rows, columns, fill)
    shape = (*rows.shape, images.shape[-1])
    result = jax.ShapeDtypeStruct(shape, jnp.float32)  # type: ignore[no-untyped-call]
    return jax.ffi.ffi_call(native.target("resample"), result)(images, rows, columns, black=fill == "black")


def twin_resampled(images: Any, rows: Any, columns: Any, fill: str) -> Any:
    """The same in pure JAX: four gathers."""
    count, height, width, channels = images.shape
    flat = images.reshape(count, height * width, channels)
    top, left = jnp.floor(rows), jnp.floor(columns)

    def pixels(row: Any, column: Any) -> Any:
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        at = jnp.clip(row, 0, height - 1) * width + jnp.clip(column, 0, width - 1)
        values = jnp.take_along_axis(flat, at.astype(jnp.int32).reshape(count, -1, 1), axis=1)
        values = values.reshape(*rows.shape, channels)
        return values if fill == "edge" else jnp.where(inside[..., None], values, 0)

    down, right = (rows - top)[..., None], (columns - left)[..., None]
    upper = pixels(top, left) * (1 - right) + pixels(top, left + 1) * right
    lower = pixels(top + 1, left) * (1 - right) + pixels(top + 1, left + 1) * right
    return upper * (1 - down) + lower * down
