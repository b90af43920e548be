from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tenfold.classifier.classifier import Classifier, default_model_path, load_onnx
from tenfold.data.load import load_dataset
from tenfold.photo.reader import Reader

Strokes = Sequence[Sequence[tuple[int, int]]]

DIGITS: dict[str, Strokes] = {
    "1": [[(140, 50), (140, 230)]],
    "2": [[(80, 90), (110, 55), (160, 55), (180, 95), (150, 150), (80, 220), (200, 220)]],
    "4": [[(170, 50), (80, 160), (210, 160)], [(165, 110), (165, 240)]],
    "5": [[(180, 60), (100, 60), (95, 130), (150, 120), (190, 160), (170, 210), (90, 220)]],
    "7": [[(90, 60), (190, 60), (120, 220)]],
}
"""Pen strokes of digits in a field of 280×280."""


def _write(
    page: Image.Image, strokes: Strokes, left: float = 0, top: float = 0, scale: float = 1, pen: int = 18
) -> None:
    """Draw strokes with a round pen, dark on whatever the page is."""
    drawing = ImageDraw.Draw(page)
    for stroke in strokes:
        points = [(left + x * scale, top + y * scale) for x, y in stroke]
        drawing.line(points, "black", pen, joint="curve")
        for x, y in points:
            drawing.ellipse((x - pen // 2, y - pen // 2, x + pen // 2, y + pen // 2), "black")


def _written(text: str, pen: int = 18) -> Image.Image:
    """A clean drawing of the text, a line for each of its lines; each digit has a field of 280×280."""
    lines = text.split("\n")
    page = Image.new("L", (280 * max(map(len, lines)), 280 * len(lines)), "white")
    for row, line in enumerate(lines):
        for column, digit in enumerate(line):
            _write(page, DIGITS[digit], 280 * column, 280 * row, pen=pen)
    return page


def _photographed(page: Image.Image, seed: int = 0) -> Image.Image:
    """The page under light from the left, with the paper's noise."""
    values = np.asarray(page, np.float32)
    light = np.linspace(0.85, 0.5, values.shape[1], dtype=np.float32)
    if values.ndim == 3:
        light = light[:, np.newaxis]
    noise = np.random.default_rng(seed).normal(0, 4, values.shape)
    return Image.fromarray(np.uint8(np.clip((values * 0.8 + 40) * light + noise, 0, 255)))


@pytest.fixture
def written() -> Callable[..., Image.Image]:
    return _written


@pytest.fixture
def photographed() -> Callable[..., Image.Image]:
    return _photographed


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The network inside the package."""
    return load_onnx(default_model_path())


@pytest.fixture(scope="session")
def reader(classifier: Classifier) -> Reader:
    """The same, with what turns pictures into its images."""
    return Reader(classifier)


@pytest.fixture(scope="session")
def mnist_images() -> np.ndarray:
    """MNIST's first 300 test images: uint8 [300, 28, 28]."""
    return load_dataset("mnist").test.images[:300, ..., 0]
