import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

import tenfold
from tenfold.classifier.classifier import Classifier, Prediction, default_model_path
from tenfold.data.load import load_dataset

NOTHING = Prediction(label=None, probability=0.0, top=())


@pytest.fixture(scope="module")
def reader() -> Classifier:
    """The model inside the package, with all that prepares photos."""
    return tenfold.load_classifier(default_model_path())


def test_a_photo_is_read_however_it_is_given(reader, written, photographed, tmp_path):
    photo = photographed(written("5"))
    content = io.BytesIO()
    photo.save(content, "PNG")
    (tmp_path / "five.png").write_bytes(content.getvalue())
    given = [tmp_path / "five.png", str(tmp_path / "five.png"), content.getvalue(), photo, np.asarray(photo)]
    assert [reader.predict(one).label for one in given] == ["5"] * 5
    assert [one.label for one in reader.predict(given)] == ["5"] * 5
    assert [one.label for one in reader.predict(np.stack([photo, photo]))] == ["5", "5"]


def test_the_answer_is_that_of_read_picture(reader, written):
    prediction, reading = reader.predict(written("4")), tenfold.read_picture(reader, written("4"))
    assert (prediction.label, prediction.top) == (reading.text, reading.characters[0].top)


@pytest.mark.parametrize("size", [(28, 28), (300, 300), (1, 1)])
def test_nothing_is_none_of_the_classes_and_costs_no_thought(reader, size):
    for mode, colour in (("L", "white"), ("L", "black"), ("RGB", "grey")):
        picture = Image.new(mode, size, colour)
        assert reader.predict(picture) == reader.predict(np.asarray(picture)) == NOTHING
        assert tenfold.read_picture(reader, picture).notes == ("nothing found",)


def test_several_characters_are_none_of_the_classes(reader, written):
    assert reader.predict([written("2"), written("2457")]) == [reader.predict(written("2")), NOTHING]


def test_images_of_mnist_are_taken_as_they_are(reader):
    images = load_dataset("mnist").test.images[:200]
    raw = reader.predict_prepared(images)
    for given in (images, images[..., 0], images / 255, [Image.fromarray(one[..., 0]) for one in images]):
        assert [one.probability for one in reader.predict(given)] == pytest.approx(
            [one.probability for one in raw], abs=1e-5
        )


def test_negatives_are_inverted_however_they_are_given(reader):
    test = load_dataset("mnist").test
    images, labels = 255 - test.images[:50, ..., 0], [str(label) for label in test.labels[:50]]
    for given in (images, np.stack([images] * 3, axis=-1), [ImageOps.invert(Image.fromarray(255 - i)) for i in images]):
        assert [one.label for one in reader.predict(given)] == labels


def test_small_digits_of_another_kind_are_brought_to_the_form_of_mnist(reader):
    digits = load_digits()
    predictions = reader.predict(np.uint8(digits.images[:40] * 15))
    assert np.mean([one.label == str(label) for one, label in zip(predictions, digits.target, strict=False)]) >= 0.9


def test_models_of_things_get_the_whole_picture(reader, written):
    names = tuple(f"class {label}" for label in reader.class_names)
    reader = tenfold.load_classifier(default_model_path())
    reader.metadata = replace(reader.metadata, class_names=names)
    photo = written("5")
    stretched = 255 - np.asarray(photo.resize((28, 28), Image.Resampling.HAMMING))
    raw = reader.predict_prepared(stretched[np.newaxis, ..., np.newaxis])[0]
    assert reader.predict(photo).probability == pytest.approx(raw.probability, abs=1e-6)
