"""One picture in every usual encoding gives one answer."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

import tenfold
from tenfold.photo.reader import Reader


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """A digit of MNIST, four times as large, with few greys, so that a palette holds them all."""
    digit = Image.fromarray(tenfold.load_dataset("mnist").test.images[0, ..., 0])
    return digit.resize((112, 112), Image.Resampling.BICUBIC).point(lambda grey: grey // 16 * 17)


def saved(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **settings)
    return content.getvalue()


def sixteen_bits(image: Image.Image) -> bytes:
    return saved(Image.fromarray(np.asarray(image).astype(np.uint16) * 257))


def turned(image: Image.Image, orientation: int) -> bytes:
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image.transpose(turn[orientation]), "JPEG", quality=95, exif=exif)


ENCODINGS: dict[str, Callable[[Image.Image], bytes]] = {
    "L": lambda image: saved(image),
    "LA": lambda image: saved(image.convert("LA")),
    "RGB": lambda image: saved(image.convert("RGB")),
    "RGBA": lambda image: saved(image.convert("RGBA")),
    "P": lambda image: saved(image.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE)),
    "1": lambda image: saved(image.point(lambda grey: 255 * (grey > 127)).convert("1")),
    "I;16": sixteen_bits,
    "CMYK": lambda image: saved(image.convert("RGB").convert("CMYK"), "TIFF"),
    "WebP": lambda image: saved(image, "WEBP", quality=90),
    "GIF": lambda image: saved(image, "GIF"),
    "BMP": lambda image: saved(image, "BMP"),
    "EXIF 3": lambda image: turned(image, 3),
    "EXIF 6": lambda image: turned(image, 6),
    "EXIF 8": lambda image: turned(image, 8),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_same_label_and_probabilities(encoding: str, reader: Reader, picture: Image.Image):
    expected, found = reader.predict(picture), reader.predict(ENCODINGS[encoding](picture))
    assert found.label == expected.label == "7"
    others = dict(found.top)
    for name, probability in expected.top:
        assert others.get(name, 0.0) == pytest.approx(probability, abs=0.02)
