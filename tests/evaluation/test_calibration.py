import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.evaluation.calibration import expected_calibration_error, fit_temperature, tempered


def _ece_as_in_the_paper(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Written out bin by bin."""
    confidence, predicted = probabilities.max(axis=1).astype(float), probabilities.argmax(axis=1)
    total = 0.0
    for m in range(1, bins + 1):
        inside = (confidence > (m - 1) / bins) & (confidence <= m / bins)
        if inside.any():
            gap = (predicted[inside] == labels[inside]).mean() - confidence[inside].mean()
            total += inside.mean() * abs(gap)
    return total


def test_hand_worked_example() -> None:
    # Bin (0.5, 0.6]: two images at 0.6, one of them right: |0.5 - 0.6| · 2/5.
    # Bin (0.9, 1]: three at 1, two of them right: 1/3 · 3/5.
    probabilities = np.float64([[0.6, 0.4], [0.6, 0.4], [0, 1], [0, 1], [0, 1]])
    error = expected_calibration_error(probabilities, np.int32([0, 1, 1, 1, 0]), bins=10)
    assert error == pytest.approx(0.1 * 2 / 5 + 1 / 3 * 3 / 5)


def test_sure_and_always_right_is_zero_and_always_wrong_is_one() -> None:
    sure = np.eye(3, dtype=np.float32)
    assert expected_calibration_error(sure, np.int32([0, 1, 2])) == 0
    assert expected_calibration_error(sure, np.int32([1, 2, 0])) == 1


@given(st.integers(0, 2**31), st.integers(2, 6), st.integers(1, 40), st.sampled_from([1, 5, 15]))
def test_equals_the_formula(seed: int, classes: int, count: int, bins: int) -> None:
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(classes), count)
    labels = random.integers(0, classes, count).astype(np.int32)
    found = expected_calibration_error(probabilities, labels, bins)
    assert found == pytest.approx(_ece_as_in_the_paper(probabilities, labels, bins), abs=1e-9)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def test_tempering_divides_the_logits():
    logits = np.random.default_rng(0).normal(0, 3, (50, 4))
    np.testing.assert_allclose(tempered(softmax(logits), 2.5), softmax(logits / 2.5), atol=1e-6)
    probabilities = softmax(logits)
    assert tempered(probabilities, 1.0) is probabilities
    certain = tempered(np.float32([[1, 0, 0]]), 10.0)
    assert np.isfinite(certain).all() and certain[0, 0] > 0.99


def test_the_temperature_that_was_divided_out_is_found():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 5))
    true = softmax(logits)
    labels = (true.cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1).clip(0, 4).astype(np.int32)
    assert fit_temperature(softmax(logits * 3), labels) == pytest.approx(3, rel=0.03)
    assert fit_temperature(true, labels) == pytest.approx(1, rel=0.03)
    assert fit_temperature(softmax(logits / 2), labels) == pytest.approx(0.5, rel=0.03)


def test_the_temperature_stays_in_bounds():
    nearly_even = np.tile(softmax(np.float32([[0.02, 0]])), (1000, 1))
    assert fit_temperature(nearly_even, np.int32([1, *[0] * 999])) == pytest.approx(0.1, rel=1e-3)
    certain = np.float32([[1, 0], [0, 1]])
    assert fit_temperature(certain, np.int32([1, 0])) == pytest.approx(10, rel=1e-3)


def test_images_that_are_all_read_right_make_a_model_no_surer():
    unsure = softmax(np.random.default_rng(0).normal(0, 1, (50, 4)))
    labels = unsure.argmax(axis=1).astype(np.int32)
    assert fit_temperature(unsure, labels) == 1
    labels[0] = unsure[0].argmin()
    assert fit_temperature(unsure, labels) < 1
