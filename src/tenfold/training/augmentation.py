"""Varying a batch of training images inside the compiled epoch, as a function of a random key."""

from typing import Any

import jax.numpy as jnp
from jax import lax, random

from tenfold.recipes.augmentation import Augmentation
from tenfold.training.warping import warped

Batch = tuple[Any, ...]
"""Images and what belongs to each: labels and, if there are any, sample weights."""

_LEAST_ALPHA = 1e-3  # shares are 0 or 1 then; of much less, JAX's are no numbers
_ERASED_AREA = (0.02, 0.3)
_ERASED_ASPECT = 3.0


def augmented(batch: Batch, key: Any, settings: Augmentation) -> Batch:
    """Give each image its own variation.

    Args:
        batch: Images [n, height, width, channels], uint8, labels and, if there are any, sample weights [n]. Where
            images are mixed, so are these: labels have to be one-hot then, [n, classes].
        key: JAX's random key; the same key gives the same images.
        settings: What is done, and how much.

    Returns:
        The batch, the images whole numbers of their type again.
    """
    images, *others = batch
    kind = images.dtype
    images = jnp.asarray(images, jnp.float32)
    keys = random.split(key, 6)
    if settings.moves:
        images = warped(images, keys[0], settings)
    if settings.thickness:
        images = _with_thickness(images, keys[1], settings.thickness)
    if settings.contrast or settings.brightness:
        images = _with_contrast(images, keys[2], settings)
    if settings.polarity:
        inverted = random.bernoulli(keys[3], settings.polarity, (len(images), 1, 1, 1))
        images = jnp.where(inverted, 255 - images, images)
    if settings.erasing:
        images = _with_erased(images, keys[4], settings.erasing)
    if settings.mixup or settings.cutmix:
        images, *others = _mixed_as_weighted((images, *others), keys[5], settings)
    return jnp.clip(jnp.round(images), 0, 255).astype(kind), *others


def _with_thickness(images: Any, key: Any, limit: float) -> Any:
    """Part of the way to the brightest, or to the darkest, of each pixel and its four neighbours."""
    amount = random.uniform(key, (len(images), 1, 1, 1), minval=-limit, maxval=limit)
    height, width = images.shape[1:3]
    around = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    places = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    neighbours = jnp.stack([around[:, i : i + height, j : j + width] for i, j in places])
    towards = jnp.where(amount > 0, neighbours.max(0), neighbours.min(0))
    return images + jnp.abs(amount) * (towards - images)


def _with_contrast(images: Any, key: Any, settings: Augmentation) -> Any:
    contrast_key, brightness_key = random.split(key)
    shape = (len(images), 1, 1, 1)
    factor = 1 + random.uniform(contrast_key, shape, minval=-settings.contrast, maxval=settings.contrast)
    added = 255 * random.uniform(brightness_key, shape, minval=-settings.brightness, maxval=settings.brightness)
    mean = images.mean((1, 2), keepdims=True)
    return jnp.clip(mean + factor * (images - mean) + added, 0, 255)


def _with_erased(images: Any, key: Any, share: float) -> Any:
    """Some images with a rectangle of one grey; its area and its aspect are random."""
    keys = random.split(key, 5)
    count, height, width = images.shape[:3]
    area = random.uniform(keys[0], (count,), minval=_ERASED_AREA[0], maxval=_ERASED_AREA[1])
    aspect = _ERASED_ASPECT ** random.uniform(keys[1], (count,), minval=-1.0, maxval=1.0)
    sides = jnp.sqrt(jnp.stack([area * aspect, area / aspect], axis=1)) * jnp.array([height, width])
    inside = _rectangles(keys[2], sides, (height, width))
    grey = random.uniform(keys[3], (count, 1, 1, 1), maxval=255.0)
    chosen = random.bernoulli(keys[4], share, (count, 1, 1, 1))
    return jnp.where(inside & chosen, grey, images)


def _rectangles(key: Any, sides: Any, size: tuple[int, int]) -> Any:
    """[n, height, width, 1]: true within a rectangle of the given sides [n, 2] whose middle is anywhere."""
    middles = random.uniform(key, sides.shape) * jnp.array(size)
    low, high = jnp.round(middles - sides / 2), jnp.round(middles + sides / 2)
    rows, columns = (jnp.arange(length) for length in size)
    down = (rows >= low[:, :1]) & (rows < high[:, :1])
    across = (columns >= low[:, 1:]) & (columns < high[:, 1:])
    return (down[:, :, None] & across[:, None, :])[..., None]


def _mixed_as_weighted(batch: Batch, key: Any, settings: Augmentation) -> Batch:
    """Mixed so that the loss is: crossentropy is linear in the labels, which count by their own image's weight."""
    images, labels, *others = batch
    if not others:
        return _mixed(batch, key, settings)
    images, weighted, weights = _mixed((images, labels * others[0][:, None], others[0]), key, settings)
    return images, weighted / jnp.where(weights > 0, weights, 1)[:, None], weights


def _mixed(batch: Batch, key: Any, settings: Augmentation) -> Batch:
    """Each image with its neighbour in the batch, the labels in the same shares. Batches are shuffled."""
    choice_key, mixup_key, cutmix_key = random.split(key, 3)
    if not settings.cutmix:
        return _mixup(batch, mixup_key, settings.mixup)
    if not settings.mixup:
        return _cutmix(batch, cutmix_key, settings.cutmix)
    mixed: Batch = lax.cond(
        random.bernoulli(choice_key),
        lambda batch: _mixup(batch, mixup_key, settings.mixup),
        lambda batch: _cutmix(batch, cutmix_key, settings.cutmix),
        batch,
    )
    return mixed


def _mixup(batch: Batch, key: Any, alpha: float) -> Batch:
    share = _shares(key, alpha, len(batch[0]))
    return tuple(_between(array, share) for array in batch)


def _shares(key: Any, alpha: float, count: int) -> Any:
    alpha = max(alpha, _LEAST_ALPHA)
    return random.beta(key, alpha, alpha, (count,))


def _cutmix(batch: Batch, key: Any, alpha: float) -> Batch:
    share_key, place_key = random.split(key)
    images, *others = batch
    count, height, width = images.shape[:3]
    side = jnp.sqrt(1 - _shares(share_key, alpha, count))
    inside = _rectangles(place_key, side[:, None] * jnp.array([height, width]), (height, width))
    kept = 1 - inside.mean((1, 2, 3))
    return jnp.where(inside, jnp.roll(images, 1, axis=0), images), *(_between(array, kept) for array in others)


def _between(array: Any, share: Any) -> Any:
    """`share` [n] of each entry, and the rest of the entry before it."""
    values = jnp.asarray(array, jnp.float32)
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    return share * values + (1 - share) * jnp.roll(values, 1, axis=0)
