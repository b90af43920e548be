"""A classifier for pictures of one thing each, however they were taken: `tenfold.load_classifier`."""

from functools import partial
from pathlib import Path

from PIL import Image as PillowImage

from tenfold.classifier.classifier import Classifier, load_onnx
from tenfold.photo.read import is_whole, prepare_whole, shows_nothing
from tenfold.types import Image


def load_classifier(path: str | Path) -> Classifier:
    """Load a trained model for predictions.

    Its `predict` gives the network each picture as its training images were made: of a photo of handwriting, the
    character on it, None if there are several; other things whole, resized.

    Args:
        path: A run folder (its `model.onnx` is taken), or an ONNX file that Tenfold wrote.

    Returns:
        The `Classifier`.

    Raises:
        ModelError: No such file, no model that Tenfold wrote, or a damaged one.
    """
    classifier = load_onnx(path)
    classifier.prepare = partial(prepare_single, classifier)
    return classifier


def prepare_single(classifier: Classifier, picture: PillowImage.Image) -> Image | None:
    """A decoded picture of one thing as an image for the network; None if nothing is on it, or several characters."""
    if shows_nothing(classifier, picture):
        return None
    if is_whole(classifier, picture):
        return prepare_whole(classifier, picture, keep_steps=False).images[0]
    from tenfold.photo.handwriting import prepare_character  # SciPy takes a while to load

    return prepare_character(classifier, picture)
