"""A classifier for pictures of one thing each, however they were taken: `tenfold.load_classifier`."""

from pathlib import Path

from tenfold.classifier import classifier
from tenfold.classifier.classifier import Classifier
from tenfold.photo.read import prepare_single


def load_classifier(path: str | Path) -> Classifier:
    """Load a trained model for predictions.

    Its `predict` gives the network each picture as its training images were made: of a photo of handwriting, the
    character on it; other things whole, resized. Arrays of the network's own size are taken as they are.

    Args:
        path: A run folder (its `model.onnx` is taken), or an ONNX file that Tenfold wrote.

    Returns:
        The `Classifier`.

    Raises:
        ModelError: No such file, no model that Tenfold wrote, or a damaged one.
    """
    return classifier.load_classifier(path, prepare_single)
