"""Pictures of the network's own size: taken as they are, or, if they are not as MNIST's images are, as small photos."""

from dataclasses import replace

import numpy as np
from PIL import Image as PillowImage

from tenfold.classifier.classifier import Classifier
from tenfold.classifier.polarity import Polarity
from tenfold.photo.normalisation import MNIST_SHAPE, is_normalised
from tenfold.photo.page import Values, around_ink, border
from tenfold.photo.plain import Prepared
from tenfold.types import Image, Images

_LEAST_CONTRAST, _FAINT = 40, 0.15
"""Ink differs from the ground by so many greys at its strongest, and by more than that share of it elsewhere."""

NEAR = 0.4
"""Up to that share of the threshold for rejection an image is near enough to those of training to be taken at once."""

_LOOKED_AT = 500
"""Training images."""

_MOST_INK = 0.5
"""Of the box around a character; many things that fill theirs, such as clothes, have more."""


def fitted_if_nearer(classifier: Classifier, plain: Prepared, picture: PillowImage.Image, keep_steps: bool) -> Prepared:
    """The picture as it is, or the character on it in MNIST's form, if that is much like the training images.

    Args:
        classifier: Of characters in MNIST's form. Without a rule for rejection, pictures are taken as they are.
        plain: The picture as it is.
        picture: The same, in grey.
        keep_steps: Whether to keep every stage.
    """
    image, threshold = plain.images[0], classifier.metadata.rejection_threshold
    polarity = classifier.metadata.polarity
    if threshold is None or is_in_mnist_form(image, polarity):
        return plain
    score = _score(classifier, image)
    if score <= NEAR * threshold:
        return plain
    from tenfold.photo.handwriting import prepare_handwriting  # SciPy takes a while to load

    photo = prepare_handwriting(classifier, picture, keep_steps)
    if len(photo.images) != 1 or _share_of_ink(_ink(photo.images[0], polarity)) > _MOST_INK:
        return plain
    stands_clear = _stands_clear(_strokes(_ink(image, polarity)))
    # Things reach the edge as a digit does that fills its picture; what stands clear of it is less likely to be one.
    if _score(classifier, photo.images[0]) > min(score, threshold if stands_clear else NEAR * threshold):
        return plain
    return replace(photo, notes=(*photo.notes, "not of MNIST's size or place: fitted"))


def _score(classifier: Classifier, image: Image) -> float:
    return float(classifier.probabilities_and_scores(image[np.newaxis])[1][0])


def has_mnist_form(images: Images, polarity: Polarity) -> bool:
    """Whether most training images are as MNIST's are: 28×28, grey, one thing on plain ground, of its size and place.

    Args:
        images: uint8 [n, height, width, channels]; at most `_LOOKED_AT` of them, evenly spaced, are looked at.
        polarity: Of the images.
    """
    if polarity == "none" or images.shape[1:] != MNIST_SHAPE:
        return False
    some = images[:: -(-len(images) // _LOOKED_AT)]
    return 2 * sum(is_in_mnist_form(image, polarity) for image in some) > len(some)


def is_in_mnist_form(image: Image, polarity: Polarity) -> bool:
    """Whether what is on an image, uint8 [height, width, 1], has the size and the place of MNIST's digits."""
    strokes = _strokes(_ink(image, polarity))
    return _stands_clear(strokes) and is_normalised(strokes)


def _stands_clear(strokes: Values) -> bool:
    """Whether there is something, and nothing of it at the border."""
    return bool(strokes.any() and not border(strokes).any())


def _ink(image: Image, polarity: Polarity) -> Values:
    """Light on dark, 0…255: float32 [height, width]."""
    grey = image[..., 0].astype(np.float32)
    return 255 - grey if polarity == "dark-on-light" else grey


def _strokes(ink: Values) -> Values:
    """How much lighter pixels are than the ground at the border; 0 everywhere if there is hardly a difference."""
    difference = ink - np.median(border(ink))
    strongest = difference.max()
    return np.where(difference > _FAINT * strongest, difference, 0) * np.float32(strongest >= _LEAST_CONTRAST)


def _share_of_ink(ink: Values) -> float:
    """The mean of the box around the ink, 0…1."""
    return float(ink[around_ink(ink)].mean() / 255)
