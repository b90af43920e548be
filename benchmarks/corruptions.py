"""Fifteen ways in which a digit's image may be corrupted, after the list of MNIST-C.

Written anew from the published list and its strengths (Mu, Gilmer: MNIST-C: A Robustness Benchmark for Computer Vision,
arXiv 1906.02337). Each takes float64 [n, 28, 28] from 0 to 1 and a random generator, and returns the same shape;
values beyond 0…1 are cut off by `corrupt`. Where the published one draws only a direction, so does ours.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage
from skimage.feature import canny

Array = np.ndarray[Any, np.dtype[Any]]
Random = np.random.Generator

SIDE = 28


def corrupt(images: Array, name: str, seed: int) -> Array:
    """uint8 [n, 28, 28, 1], corrupted: uint8 of the same shape."""
    corrupted = CORRUPTIONS[name](images[..., 0] / 255, np.random.default_rng(seed))
    return np.rint(np.clip(corrupted, 0, 1) * 255).astype(np.uint8)[..., np.newaxis]


def shot_noise(x: Array, random: Random) -> Array:
    """Three photons for white."""
    return random.poisson(x * 3) / 3


def impulse_noise(x: Array, random: Random) -> Array:
    """17 % of the pixels are black or white."""
    noise = random.random(x.shape)
    return np.where(noise < 0.085, 0, np.where(noise > 1 - 0.085, 1, x))


def glass_blur(x: Array, random: Random) -> Array:
    """Blur, each pixel twice exchanged with a neighbour or not, blur."""
    blurred = ndimage.gaussian_filter(x, (0, 0.7, 0.7))
    every = np.arange(len(x))
    for _ in range(2):
        for row in range(SIDE - 1, 1, -1):
            for column in range(SIDE - 1, 1, -1):
                there = row + random.integers(-1, 1, len(x)), column + random.integers(-1, 1, len(x))
                chosen = every[random.random(len(x)) < 0.5]
                rows, columns = there[0][chosen], there[1][chosen]
                here = blurred[chosen, row, column]
                blurred[chosen, row, column] = blurred[chosen, rows, columns]
                blurred[chosen, rows, columns] = here
    return ndimage.gaussian_filter(blurred, (0, 0.7, 0.7))


def motion_blur(x: Array, random: Random) -> Array:
    """One-sided Gaussian of standard deviation 3 along a direction of -45 to 45 degrees."""
    weights = np.exp(-(np.arange(11) ** 2) / 18)
    blurred = np.empty_like(x)
    for number, angle in enumerate(random.uniform(-np.pi / 4, np.pi / 4, len(x))):
        direction = np.array([np.sin(angle), np.cos(angle)])
        moved = [ndimage.shift(x[number], step * direction, order=1) for step in range(len(weights))]
        blurred[number] = np.tensordot(weights / weights.sum(), moved, 1)
    return blurred


def shear(x: Array, random: Random) -> Array:
    """Columns lean by 0.4 radians to either side."""
    return _mapped(x, [np.array([[np.cos(0.4), 0], [-way * np.sin(0.4), 1]]) for way in _ways(x, random)])


def scale(x: Array, random: Random) -> Array:
    """Smaller: 0.7 of the size."""
    return _mapped(x, [np.eye(2) / 0.7] * len(x))


def rotate(x: Array, random: Random) -> Array:
    """By 0.4 radians to either side."""
    sine, cosine = np.sin(0.4), np.cos(0.4)
    return _mapped(x, [np.array([[cosine, way * sine], [-way * sine, cosine]]) for way in _ways(x, random)])


def brightness(x: Array, random: Random) -> Array:
    """Half of the range added to every pixel."""
    return x + 0.5


def translate(x: Array, random: Random) -> Array:
    """Three pixels to either side, and up or down."""
    moves = 3 * random.choice([-1, 1], (len(x), 2))
    return np.stack([ndimage.shift(one, move, order=0) for one, move in zip(x, moves, strict=True)])


def stripe(x: Array, random: Random) -> Array:
    """Black and white exchanged in the left and the right quarter."""
    inverted = x.copy()
    inverted[:, :, :7], inverted[:, :, 21:] = 1 - x[:, :, :7], 1 - x[:, :, 21:]
    return inverted


def fog(x: Array, random: Random) -> Array:
    """Three times a fractal cloud added, brought back to the range."""
    most = x.max(axis=(1, 2), keepdims=True)
    return (x + 3 * _clouds(len(x), random)) * most / (most + 3)


def spatter(x: Array, random: Random) -> Array:
    """Drops of dark grey mud."""
    liquid = ndimage.gaussian_filter(random.normal(0.65, 0.3, x.shape), (0, 1, 1))
    mud = ndimage.gaussian_filter((liquid > 0.65).astype(float), (0, 1.5, 1.5))
    mud[mud < 0.8] = 0
    return x * (1 - mud) + 63 / 255 * mud


def dotted_line(x: Array, random: Random) -> Array:
    """A line of dots two pixels long from the left edge to the right."""
    lines = np.stack([_line(0, start, 27, end) for start, end in random.integers(0, 27, (len(x), 2))])
    return x + lines * (np.arange(SIDE) // 2 % 2)


def zigzag(x: Array, random: Random) -> Array:
    """A zigzag of strokes from column 2 to column 25."""
    drawn = x.copy()
    for number in range(len(x)):
        start, slope = random.integers(0, 27), random.integers(-5, 5) / 23
        along, across = np.arange(0, 24, 2), 2 * np.array([0, 1, 0, -1] * 3)
        angle = np.arctan(slope)
        columns = 2 + along * np.cos(angle) - across * np.sin(angle)
        rows = start + along * np.sin(angle) + across * np.cos(angle)
        for end in range(2, len(along), 2):  # from peak to peak, as the published one does
            drawn[number] += _line(columns[end - 1], rows[end - 1], columns[min(end + 1, 11)], rows[min(end + 1, 11)])
    return drawn


def canny_edges(x: Array, random: Random) -> Array:
    """Nothing but the edges that Canny's detector finds."""
    return np.stack([canny(one) for one in x]).astype(float)


def _ways(x: Array, random: Random) -> Array:
    return random.choice([-1, 1], len(x))


def _mapped(x: Array, matrices: list[Array]) -> Array:
    """Each image's points, relative to its centre, taken from where its matrix leads: rows, columns."""
    centre = np.full(2, (SIDE - 1) / 2)
    return np.stack(
        [
            ndimage.affine_transform(one, matrix, centre - matrix @ centre, order=1)
            for one, matrix in zip(x, matrices, strict=True)
        ]
    )


def _clouds(count: int, random: Random) -> Array:
    """[count, 28, 28] from 0 to 1: smooth noise of cells of 32 to 1 pixels, each finer one 1.4 times weaker."""
    clouds = np.zeros((count, SIDE, SIDE))
    for octave, cell in enumerate((32, 16, 8, 4, 2, 1)):
        cells = SIDE // cell + 2
        coarse = random.uniform(-1, 1, (count, cells, cells))
        clouds += ndimage.zoom(coarse, (1, cell, cell), order=1)[:, :SIDE, :SIDE] / 1.4**octave
    clouds -= clouds.min(axis=(1, 2), keepdims=True)
    return clouds / clouds.max(axis=(1, 2), keepdims=True)


def _line(from_column: float, from_row: float, to_column: float, to_row: float) -> Array:
    """A soft stroke: brightness 1 + log(1 - d / 2.3) at vertical distance d from the line."""
    first, last = sorted([(from_column, from_row), (to_column, to_row)])
    slope = (last[1] - first[1]) / max(last[0] - first[0], 1e-6)
    columns, rows = np.arange(SIDE), np.arange(SIDE)[:, np.newaxis]
    distance = np.minimum(np.abs(rows - first[1] - slope * (columns - first[0])), 2.3 - 1e-10)
    stroke = np.clip(np.log(1 - distance / 2.3) + 1, 0, 1)
    return stroke * ((columns >= np.floor(first[0])) & (columns < np.ceil(last[0])))


CORRUPTIONS: dict[str, Callable[[Array, Random], Array]] = {
    function.__name__: function
    for function in (
        shot_noise,
        impulse_noise,
        glass_blur,
        motion_blur,
        shear,
        scale,
        rotate,
        brightness,
        translate,
        stripe,
        fog,
        spatter,
        dotted_line,
        zigzag,
        canny_edges,
    )
}
