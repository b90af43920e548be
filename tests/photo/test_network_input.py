import numpy as np

from tenfold.photo.network_input import network_input, normalise_images


def test_images_of_mnist_keep_their_labels(classifier, test_images):
    normalised = normalise_images(test_images[..., np.newaxis])
    assert normalised.shape == (len(test_images), 28, 28, 1)
    assert normalised.dtype == np.uint8
    before = classifier.probabilities(test_images[..., np.newaxis]).argmax(axis=1)
    assert np.mean(classifier.probabilities(normalised).argmax(axis=1) == before) >= 0.99


def test_place_and_size_do_not_matter(test_images):
    images = np.zeros((20, 56, 56, 1), np.uint8)
    images[:, 5:33, 20:48, 0] = test_images[:20]
    alone = [network_input(image.astype(np.float32) / 255, (56, 56))[0] for image in test_images[:20]]
    np.testing.assert_array_equal(normalise_images(images)[..., 0], alone)


def test_nothing_stays_nothing():
    image, change = network_input(np.zeros((9, 5), np.float32))
    assert not image.any()
    assert change is None
    assert normalise_images(np.zeros((0, 28, 28, 1), np.uint8)).shape == (0, 28, 28, 1)
