from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Draw = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("TENFOLD_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def draw() -> Draw:
    """Write a picture file of random pixels (grey, or colour), the same ones for the same seed."""

    def write(path: Path, size: tuple[int, int] = (8, 8), colour: bool = False, seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (*size, 3) if colour else size
        pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def class_folders(tmp_path, draw) -> Path:
    """Two classes, "2" and "10", with five grey 8×8 pictures each."""
    root = tmp_path / "letters"
    for number, name in enumerate(("10", "2")):
        for i in range(5):
            draw(root / name / f"{i}.png", seed=10 * number + i)
    return root
