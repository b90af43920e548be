import numpy as np

from tenfold.cli.output import metrics_rows
from tenfold.evaluation.metrics import evaluate_predictions


def test_the_classes_with_the_lowest_recall_are_named_the_worst_first():
    labels = np.array([0] * 8 + [1] * 4 + [2] * 2 + [3] * 2, np.int32)
    predicted = np.array([0] * 8 + [1, 1, 1, 0] + [0, 2] + [3, 3])
    probabilities = np.eye(5, dtype=np.float32)[predicted]
    rows = metrics_rows(evaluate_predictions(probabilities, labels, ("a", "b", "c", "d", "absent")))
    assert rows["lowest recall"] == "c (50.00%), b (75.00%), a (100.00%)"
