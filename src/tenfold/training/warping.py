"""Moving the pixels of a batch of images: affine maps and smooth random fields, in one resampling."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import random

from tenfold.kernels.resampling import resampled
from tenfold.recipes.augmentation import Augmentation

_FLIPPED_AXES = {"none": (0.0, 0.0), "horizontal": (0.0, 1.0), "vertical": (1.0, 0.0), "both": (1.0, 1.0)}


def warped(images: Any, key: Any, settings: Augmentation) -> Any:
    """Shift, turn, zoom, shear, flip and bend each image in its own way.

    Args:
        images: [n, height, width, channels], float32.
        key: JAX's random key; decides what each image gets.
        settings: The limits.

    Returns:
        As the images, resampled bilinearly between the four nearest pixels.
    """
    count, height, width = images.shape[:3]
    affine_key, elastic_key = random.split(key)
    matrices, shifts = _affine_maps(affine_key, count, (height, width), settings)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    middle = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
    from_middle = np.stack([rows, columns], axis=-1) - middle
    places = jnp.einsum("nab,hwb->nhwa", matrices, from_middle) + shifts[:, None, None] + middle
    if settings.elastic:
        places += settings.elastic * _smooth_fields(elastic_key, count, (height, width), settings.elastic_cells)
    return resampled(images, places[..., 0], places[..., 1], settings.fill)


def _affine_maps(key: Any, count: int, size: tuple[int, int], settings: Augmentation) -> tuple[Any, Any]:
    """From a place in the new image, relative to its middle, to the place in the old one: [n, 2, 2] and [n, 2]."""
    keys = random.split(key, 6)

    def even(key: Any, limit: float, *shape: int) -> Any:
        return random.uniform(key, (count, *shape), minval=-limit, maxval=limit)

    angle = even(keys[0], math.radians(settings.rotation))
    lean = jnp.tan(even(keys[1], math.radians(settings.shear)))
    factor = (1 + settings.zoom) ** random.uniform(keys[2], (count,), minval=-1.0, maxval=1.0)
    turn = _matrices(jnp.cos(angle), -jnp.sin(angle), jnp.sin(angle), jnp.cos(angle))
    slant = _matrices(jnp.ones(count), jnp.zeros(count), lean, jnp.ones(count))
    flips = random.bernoulli(keys[3], 0.5 * jnp.array(_FLIPPED_AXES[settings.flip]), (count, 2))
    matrices = turn @ slant * (jnp.where(flips, -1.0, 1.0) / factor[:, None])[:, None, :]
    pixels = settings.crop_padding
    crops = random.randint(keys[4], (count, 2), -pixels, pixels + 1)
    return matrices, even(keys[5], settings.shift, 2) * jnp.array(size) + crops


def _matrices(first: Any, second: Any, third: Any, fourth: Any) -> Any:
    """[n, 2, 2] from the four entries of each, row by row."""
    return jnp.stack([first, second, third, fourth], axis=-1).reshape(-1, 2, 2)


def _smooth_fields(key: Any, count: int, size: tuple[int, int], cells: int) -> Any:
    """Random fields [n, height, width, 2] of standard deviation 1 (after Simard, Steinkraus, Platt, ICDAR 2003)."""
    numbers = random.normal(key, (count, cells, cells, 2))
    down, across = (_smoothing(length, cells) for length in size)
    return jnp.einsum("hi,nijd,wj->nhwd", down, numbers, across)


def _smoothing(length: int, cells: int) -> Any:
    """[length, cells]: Gaussian weights of the cells' numbers at each pixel, scaled to keep their variance."""
    spacing = length / cells
    middles = (np.arange(cells) + 0.5) * spacing - 0.5
    weights = np.exp(-0.5 * ((np.arange(length)[:, None] - middles) / spacing) ** 2)
    return jnp.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)), jnp.float32)
