"""Whether a model in another format gives what the Keras model gives: the export's postcondition."""

from pathlib import Path
from typing import Any

import numpy as np

from tenfold.classifier.classifier import Classifier
from tenfold.classifier.polarity import is_negative
from tenfold.errors import ParityError
from tenfold.types import Images, Probabilities

PARITY_IMAGES = 200
"""How many test images are compared."""

MAX_DIFFERENCE, CLEAR_MARGIN = 1e-4, 2e-4
"""Probabilities may differ by this much; labels are compared where the two largest probabilities differ by more."""


def check_parity(model: Any, classifier: Classifier, images: Images, recipe: Path) -> float | None:
    """Compare a classifier with the Keras model that it was made from.

    Args:
        model: The Keras model.
        classifier: What its ONNX file gives.
        images: uint8 [n, height, width, channels]; the first `PARITY_IMAGES` are compared.
        recipe: The run's recipe.toml, for the message.

    Returns:
        The largest difference of a probability; None for a network whose training diverged, which gives none.

    Raises:
        ParityError: They disagree.
    """
    images, metadata = images[:PARITY_IMAGES], classifier.metadata
    negative = is_negative(images, metadata.polarity) & metadata.inverts_negatives
    positives = np.where(negative[:, np.newaxis, np.newaxis, np.newaxis], 255 - images, images)
    expected = np.asarray(model.predict_on_batch(positives))
    if not np.isfinite(expected).all():
        return None
    found = classifier.probabilities(images)
    if problem := disagreement(expected, found):
        raise ParityError(
            f"model.onnx was not written: it disagrees with the Keras model ({problem}). This is a defect of "
            f"Tenfold; please report it with {recipe}. The rest of the run is kept in {recipe.parent}."
        )
    return float(np.abs(found - expected).max())


def disagreement(expected: Probabilities, found: Probabilities) -> str:
    """How the probabilities of two formats of one model differ by more than rounding, in words; empty if they do not.

    Args:
        expected: Of the Keras model, [n, classes].
        found: Of the other format, [n, classes].
    """
    second, first = np.sort(expected, axis=1)[:, -2:].T
    clear = first - second > CLEAR_MARGIN
    labels = int((clear & (expected.argmax(axis=1) != found.argmax(axis=1))).sum())
    difference = float(np.abs(found - expected).max())
    if not labels and difference <= MAX_DIFFERENCE:
        return ""
    return (
        f"another label for {labels} of {len(expected)} test images, probabilities that differ by up to "
        f"{difference:.2g} (at most {MAX_DIFFERENCE:g} is rounding)"
    )
