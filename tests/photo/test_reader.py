import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

import tenfold
from tenfold.classifier.classifier import Classifier, Prediction
from tenfold.data.load import load_dataset
from tenfold.photo.reader import Reader

DARK = np.zeros((4, 6), np.uint8)
LIGHT = np.full((4, 6), 255, np.uint8)
NOTHING = Prediction(label=None, probability=0.0, top=())


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
    raw = reader.classifier.predict_prepared(images)
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


def test_models_of_things_get_the_whole_picture(classifier, written):
    names = tuple(f"class {label}" for label in classifier.class_names)
    metadata = replace(classifier.metadata, class_names=names)
    reader = Reader(Classifier(classifier._session, metadata, classifier.source))
    photo = written("5")
    stretched = 255 - np.asarray(photo.resize((28, 28), Image.Resampling.HAMMING))
    raw = reader.classifier.predict_prepared(stretched[np.newaxis, ..., np.newaxis])[0]
    assert reader.predict(photo).probability == pytest.approx(raw.probability, abs=1e-6)


def test_many_pictures_give_a_list(brightness_file, tmp_path):
    reader = tenfold.load_classifier(brightness_file)
    path = tmp_path / "light.png"
    Image.new("RGB", (50, 20), "white").save(path)
    many = [DARK, str(path), path, path.read_bytes(), Image.new("L", (3, 3), 0)]
    expected = ["dark", "light", "light", "light", "dark"]
    assert [prediction.label for prediction in reader.predict(many)] == expected
    assert [prediction.label for prediction in reader.predict(tuple(many))] == expected
    assert [prediction.label for prediction in reader.predict(np.stack([LIGHT, DARK]))] == ["light", "dark"]
    assert [prediction.label for prediction in reader.predict([LIGHT])] == ["light"]
    assert reader.predict([]) == []
    assert reader.predict(np.zeros((0, 4, 6), np.uint8)) == []


def test_a_path_is_one_picture(brightness_file, tmp_path):
    reader = tenfold.load_classifier(brightness_file)
    Image.new("RGBA", (5, 5), (0, 0, 0, 255)).save(tmp_path / "dark.webp")
    assert reader.predict(tmp_path / "dark.webp") == reader.predict(DARK)
    assert reader.predict(str(tmp_path / "dark.webp")).label == "dark"


def test_arrays_of_other_libraries_count_as_arrays(brightness_file):
    class Tensor:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return np.stack([DARK, LIGHT])

    predictions = tenfold.load_classifier(brightness_file).predict(Tensor())
    assert [prediction.label for prediction in predictions] == ["dark", "light"]


def test_a_colour_network_takes_grey_and_colour(colour_file):
    reader = tenfold.load_classifier(colour_file)
    assert reader.predict(LIGHT).label == "light"
    assert reader.predict(np.zeros((9, 9, 3))).label == "dark"


def test_it_says_what_its_network_says(brightness_file):
    reader = tenfold.load_classifier(brightness_file)
    assert reader.class_names == ("dark", "light", "never")
    assert reader.image_shape == (4, 6, 1)
    assert reader.metadata.recipe == "test"
    images = np.stack([LIGHT, DARK])[..., np.newaxis]
    assert reader.probabilities(images).argmax(axis=1).tolist() == [1, 0]
    assert reader.probabilities_and_scores(images)[1].tolist() == [0, 0]  # a network without a score
    assert [one.label for one in reader.predict(images)] == ["light", "dark"]


def test_answers_are_those_of_predict(reader, mnist_images):
    images = mnist_images[:100, ..., np.newaxis].copy()
    images[::4] = 255 - images[::4]
    images[1::4] = np.roll(images[1::4], 6, axis=2)  # off the middle: fitted
    images[2] = 0  # nothing on it
    answers, predictions = reader.answers(images), reader.predict(images)
    labels = [reader.class_names[row.argmax()] for row in answers.calibrated]
    found = [label if accepted else None for label, accepted in zip(labels, answers.accepted, strict=True)]
    assert found == [one.label for one in predictions]
    np.testing.assert_allclose(answers.calibrated.max(axis=1), [one.probability for one in predictions], atol=1e-5)


def test_threads_may_share_one(reader, written):
    photos = [written(text) for text in "12457"] * 4
    with ThreadPoolExecutor(4) as threads:
        assert "".join(one.label for one in threads.map(reader.predict, photos)) == "12457" * 4


def test_predicting_loads_neither_keras_nor_jax_nor_onnx(brightness_file):
    code = (
        "import sys, tenfold\n"
        "import numpy as np\n"
        f"tenfold.load_classifier({str(brightness_file)!r}).predict(np.zeros((4, 6)))\n"
        "print(sorted({'keras', 'jax', 'onnx', 'matplotlib', 'sklearn', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
