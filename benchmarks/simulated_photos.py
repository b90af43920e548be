"""Photos of handwriting that never were: MNIST's test digits in ink on paper, as a phone would see them.

Everything is drawn from one seed: the digits, the ink's colour and width, the paper's tone, texture and lines, light
and shadow, the camera's angle, blur, noise and JPEG's losses.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage
from scipy import ndimage

Array = np.ndarray

INKS = {
    "black": (25, 25, 30),
    "blue": (30, 50, 150),
    "red": (180, 35, 40),
    "green": (20, 110, 60),
    "pencil": (95, 95, 100),
    "violet": (110, 50, 140),
}
PAPERS = ("blank", "blank", "ruled", "squared")
APART, TOUCHING = (0.1, 0.5), (-0.15, 0.1)
"""Least and largest gap between neighbours, in heights of the digits."""


@dataclass(frozen=True)
class Photo:
    """A simulated photo and what is written on it."""

    picture: PillowImage.Image
    text: str
    kind: str


def simulate(
    images: Array, labels: Array, count: int, random: np.random.Generator, gaps: tuple[float, float] = APART
) -> Photo:
    """Write `count` of the images in a row on a sheet, and take a photo of it.

    Args:
        images: uint8 [n, 28, 28], light digits on dark ground.
        labels: Their digits.
        count: How many stand in the row.
        random: Where every choice comes from.
        gaps: Between which limits the gaps lie.
    """
    height = int(random.integers(48, 170))
    chosen = random.integers(0, len(images), count)
    strength = random.uniform(0.3, 0.6)
    slant = random.uniform(-0.15, 0.15)
    inks = [_sharp(images[index], height, strength, slant, random) for index in chosen]
    ink = _row(inks, height, gaps, random)
    name = str(random.choice(list(INKS)))
    paper = str(random.choice(PAPERS))
    sheet = _sheet(ink.shape, paper, height, random)
    sheet = _write(sheet, ink, name, random)
    sheet = _shoot(sheet, random)
    text = "".join(str(labels[index]) for index in chosen)
    return Photo(_jpeg(sheet, random), text, f"{name} on {paper}")


def _sharp(image: Array, height: int, level: float, slant: float, random: np.random.Generator) -> Array:
    """A digit enlarged until its 28 pixels cannot be seen, with sharp edges; the level makes it thicker or thinner."""
    size = round(height * 28 / 20)
    large = np.asarray(PillowImage.fromarray(image).resize((size, size), PillowImage.Resampling.BICUBIC), np.float32)
    large = ndimage.gaussian_filter(large / 255, size / 28 * 0.5)
    matrix = np.array([[1, 0], [slant, 1]])
    centre = np.array([size / 2, size / 2])
    large = ndimage.affine_transform(large, matrix, centre - matrix @ centre, order=1)
    ink = np.clip((large - level) * size / 28 * 1.5 + 0.5, 0, 1)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] * random.uniform(0.8, 1)


def _row(inks: list[Array], height: int, limits: tuple[float, float], random: np.random.Generator) -> Array:
    """Digits side by side, not quite level, with a margin around them."""
    gaps = random.uniform(*limits, len(inks)) * height
    margin = random.uniform(0.3, 1.5, 4) * height
    width = int(sum(ink.shape[1] for ink in inks) + gaps.sum() + margin[0] + margin[1])
    page = np.zeros((int(1.3 * height + margin[2] + margin[3]), width), np.float32)
    left = margin[0]
    for ink, gap in zip(inks, gaps, strict=True):
        top = int(margin[2] + (height - ink.shape[0]) / 2 + random.uniform(0, 0.2) * height)
        place = page[top : top + ink.shape[0], int(left) : int(left) + ink.shape[1]]
        np.maximum(place, ink[: place.shape[0], : place.shape[1]], out=place)
        left += ink.shape[1] + gap
    return page


def _sheet(shape: tuple[int, ...], paper: str, height: int, random: np.random.Generator) -> Array:
    """Paper without light: its tone, its fibres and clouds, and printed lines; 0…1."""
    tone = random.uniform(0.86, 1, 3) * random.uniform(0.9, 1)
    texture = ndimage.gaussian_filter(random.normal(0, 1, shape), 0.8) * random.uniform(0, 0.03)
    clouds = ndimage.gaussian_filter(random.normal(0, 1, shape), height / 6) * height / 6 * random.uniform(0, 0.05)
    sheet = (tone + texture[..., np.newaxis] + clouds[..., np.newaxis]).astype(np.float32)
    if paper == "blank":
        return sheet
    colour = np.array([(0.55, 0.65, 0.85), (0.6, 0.6, 0.62), (0.85, 0.6, 0.6)][random.integers(3)]) * tone
    step = height * (random.uniform(1.1, 1.8) if paper == "ruled" else random.uniform(0.3, 0.7))
    thick = max(1.0, height * random.uniform(0.012, 0.03))
    for axis in (0, 1) if paper == "squared" else (0,):
        places = np.arange(shape[axis])
        distance = np.abs((places - random.uniform(0, step) + step / 2) % step - step / 2)
        line = np.clip(thick / 2 - distance + 0.5, 0, 1) * random.uniform(0.4, 0.9)
        line = line[:, np.newaxis, np.newaxis] if axis == 0 else line[np.newaxis, :, np.newaxis]
        sheet = sheet * (1 - line) + colour * line
    return sheet


def _write(sheet: Array, ink: Array, name: str, random: np.random.Generator) -> Array:
    colour = np.array(INKS[name]) / 255
    cover = ink[..., np.newaxis] * random.uniform(0.75, 1)
    if name == "pencil":  # graphite leaves the paper's hollows white
        cover = cover * np.clip(0.8 + random.normal(0, 0.25, (*ink.shape, 1)), 0, 1)
    return sheet * (1 - cover) + colour * cover


def _shoot(sheet: Array, random: np.random.Generator) -> Array:
    """The camera's view: perspective, light from one side, perhaps a shadow's edge, blur and noise."""
    height, width = sheet.shape[:2]
    picture = PillowImage.fromarray(np.uint8(np.clip(sheet, 0, 1) * 255))
    shift = random.uniform(0, 0.05, (4, 2)) * min(height, width) + 1
    corners = np.array([(0, 0), (0, height), (width, height), (width, 0)], np.float64)
    inwards = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)])
    quad = tuple((corners + shift * inwards).ravel())
    picture = picture.transform((width, height), PillowImage.Transform.QUAD, quad, PillowImage.Resampling.BICUBIC)
    picture = picture.rotate(float(random.uniform(-4, 4)), PillowImage.Resampling.BICUBIC, fillcolor=_mean(picture))
    values = np.asarray(picture, np.float32) / 255
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle, slope = random.uniform(0, 2 * np.pi), random.uniform(0, 0.35)
    light = 1 - slope * (np.cos(angle) * columns + np.sin(angle) * rows + 1.4) / 2.8
    if random.random() < 0.35:
        turn, place = random.uniform(0, 2 * np.pi), random.uniform(-0.5, 0.5)
        edge = (np.cos(turn) * columns + np.sin(turn) * rows - place) / random.uniform(0.05, 0.5)
        light = light * (1 - random.uniform(0.15, 0.5) / (1 + np.exp(np.clip(-4 * edge, -50, 50))))
    values = values * light[..., np.newaxis].astype(np.float32) * random.uniform(0.75, 1.05)
    values = ndimage.gaussian_filter(values, (blur := random.uniform(0.3, 1.6), blur, 0))
    return np.clip(values + random.normal(0, random.uniform(0.003, 0.03), values.shape), 0, 1)


def _mean(picture: PillowImage.Image) -> tuple[int, ...]:
    return tuple(int(np.median(np.asarray(picture)[..., channel])) for channel in range(3))


def _jpeg(values: Array, random: np.random.Generator) -> PillowImage.Image:
    picture = PillowImage.fromarray(np.uint8(np.rint(values * 255)))
    scale = float(random.choice([0.6, 1, 1, 1.7]))
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=int(random.integers(45, 95)))
    return PillowImage.open(io.BytesIO(content.getvalue())).convert("RGB")
