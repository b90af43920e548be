from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from tenfold.classifier.classifier import Classifier
from tenfold.data.load import load_dataset
from tenfold.photo.plain import prepare_plain
from tenfold.photo.small import fitted_if_nearer

NOTE = "not of MNIST's size or place: fitted"


def small_picture(image: np.ndarray, size: int, left: int, top: int) -> Image.Image:
    """The digit of an image of MNIST, so large and there on 28×28 pixels."""
    rows, columns = np.flatnonzero(image.max(axis=1)), np.flatnonzero(image.max(axis=0))
    digit = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = size / max(digit.size)
    digit = digit.resize((max(1, round(digit.width * scale)), max(1, round(digit.height * scale))))
    picture = Image.new("L", (28, 28))
    picture.paste(digit, (left, top))
    return picture


def seen(classifier: Classifier, picture: Image.Image):
    """The picture as the network gets it."""
    plain = prepare_plain(np.asarray(picture)[..., np.newaxis], classifier.metadata, picture, False)
    return fitted_if_nearer(classifier, plain, picture, keep_steps=False)


@pytest.mark.parametrize(("size", "left", "top"), [(28, 0, 0), (18, 9, 1), (12, 1, 15)])
@pytest.mark.parametrize("negative", [False, True])
def test_digits_of_another_size_or_place_are_fitted(classifier, size, left, top, negative):
    train = load_dataset("mnist").train
    images, labels = train.images[:40, ..., 0], [str(label) for label in train.labels[:40]]
    pictures = [small_picture(image, size, left, top) for image in images]
    pictures = [ImageOps.invert(one) if negative else one for one in pictures]
    found = classifier.predict_prepared(np.stack([seen(classifier, one).images[0] for one in pictures]))
    assert np.mean([one.label == label for one, label in zip(found, labels, strict=True)]) >= 0.85


def test_a_digit_in_mnists_form_stays_as_it_is(classifier, mnist_images):
    for image in mnist_images[:50]:
        prepared = seen(classifier, Image.fromarray(image))
        assert prepared.notes == ()
        np.testing.assert_array_equal(prepared.images[0][..., 0], image)


def test_what_is_fitted_is_noted_and_boxed(classifier, mnist_images):
    prepared = seen(classifier, small_picture(mnist_images[3], 10, 15, 2))
    assert NOTE in prepared.notes
    ((left, top, width, height),) = prepared.boxes
    assert 13 <= left <= 16
    assert 0 <= top <= 3
    assert max(width, height) <= 13


def test_clothes_are_not_fitted_into_digits(classifier):
    clothes = load_dataset("fashion-mnist").train.images[:60, ..., 0]
    found = classifier.predict_prepared(
        np.stack([seen(classifier, Image.fromarray(image)).images[0] for image in clothes])
    )
    assert np.mean([one.label is None for one in found]) >= 0.9


def test_without_a_rule_for_rejection_nothing_is_fitted(classifier, mnist_images):
    metadata = replace(classifier.metadata, rejection_threshold=None)
    unruled = Classifier(classifier._session, metadata, classifier.source)
    assert seen(unruled, small_picture(mnist_images[0], 10, 15, 2)).notes == ()
