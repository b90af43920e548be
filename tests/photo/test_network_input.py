import numpy as np

from tenfold.photo.network_input import network_input


def normalised(images):
    return np.stack([network_input(np.float32(image) / np.float32(255))[0] for image in images])


def test_images_of_mnist_keep_their_labels(classifier, mnist_images):
    inputs = normalised(mnist_images)
    assert inputs.dtype == np.uint8
    before, after = (classifier.probabilities(images[..., np.newaxis]) for images in (mnist_images, inputs))
    assert np.mean(after.argmax(axis=1) == before.argmax(axis=1)) >= 0.99


def test_place_does_not_matter(mnist_images):
    pages = np.zeros((20, 56, 56), np.uint8)
    pages[:, 5:33, 20:48] = mnist_images[:20]
    np.testing.assert_array_equal(normalised(pages), normalised(mnist_images[:20]))


def test_nothing_stays_nothing():
    image, change = network_input(np.zeros((9, 5), np.float32))
    assert not image.any()
    assert change is None
