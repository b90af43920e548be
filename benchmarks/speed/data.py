"""The images that all contestants train on, as .npz files made from the data sets that come with Tenfold."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from tenfold.data.dataset import Split
from tenfold.data.load import load_dataset
from tenfold.files import atomic_path

IMAGE_SHAPES = {"mnist": (28, 28, 1), "fashion-mnist": (28, 28, 1), "colour-32": (32, 32, 3), "grey-64": (64, 64, 1)}
"""Height, width and channels. The last two are Fashion-MNIST's pictures, enlarged; one also tinted."""

_SOURCES = {"colour-32": "fashion-mnist", "grey-64": "fashion-mnist"}
_SHIFTS = ((0, 0), (1, 0), (0, 1), (1, 1))


@cache
def training_count(name: str) -> int:
    """How many different training images there are."""
    return len(load_dataset(_SOURCES.get(name, name)).train)


def data_file(name: str, images: int, folder: Path) -> Path:
    """The file with this many training images and all test images, made if it is not there.

    Args:
        name: One of `IMAGE_SHAPES`.
        images: How many training images; beyond those that exist, copies shifted by a pixel.
        folder: Where files are kept between runs.

    Returns:
        An uncompressed .npz with x_train, y_train, x_test, y_test: uint8 [n, height, width, channels], int32 [n].
    """
    path = folder / f"{name}-{images}.npz"
    if path.exists():
        return path
    dataset = load_dataset(_SOURCES.get(name, name))
    train, test = grown(dataset.train, images), dataset.test
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        np.savez(
            temporary,
            x_train=_in_shape(train.images, name),
            y_train=train.labels,
            x_test=_in_shape(test.images, name),
            y_test=test.labels,
        )
    return path


def grown(split: Split, count: int) -> Split:
    """The first `count` images; when there are too few, followed by copies shifted by a pixel."""
    copies = -(-count // len(split))
    if copies > len(_SHIFTS):
        raise ValueError(f"{count:,} images are more than {len(_SHIFTS)} times {len(split):,}")
    images = [np.roll(split.images, shift, axis=(1, 2)) for shift in _SHIFTS[:copies]]
    return Split(np.concatenate(images)[:count], np.tile(split.labels, copies)[:count])


def _in_shape(images: np.ndarray, name: str) -> np.ndarray:
    height, width, channels = IMAGE_SHAPES[name]
    if images.shape[1:3] != (height, width):
        enlarged = [
            Image.fromarray(image[..., 0]).resize((width, height), Image.Resampling.BILINEAR) for image in images
        ]
        images = np.stack([np.asarray(image) for image in enlarged])[..., np.newaxis]
    return tinted(images) if channels == 3 else images


def tinted(images: np.ndarray) -> np.ndarray:
    """Grey images in random colours on random backgrounds: uint8 [n, h, w, 1] → uint8 [n, h, w, 3]."""
    dark, light = np.random.default_rng(0).integers((0, 128), (128, 256), (3, len(images), 2)).T
    shades = images.astype(np.float32) / 255
    background, ink = (colours.astype(np.float32)[:, None, None, :] for colours in (dark, light))
    return np.round(background + shades * (ink - background)).astype(np.uint8)
