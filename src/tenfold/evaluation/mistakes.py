"""Which predictions are wrong, and how badly."""

import numpy as np

from tenfold.types import Indices, Labels, Losses, Probabilities

# What Keras clips probabilities to: a true class at probability 0 costs 16.1 nats, not infinitely many.
_SMALLEST_PROBABILITY = 1e-7

MISTAKES_SHOWN = 9
"""How many wrong predictions figures and pages show."""


def losses(probabilities: Probabilities, labels: Labels) -> Losses:
    """The cross-entropy of each image, -ln(probability of its true class), as Keras computes it.

    Args:
        probabilities: [n, classes], each row summing to 1.
        labels: [n], 0…classes-1.

    Returns:
        float64 [n] in nats, 0…16.1; 0 is best.

    Example:
        >>> losses(np.float32([[0.5, 0.5], [0.0, 1.0]]), np.int32([0, 1])).round(3).tolist()
        [0.693, 0.0]
    """
    of_true_class = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    cross_entropy: Losses = -np.log(np.clip(of_true_class, _SMALLEST_PROBABILITY, 1.0))
    return cross_entropy + 0.0  # turns -0.0 into 0.0


def most_confident_mistakes(probabilities: Probabilities, labels: Labels, limit: int | None = None) -> Indices:
    """The wrongly predicted images, the one whose wrong class has the highest probability first.

    Args:
        probabilities: [n, classes].
        labels: [n], 0…classes-1.
        limit: At most so many; None for all.

    Returns:
        Positions; equally probable mistakes stand in the order of the images.
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    order = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return wrong[order][:limit]
