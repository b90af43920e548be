"""What cleaning a picture leaves undone, or does wrongly: ground, noise, stray strokes, outlines, wrong placement.

Training on these as well makes a network depend on the character rather than on its clean, black surroundings.
"""

from itertools import pairwise

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw
from scipy import ndimage

from tenfold.photo.page import Array, Values

_SMALLEST, _LARGEST = 0.6, 1.15
"""Sizes by what they were."""

_MOST_MOVED = 0.16
"""By the image's side."""

_GROUND_CELLS = 8
"""Bumps along a side of an uneven ground, at most."""


def spoil(image: Array, random: np.random.Generator) -> Array:
    """Show a character as it may look when its surroundings were not taken away.

    Args:
        image: uint8 [height, width], light ink on black ground.
        random: Draws which of the faults there are, and how bad they are.

    Returns:
        uint8 of the same shape.
    """
    ink: Values = np.asarray(image / 255, np.float32)
    if random.random() < 0.4:
        ink = _misplaced(ink, random)
    shapes = (_outlined, _smeared, _crossed, _partly_inverted)
    if random.random() < 0.6:
        ink = shapes[random.integers(len(shapes))](ink, random)
    if random.random() < 0.5:
        ink = _on_ground(ink, random)
    if random.random() < 0.5:
        ink = _noisy(ink, random)
    return np.rint(np.clip(ink, 0, 1) * 255).astype(np.uint8)


def _misplaced(ink: Values, random: np.random.Generator) -> Values:
    """Smaller or larger, and out of the centre."""
    centre = (np.array(ink.shape) - 1) / 2
    scale = 1 / random.uniform(_SMALLEST, _LARGEST)
    shift = random.uniform(-_MOST_MOVED, _MOST_MOVED, 2) * ink.shape
    matrix = scale * np.eye(2)
    return np.asarray(ndimage.affine_transform(ink, matrix, centre - matrix @ (centre + shift), order=1), np.float32)


def _outlined(ink: Values, random: np.random.Generator) -> Values:
    """Only the edges of strokes, as a threshold in a small neighbourhood leaves of a broad pen."""
    smooth = ndimage.gaussian_filter(ink, random.uniform(0.5, 1))
    edges = np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1))
    sharp = random.uniform(0.25, 0.6)
    return np.asarray(np.clip(edges / max(float(edges.max()), 0.1) - sharp, 0, 0.2) / 0.2, np.float32)


def _smeared(ink: Values, random: np.random.Generator) -> Values:
    """Moved while the picture was taken, along a line of up to a quarter of the image."""
    length, angle = random.uniform(1, ink.shape[0] / 4), random.uniform(0, np.pi)
    moves = np.linspace(-length / 2, length / 2, 9)
    moved = [ndimage.shift(ink, (move * np.sin(angle), move * np.cos(angle)), order=1) for move in moves]
    smeared = np.mean(moved, axis=0)
    return np.asarray(smeared / max(float(smeared.max()), 0.1), np.float32)


def _crossed(ink: Values, random: np.random.Generator) -> Values:
    """Stray strokes: a line from edge to edge, whole, broken or bent, as of ruled paper or a neighbour."""
    height, width = ink.shape
    page = PillowImage.new("L", (4 * width, 4 * height))
    across = np.linspace(0, 4 * width, int(random.integers(2, 14)))
    start, end = random.uniform(0, 4 * height, 2)
    along = np.linspace(start, end, len(across))
    along = along + random.uniform(0, 8) * random.choice([-1, 1], len(across))
    points = list(zip(across.tolist(), along.tolist(), strict=True))
    broken = random.random() < 0.4
    thick = int(random.integers(2, 10))
    for number, ends in enumerate(pairwise(points)):
        if not (broken and number % 2):
            ImageDraw.Draw(page).line([*ends[0], *ends[1]], fill=255, width=thick)
    if random.random() < 0.3:
        page = page.transpose(PillowImage.Transpose.ROTATE_90)
    line = np.asarray(page.resize((width, height), PillowImage.Resampling.BOX), np.float32) / 255
    return np.maximum(ink, np.float32(random.uniform(0.4, 1)) * line)


def _partly_inverted(ink: Values, random: np.random.Generator) -> Values:
    """Light and dark exchanged on one or both sides, as where a shadow's edge or the paper's was taken for ink."""
    inverted = ink.copy()
    for side in random.permutation(4)[: random.integers(1, 3)]:
        turned = np.rot90(inverted, side)  # a view: what is written there is written to the image
        depth = int(random.uniform(0.05, 0.35) * len(turned))
        turned[:depth] = 1 - turned[:depth]
    return inverted


def _on_ground(ink: Values, random: np.random.Generator) -> Values:
    """On ground that is not black: even, or in smooth patches."""
    cells = int(random.integers(1, _GROUND_CELLS + 1))
    patches = PillowImage.fromarray(random.random((cells, cells), dtype=np.float32))
    ground = np.asarray(patches.resize(ink.shape[::-1], PillowImage.Resampling.BICUBIC), np.float32)
    light = random.uniform(0.1, 1)
    if random.random() < 0.5:
        return np.clip(ink + light * ground, 0, 1)
    return np.asarray((ink + 2 * light * ground) / (1 + 2 * light), np.float32)


def _noisy(ink: Values, random: np.random.Generator) -> Values:
    """Grains, specks of ink and ground, holes, or few photons."""
    kind = random.integers(4)
    if kind == 0:
        return np.asarray(ink + random.normal(0, random.uniform(0.02, 0.3), ink.shape), np.float32)
    if kind == 1:
        noise, share = random.random(ink.shape), random.uniform(0, 0.2)
        return np.where(noise < share / 2, 0, np.where(noise > 1 - share / 2, 1, ink)).astype(np.float32)
    if kind == 2:
        blotches = ndimage.gaussian_filter(random.normal(0, 1, ink.shape), random.uniform(0.5, 1.5))
        holes = blotches > np.quantile(blotches, random.uniform(0.7, 1))
        return np.where(holes, random.uniform(0, 0.5), ink).astype(np.float32)
    photons = random.uniform(3, 40)
    return np.asarray(random.poisson(np.clip(ink, 0, 1) * photons) / photons, np.float32)
