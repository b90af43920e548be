import numpy as np
import pytest

from tenfold.evaluation.mistakes import losses, most_confident_mistakes


def test_losses_are_negative_logarithms_of_the_true_class() -> None:
    probabilities = np.float32([[0.5, 0.5], [0.1, 0.9], [0.1, 0.9]])
    assert losses(probabilities, np.int32([0, 1, 0])) == pytest.approx(-np.log([0.5, 0.9, 0.1]), rel=1e-6)


def test_losses_stay_finite_and_are_never_negative_zero() -> None:
    values = losses(np.float32([[1.0, 0.0], [1.0, 0.0]]), np.int32([0, 1]))
    assert values.tolist() == [0.0, pytest.approx(-np.log(1e-7))]
    assert not np.signbit(values).any()


PROBABILITIES = np.float32([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.05, 0.95], [0.8, 0.2], [0.3, 0.7]])


def test_most_confident_mistakes_come_first_and_equals_keep_their_order() -> None:
    labels = np.int32([0, 1, 0, 0, 1, 1])
    assert most_confident_mistakes(PROBABILITIES, labels).tolist() == [3, 2, 4, 1]
    assert most_confident_mistakes(PROBABILITIES, labels, limit=2).tolist() == [3, 2]


def test_no_mistakes() -> None:
    assert most_confident_mistakes(PROBABILITIES, PROBABILITIES.argmax(axis=1).astype(np.int32)).tolist() == []
