import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

import tenfold
from tenfold.classifier.classifier import Classifier, default_model_path
from tenfold.data.load import load_dataset
from tenfold.photo.read import prepare_single


@pytest.fixture(scope="module")
def classifier():
    return tenfold.load_classifier(default_model_path())


def test_a_photo_is_read_however_it_is_given(classifier, written, photographed, tmp_path):
    photo = photographed(written("5"))
    content = io.BytesIO()
    photo.save(content, "PNG")
    (tmp_path / "five.png").write_bytes(content.getvalue())
    given = [tmp_path / "five.png", str(tmp_path / "five.png"), content.getvalue(), photo, np.asarray(photo)]
    assert [classifier.predict(one).label for one in given] == ["5"] * 5
    assert [one.label for one in classifier.predict(given)] == ["5"] * 5
    assert [one.label for one in classifier.predict(np.stack([photo, photo]))] == ["5", "5"]


def test_a_blank_sheet_is_none_of_the_classes(classifier):
    assert classifier.predict(Image.new("L", (300, 300), "white")).label is None


def test_images_of_mnist_are_taken_as_they_are_and_negatives_inverted(classifier):
    test = load_dataset("mnist").test
    images, labels = test.images[:50], test.labels[:50]
    as_arrays = [one.probability for one in classifier.predict(images)]
    as_pictures = [one.probability for one in classifier.predict([Image.fromarray(one[..., 0]) for one in images])]
    assert as_pictures == pytest.approx(as_arrays, abs=1e-6)
    negatives = classifier.predict([ImageOps.invert(Image.fromarray(one[..., 0])) for one in images])
    assert [one.label for one in negatives] == [str(label) for label in labels]


def test_small_digits_of_another_kind_are_brought_to_the_form_of_mnist(classifier):
    digits = load_digits()
    predictions = classifier.predict(np.uint8(digits.images[:40] * 15))
    assert np.mean([one.label == str(label) for one, label in zip(predictions, digits.target, strict=False)]) >= 0.9


def test_models_of_things_get_the_whole_picture(classifier, written):
    metadata = replace(classifier.metadata, class_names=tuple(f"class {label}" for label in classifier.class_names))
    of_things = Classifier(classifier._session, metadata, classifier.source, prepare_single)
    photo = written("5")
    stretched = 255 - np.asarray(photo.resize((28, 28), Image.Resampling.HAMMING))
    assert of_things.predict(photo).probability == pytest.approx(of_things.predict(stretched).probability, abs=1e-6)
