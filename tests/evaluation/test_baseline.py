import numpy as np
import pytest

from tenfold.evaluation.baseline import guessing_accuracy, is_no_better_than_guessing

LABELS = np.repeat([0, 1], [75, 25]).astype(np.int32)


def test_guessing_names_the_most_frequent_class():
    assert guessing_accuracy(LABELS) == 0.75


@pytest.mark.parametrize(("accuracy", "guessed"), [(0.5, True), (0.75, True), (0.836, True), (0.837, False)])
def test_two_standard_errors_are_chance(accuracy, guessed):
    assert is_no_better_than_guessing(accuracy, LABELS) == guessed  # the standard error is 0.0433
