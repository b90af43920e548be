"""The guide's script for ONNX Runtime gives what `predict` gives, for all that the guide says it serves."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

import tenfold
from tenfold.data.dataset import Dataset, Split
from tenfold.run.train import Run

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "predict.md"
TRANSPOSED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera that was held so stores an upright picture."""


def script() -> str:
    (found,) = re.findall(r"^```python\n(import io\n.*?^print\(answer\(.*?)^```$", PAGE.read_text("utf-8"), re.S | re.M)
    return found


def answers_of_the_script(run: Path, files: list[Path]) -> list[tuple[str | None, float]]:
    code = script().replace('"runs/digits/model.onnx"', repr(str(run / "model.onnx")))
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code.replace('"seven.png"', repr(str(files[0]))), names)
    return [names["answer"](file) for file in files]


def thing(random: np.random.Generator, kind: int, size: tuple[int, int]) -> Image.Image:
    """A disc, a square or a triangle, in some dark colour on light ground, somewhere in the picture."""
    height, width = size
    picture = Image.new("RGB", (width, height), tuple(int(value) for value in random.integers(215, 256, 3)))
    pen, colour = ImageDraw.Draw(picture), tuple(int(value) for value in random.integers(0, 120, 3))
    radius = int(random.uniform(0.2, 0.35) * min(size))
    x, y = (int(random.uniform(radius, side - radius)) for side in (width, height))
    box = (x - radius, y - radius, x + radius, y + radius)
    if kind == 0:
        pen.ellipse(box, fill=colour)
    elif kind == 1:
        pen.rectangle(box, fill=colour)
    else:
        pen.polygon([(x, y - radius), (x - radius, y + radius), (x + radius, y + radius)], fill=colour)
    return picture


def things(count: int, seed: int, channels: int) -> Split:
    random, labels = np.random.default_rng(seed), (np.arange(count) % 3).astype(np.int32)
    pictures = [thing(random, label, (20, 26)) for label in labels]
    mode = "L" if channels == 1 else "RGB"
    images = np.stack([np.asarray(picture.convert(mode)).reshape(20, 26, channels) for picture in pictures])
    return Split(images, labels)


def pictures_of_all_kinds(folder: Path) -> list[Path]:
    """Photos turned by the camera, palettes, transparency, grey, CMYK, negatives, many sizes and formats."""
    random, files = np.random.default_rng(7), []
    folder.mkdir()
    sizes = [(20, 26), (40, 52), (13, 17), (90, 26), (20, 80), (400, 200), (7, 60), (600, 270)]
    for number in range(80):
        picture, file = thing(random, number % 3, sizes[number % len(sizes)]), folder / f"{number}.png"
        kind = number // 8
        if kind == 1:
            picture = picture.quantize(32)
        elif kind == 2:
            picture.putalpha(Image.fromarray(random.integers(0, 256, picture.size[::-1], np.uint8)))
        elif kind == 3:
            turn, exif, file = (2, 3, 6, 8)[number % 4], Image.Exif(), folder / f"{number}.jpg"
            exif[0x0112] = turn
            picture.transpose(TRANSPOSED[turn]).save(file, exif=exif, quality=90)
        elif kind == 4:
            picture = picture.convert("L")
        elif kind == 5:
            picture, file = picture.convert("CMYK"), folder / f"{number}.jpg"
        elif kind == 6:
            picture = ImageOps.invert(picture)
        elif kind == 7:
            file = folder / f"{number}.webp"
        elif kind == 8:
            picture = picture.convert("LA") if number % 2 else picture.convert("1")
        elif kind == 9:  # Pillow turns the uncompressed ones of these while it reads them
            turn, exif, file = (3, 6, 8)[number % 3], Image.Exif(), folder / f"{number}.tiff"
            exif[0x0112] = turn
            compression = {"compression": "tiff_lzw"} if number % 2 else {}
            picture.transpose(TRANSPOSED[turn]).save(file, exif=exif, **compression)
        if kind not in (3, 9):
            picture.save(file)
        files.append(file)
    return files


def assert_same_answers(run: Run, files: list[Path]) -> None:
    found, expected = answers_of_the_script(run.path, files), tenfold.load_classifier(run.path).predict(files)
    assert [label for label, _ in found] == [one.label for one in expected]
    np.testing.assert_allclose([p for _, p in found], [one.probability for one in expected], rtol=0, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_things_of_all_kinds(channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = Dataset("things", things(600, 0, channels), things(60, 1, channels), ("disc", "square", "triangle"))
    run = tenfold.train(data, epochs=3, overrides=["training.validation_split=0.2"], verbose=0)
    files = pictures_of_all_kinds(tmp_path / "pictures")
    assert_same_answers(run, files)
    labels = {one.label for one in tenfold.load_classifier(run.path).predict(files)}
    assert {None, "disc", "square", "triangle"} >= labels and len(labels) > 2


def test_digits_in_mnists_form_and_their_negatives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mnist = tenfold.load_dataset("mnist")
    train, test = mnist.train.take(np.arange(3_000)), mnist.test.take(np.arange(60))
    run = tenfold.train(Dataset("mnist", train, test, mnist.class_names), verbose=0)
    files = []
    for number, image in enumerate(test.images[..., 0]):
        picture = Image.fromarray(255 - image if number % 2 else image)
        files.append(tmp_path / f"{number}.png")
        (picture.convert("RGB") if number % 3 else picture).save(files[-1])
    assert_same_answers(run, files)
