import json

import numpy as np
import pytest
from PIL import Image

import tenfold
from tenfold.data.dataset import Dataset, Split


def stripes(count, seed):
    """Colour, brighter on the left or on the right."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.int32)
    images = random.integers(0, 120, (count, 12, 16, 3)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 8 * label : 8 * label + 8] += 100
    return Split(images, labels)


@pytest.fixture(scope="module")
def run(recipe_file, tmp_path_factory):
    dataset = Dataset("stripes", stripes(240, 0), stripes(40, 1), ("left", "right"))
    return tenfold.train(dataset, recipe_file, out=tmp_path_factory.mktemp("runs") / "one", verbose=0)


def answers(run):
    return json.loads((run.path / "golden" / "answers.json").read_text(encoding="utf-8"))


def test_the_answers_are_those_of_predict(run):
    classifier = tenfold.load_classifier(run.path)
    for one in answers(run):
        prediction = classifier.predict(run.path / "golden" / one["file"])
        assert (prediction.label, round(prediction.probability, 6)) == (one["label"], one["probability"])
        assert [list(pair) for pair in prediction.top] == [[name, pytest.approx(p, abs=1e-6)] for name, p in one["top"]]
    assert {one["true_label"] for one in answers(run)} == {"left", "right"}


def test_there_are_pictures_of_other_kinds_for_models_that_take_them_whole(run):
    files = [Image.open(run.path / "golden" / one["file"]) for one in answers(run)]
    assert len(files) == 10
    assert [file.size for file in files] == [(16, 12)] * 6 + [(48, 24)] * 2 + [(12, 16), (16, 12)]
    assert files[8].getexif()[0x0112] == 8
    assert files[9].mode == "RGBA" and files[9].getchannel("A").getextrema() == (0, 255)


def test_of_digits_only_images_that_are_taken_as_they_are_are_shown():
    mnist = tenfold.load_dataset("mnist")
    train, test = mnist.train.take(np.arange(500)), mnist.test.take(np.arange(100))
    test.images[::2] = np.roll(test.images[::2], 5, axis=1)  # off the middle: fitted before they are read
    digits = tenfold.train(Dataset("mnist", train, test, mnist.class_names), epochs=1, verbose=0)
    assert {Image.open(digits.path / "golden" / one["file"]).size for one in answers(digits)} == {(28, 28)}
    found = [np.asarray(Image.open(digits.path / "golden" / one["file"])) for one in answers(digits)]
    assert len(found) == 10
    kept = test.images[1::2, ..., 0]
    assert all((kept == image).all(axis=(1, 2)).any() for image in found)
