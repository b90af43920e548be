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
from tenfold.photo.read import read_pictures, reads_handwriting


def test_images_of_mnist_pass_unchanged(classifier, test_images):
    readings = read_pictures(classifier, [Image.fromarray(image) for image in test_images])
    assert [reading.text for reading in readings] == [one.label or "?" for one in classifier.predict(test_images)]
    assert not any(reading.notes for reading in readings)


def test_network_sized_pictures_need_no_image_library():
    script = (
        "import sys, numpy, tenfold; from PIL import Image\n"
        "from tenfold.classifier.classifier import default_model_path\n"
        "classifier = tenfold.load_classifier(default_model_path())\n"
        "tenfold.read_picture(classifier, Image.new('L', (28, 28)))\n"
        "print({'scipy', 'skimage', 'keras', 'jax'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


@pytest.mark.parametrize("text", ["5", "2457", "75\n42"])
@pytest.mark.parametrize("pen", [6, 24])
def test_written_digits_are_read(classifier, written, photographed, text, pen):
    page = written(text, pen)
    for picture in (page, ImageOps.invert(page), photographed(page), photographed(page.convert("RGB"))):
        reading = tenfold.read_picture(classifier, picture)
        assert reading.text == text
        assert [one.label for one in reading.characters] == list(text.replace("\n", ""))
        assert reading.probability == prod(one.probability for one in reading.characters)


def test_an_ink_on_transparent_ground(classifier, written):
    ink = Image.new("RGBA", (560, 280), (20, 40, 160, 0))
    ink.putalpha(ImageOps.invert(written("42")))
    assert tenfold.read_picture(classifier, ink).text == "42"


def test_turned_by_its_exif_entry(classifier, written, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    written("42").rotate(90, expand=True).save(tmp_path / "turned.jpg", exif=exif)
    assert tenfold.read_picture(classifier, tmp_path / "turned.jpg").text == "42"


def test_nothing_is_no_text(classifier):
    reading = tenfold.read_picture(classifier, Image.new("L", (300, 200), 255))
    assert (reading.text, reading.characters, reading.probability) == ("", (), None)


THINGS = tuple(f"thing {number}" for number in range(10))


@pytest.mark.parametrize("other", [{"class_names": THINGS}, {"polarity": "none"}])
def test_other_models_get_the_whole_picture(classifier, written, other):
    metadata = replace(classifier.metadata, **other)
    same_network = Classifier(classifier._session, metadata, classifier.source)
    assert reads_handwriting(classifier)
    assert not reads_handwriting(same_network)
    reading = tenfold.read_picture(same_network, written("2457"))
    expected = classifier.predict(whole(written("2457"), metadata.polarity))[0].probability
    assert len(reading.characters) == 1
    assert reading.probability == pytest.approx(expected, abs=1e-6)


def whole(picture: Image.Image, polarity: str) -> np.ndarray:
    image = resize_image(picture, (28, 28), 1)[np.newaxis]
    return 255 - image if polarity == "light-on-dark" else image


def test_pictures_that_cannot_be_read(classifier, tmp_path):
    with pytest.raises(ImageError, match="gone.png"):
        tenfold.read_picture(classifier, tmp_path / "gone.png")
