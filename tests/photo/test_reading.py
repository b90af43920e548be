import subprocess
import sys
from dataclasses import replace
from math import prod

import numpy as np
import pytest
from PIL import Image, ImageOps

import tenfold
from tenfold.classifier.classifier import Classifier
from tenfold.data.image_file import resize_image
from tenfold.errors import ImageError
from tenfold.photo.reader import Reader


def test_images_of_mnist_pass_unchanged(reader, mnist_images):
    readings = reader.read_pictures([Image.fromarray(image) for image in mnist_images])
    raw = reader.classifier.predict_prepared(mnist_images[..., np.newaxis])
    assert [reading.text for reading in readings] == [one.label or "?" for one in raw]
    assert not any(reading.notes for reading in readings)


def test_small_drawings_are_fitted(reader, mnist_images):
    small = [Image.fromarray(image[4:24, 4:24]).resize((13, 13), Image.Resampling.BOX) for image in mnist_images[:40]]
    pages = [Image.new("L", (28, 28), "white") for _ in small]
    for page, digit in zip(pages, small, strict=True):
        page.paste(ImageOps.invert(digit), (2, 13))
    readings = reader.read_pictures(pages)
    expected = [one.label for one in reader.predict(mnist_images[:40])]
    assert sum(reading.text == label for reading, label in zip(readings, expected, strict=True)) >= 38
    assert any("not of MNIST's size or place: fitted" in reading.notes for reading in readings)


def test_network_sized_pictures_need_no_image_library():
    script = (
        "import sys, numpy, tenfold; from PIL import Image\n"
        "from tenfold.classifier.classifier import default_model_path\n"
        "classifier = tenfold.load_classifier(default_model_path())\n"
        "image = tenfold.load_dataset('mnist').test.images[0, ..., 0]\n"
        "tenfold.read_picture(classifier, Image.fromarray(image))\n"
        "print({'scipy', 'skimage', 'keras', 'jax'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


@pytest.mark.parametrize("text", ["5", "2457", "75\n42"])
@pytest.mark.parametrize("pen", [6, 24])
def test_written_digits_are_read(reader, written, photographed, text, pen):
    page = written(text, pen)
    for picture in (page, ImageOps.invert(page), photographed(page), photographed(page.convert("RGB"))):
        reading = tenfold.read_picture(reader, picture)
        assert reading.text == text
        assert [one.label for one in reading.characters] == list(text.replace("\n", ""))
        assert reading.probability == prod(one.probability for one in reading.characters)


def test_an_ink_on_transparent_ground(reader, written):
    ink = Image.new("RGBA", (560, 280), (20, 40, 160, 0))
    ink.putalpha(ImageOps.invert(written("42")))
    assert tenfold.read_picture(reader, ink).text == "42"


def test_turned_by_its_exif_entry(reader, written, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    written("42").rotate(90, expand=True).save(tmp_path / "turned.jpg", exif=exif)
    assert tenfold.read_picture(reader, tmp_path / "turned.jpg").text == "42"


def test_light_ink_on_transparent_ground(reader, written):
    ink = Image.new("RGBA", (560, 280), (255, 255, 255, 0))
    ink.putalpha(ImageOps.invert(written("42")))
    assert tenfold.read_picture(reader, ink).text == "42"


def test_a_sheet_on_a_dark_table(reader, written, photographed):
    table = Image.new("L", (760, 480), 50)
    table.paste(photographed(written("42")), (90, 110))
    assert tenfold.read_picture(reader, table).text == "42"


def test_a_small_digit_on_a_large_unevenly_lit_sheet(reader, written):
    sheet = np.full((900, 1200), 235.0)
    sheet[80:150, 1000:1070] -= 200 * (np.asarray(written("2").resize((70, 70))) < 128)
    lit = sheet * np.linspace(1, 0.6, 1200)
    assert tenfold.read_picture(reader, Image.fromarray(np.uint8(lit))).text == "2"


@pytest.mark.parametrize("light", [np.linspace(1, 0.6, 400), 0.75 + 0.25 * np.tanh(np.linspace(-6, 6, 400))])
def test_a_blank_sheet_under_uneven_light_is_no_text(reader, light):
    noise = np.random.default_rng(0).normal(0, 2, (300, 400))
    sheet = Image.fromarray(np.uint8(235 * light + noise))
    reading = tenfold.read_picture(reader, sheet)
    assert (reading.text, reading.notes) == ("", ("nothing found",))


def test_a_page_full_of_marks_is_not_read(reader):
    dots = np.full((1200, 1200), 255, np.uint8)
    dots[20::24, 20::24] = dots[21::24, 20::24] = dots[20::24, 21::24] = dots[21::24, 21::24] = 0
    reading = tenfold.read_picture(reader, Image.fromarray(dots))
    assert reading.notes == ("2,500 marks: too many for rows of characters",)


def test_lines_close_to_one_another_stay_apart(reader, written):
    page = Image.new("L", (900, 560), "white")
    for row, text in enumerate(("57245", "24572", "45724")):
        page.paste(written(text).crop((0, 40, 1400, 250)).resize((900, 135)), (0, 20 + 140 * row))
    assert tenfold.read_picture(reader, page).text == "57245\n24572\n45724"


def test_nothing_is_no_text(reader):
    reading = tenfold.read_picture(reader, Image.new("L", (300, 200), 255))
    assert (reading.text, reading.characters, reading.probability) == ("", (), None)


THINGS = tuple(f"thing {number}" for number in range(10))


@pytest.mark.parametrize("other", [{"class_names": THINGS}, {"polarity": "none"}])
def test_other_models_get_the_whole_picture(classifier, written, other):
    metadata = replace(classifier.metadata, **other)
    same_network = Reader(Classifier(classifier._session, metadata, classifier.source))
    assert Reader(classifier).reads_handwriting
    assert not same_network.reads_handwriting
    reading = tenfold.read_picture(same_network, written("2457"))
    expected = classifier.predict_prepared(whole(written("2457"), metadata.polarity))[0].probability
    assert len(reading.characters) == 1
    assert reading.probability == pytest.approx(expected, abs=1e-6)


def whole(picture: Image.Image, polarity: str) -> np.ndarray:
    image = resize_image(picture, (28, 28), 1)[np.newaxis]
    return 255 - image if polarity == "light-on-dark" else image


@pytest.mark.parametrize("picture", [None, [1, 2], np.zeros((30, 30), np.uint8), Image.new("L", (0, 4))])
def test_what_is_no_picture_is_named(reader, picture):
    with pytest.raises(ImageError, match="expected (a path|at least one)"):
        tenfold.read_picture(reader, picture)


def test_pictures_that_cannot_be_read(reader, tmp_path):
    with pytest.raises(ImageError, match="gone.png"):
        tenfold.read_picture(reader, tmp_path / "gone.png")
