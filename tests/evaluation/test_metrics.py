import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from tenfold.errors import DataError, ModelError
from tenfold.evaluation.metrics import Confusion, Metrics, evaluate_predictions, wilson_interval


def _random_predictions(seed: int, count: int = 400, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count).astype(np.int32)
    probabilities = random.dirichlet(np.ones(classes) * 0.5, count)
    probabilities[np.arange(count), labels] += 0.3
    return (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32), labels


def test_hand_worked_example() -> None:
    # Two cats (one taken for a dog), one dog (right), one fish (taken for a dog).
    probabilities = np.float32([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.25, 0.5, 0.25], [0.1, 0.8, 0.1]])
    metrics = evaluate_predictions(probabilities, np.int32([0, 0, 1, 2]), ["cat", "dog", "fish"])
    assert (metrics.accuracy, metrics.correct, metrics.count) == (0.5, 2, 4)
    assert metrics.confusion == ((1, 1, 0), (0, 1, 0), (0, 1, 0))
    assert metrics.loss == pytest.approx(-np.log([0.7, 0.3, 0.5, 0.1]).mean(), rel=1e-6)
    assert metrics.most_confused == (
        Confusion(true="cat", predicted="dog", count=1),
        Confusion(true="fish", predicted="dog", count=1),
    )
    cat, dog, fish = metrics.classes
    assert (cat.name, cat.count, cat.precision, cat.recall) == ("cat", 2, 1.0, 0.5)
    assert cat.f1 == pytest.approx(2 / 3)
    assert (dog.precision, dog.recall, dog.f1) == (pytest.approx(1 / 3), 1.0, pytest.approx(0.5))
    # Fish was never predicted: its precision is unknown, its recall is not.
    assert (fish.count, fish.precision, fish.recall, fish.f1) == (1, None, 0.0, 0.0)


def test_class_without_images_and_never_predicted_gives_no_warning() -> None:
    probabilities = np.float32([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics = evaluate_predictions(probabilities, np.int32([0, 1]), ["a", "b", "ghost"])
    ghost = metrics.classes[2]
    assert (ghost.count, ghost.precision, ghost.recall, ghost.f1) == (0, None, None, None)
    assert metrics.most_confused == ()


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed: int) -> None:
    probabilities, labels = _random_predictions(seed)
    predicted = probabilities.argmax(axis=1)
    metrics = evaluate_predictions(probabilities, labels, list("abcde"))
    assert metrics.accuracy == sk.accuracy_score(labels, predicted)
    assert metrics.loss == pytest.approx(sk.log_loss(labels, probabilities), rel=1e-5)
    assert [c.precision for c in metrics.classes] == sk.precision_score(labels, predicted, average=None).tolist()
    assert [c.recall for c in metrics.classes] == sk.recall_score(labels, predicted, average=None).tolist()
    assert [c.f1 for c in metrics.classes] == sk.f1_score(labels, predicted, average=None).tolist()
    assert np.array_equal(metrics.confusion, sk.confusion_matrix(labels, predicted))


def test_most_confused_pairs_are_ordered_by_count_and_at_most_ten() -> None:
    probabilities, labels = _random_predictions(0)
    metrics = evaluate_predictions(probabilities, labels, list("abcde"))
    counts = [pair.count for pair in metrics.most_confused]
    assert len(counts) == 10
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == (np.array(metrics.confusion) * (1 - np.eye(5))).max()
    first = metrics.most_confused[0]
    assert metrics.confusion["abcde".index(first.true)]["abcde".index(first.predicted)] == first.count


def test_survives_the_way_through_json() -> None:
    probabilities = np.float32([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    metrics = evaluate_predictions(probabilities, np.int32([0, 0]), ["零", "b", "c"])
    text = metrics.model_dump_json()
    assert "NaN" not in text
    assert json.loads(text)["interval"] == list(metrics.interval)
    assert Metrics.model_validate_json(text) == metrics


def test_wilson_interval_hand_worked() -> None:
    # Newcombe (Statistics in Medicine 17, 1998), table I, method 3 (Wilson's score).
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(29, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_encloses_the_share(numbers: tuple[int, int]) -> None:
    correct, count = numbers
    low, high = wilson_interval(correct, count)
    assert 0 <= low <= correct / count <= high <= 1
    assert high - low < 2.2 / count**0.5
    mirrored = wilson_interval(count - correct, count)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-12)


@pytest.mark.parametrize(("correct", "count"), [(0, 0), (3, 2), (-1, 5)])
def test_wilson_interval_refuses_impossible_counts(correct: int, count: int) -> None:
    with pytest.raises(ValueError, match="expected 0 <= correct <= count"):
        wilson_interval(correct, count)


@pytest.mark.parametrize(
    ("probabilities", "labels", "names", "error", "words"),
    [
        (np.ones((2, 3)) / 3, [0, 1], ["a", "b"], DataError, r"\[2, 3\].*expected \[2, 2\]"),
        (np.ones((2, 2)) / 2, [0], ["a", "b"], DataError, "1 labels"),
        (np.ones((0, 2)), [], ["a", "b"], DataError, "no images"),
        (np.ones((1, 2)) / 2, [2], ["a", "b"], DataError, "run from 2 to 2.*expected 0 to 1"),
        (np.full((1, 2), np.nan), [0], ["a", "b"], ModelError, "not finite.*learning rate"),
        (np.float32([[3.0, -1.0]]), [0], ["a", "b"], ModelError, "no probabilities.*softmax"),
        (np.float32([[2.0, -1.0]]), [0], ["a", "b"], ModelError, "no probabilities.*softmax"),
    ],
)
def test_bad_input_is_named(
    probabilities: np.ndarray, labels: list[int], names: list[str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        evaluate_predictions(probabilities.astype(np.float32), np.int32(labels), names)
