"""What is reached without looking at an image: the share of the most frequent class."""

import numpy as np

from tenfold.types import Labels

_STANDARD_ERRORS = 2.0


def guessing_accuracy(labels: Labels) -> float:
    """The accuracy of naming the most frequent class each time, 0…1."""
    return float(np.bincount(labels).max() / len(labels))


def is_no_better_than_guessing(accuracy: float, labels: Labels) -> bool:
    """Whether an accuracy on images with these labels is at most that of guessing, and two standard errors."""
    guessed = guessing_accuracy(labels)
    standard_error = float(np.sqrt(guessed * (1 - guessed) / len(labels)))
    return accuracy <= guessed + _STANDARD_ERRORS * standard_error
