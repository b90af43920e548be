import csv
import gzip
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tenfold.data.catalog import CATALOG, load_catalog_entry
from tenfold.data.dataset import Dataset

LETTERS = "ABCDE"
IMAGES_OF_EACH = 40


def draw_letter(letter: str, generator: np.random.Generator) -> Image.Image:
    """Dark ink on light ground, somewhat turned, moved and noisy; no two are equal."""
    page = Image.new("L", (32, 32), 255)
    place = 16 + generator.integers(-3, 4), 16 + generator.integers(-3, 4)
    font = ImageFont.load_default(size=int(generator.integers(18, 27)))
    ImageDraw.Draw(page).text(place, letter, fill=0, font=font, anchor="mm")
    turned = np.asarray(page.rotate(float(generator.uniform(-15, 15)), fillcolor=255), np.int16)
    return Image.fromarray(np.clip(turned + generator.integers(-20, 21, turned.shape), 0, 255).astype(np.uint8))


def write_letters(folder: Path, count: int, seed: int) -> list[tuple[str, Path]]:
    generator, written = np.random.default_rng(seed), []
    for letter in LETTERS:
        (folder / letter).mkdir(parents=True)
        for number in range(count):
            path = folder / letter / f"{number}.png"
            draw_letter(letter, generator).save(path)
            written.append((letter, path))
    return written


def write_tables(folder: Path, letters: list[tuple[str, Path]]) -> None:
    with (folder / "files.csv").open("w", newline="") as file:
        rows = [(path.relative_to(folder).as_posix(), letter) for letter, path in letters]
        csv.writer(file).writerows([("file", "label"), *rows])
    pixels = [np.asarray(Image.open(path)) for _, path in letters]
    with (folder / "pixels.csv").open("w", newline="") as file:
        header = ("label", *(f"pixel{number}" for number in range(32 * 32)))
        rows = [(letter, *image.ravel()) for (letter, _), image in zip(letters, pixels, strict=True)]
        csv.writer(file).writerows([header, *rows])


def write_idx(folder: Path, dataset: Dataset) -> None:
    folder.mkdir()
    for part, split, count in (("train", dataset.train, 500), ("t10k", dataset.test, 100)):
        images = struct.pack(">4I", 2051, count, 28, 28) + split.images[:count].tobytes()
        labels = struct.pack(">2I", 2049, count) + split.labels[:count].astype(np.uint8).tobytes()
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))


def photograph_row(dataset: Dataset) -> Image.Image:
    """The digits 2457 of the test set, dark on a sheet with a shadow across it."""
    first = [int(np.flatnonzero(dataset.test.labels == digit)[0]) for digit in (2, 4, 5, 7)]
    ink = np.concatenate([dataset.test.images[index, ..., 0] for index in first], axis=1)
    page = np.full((640, 1000), 225, np.float32)
    page[180:460, 0:1000] -= np.asarray(Image.fromarray(ink).resize((1000, 280)), np.float32) * 0.7
    shadow = np.interp(np.arange(1000), (380, 480), (1, 0.6))
    return Image.fromarray(np.uint8(page * shadow + np.random.default_rng(3).normal(0, 3, page.shape)))


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """A folder with everything that the pages say their reader has."""
    folder = tmp_path / "reader"
    write_tables(folder, write_letters(folder / "letters", IMAGES_OF_EACH, seed=0))
    write_letters(folder / "split" / "train", IMAGES_OF_EACH, seed=0)
    write_letters(folder / "split" / "test", 10, seed=1)
    draw_letter("B", np.random.default_rng(2)).resize((64, 48)).convert("RGB").save(folder / "new.jpg")

    mnist = load_catalog_entry(CATALOG["mnist"])
    write_idx(folder / "idx", mnist)
    Image.fromarray(mnist.test.images[0, :, :, 0]).save(folder / "seven.png")
    photograph_row(mnist).save(folder / "row.jpg")
    (folder / "scans").mkdir()
    for number, image in enumerate(mnist.test.images[1:6, :, :, 0]):
        Image.fromarray(image).save(folder / "scans" / f"{number}.png")
    return folder


@pytest.fixture
def activated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of someone who has activated the virtual environment; nothing asks for a Keras backend."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TENFOLD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
