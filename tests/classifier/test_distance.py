import numpy as np
import pytest

from tenfold.classifier.distance import DIRECTIONS, fit_class_distance


def blobs(width: int, count: int = 900, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of correlated values."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 3).astype(np.int32)
    means = np.random.default_rng(7).uniform(1, 3, (3, width))
    mixing = np.random.default_rng(8).normal(0, 0.3 / np.sqrt(width), (width, width))
    values = means[labels] + random.normal(0, 1, (count, width)) @ mixing
    return values.astype(np.float32), labels


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def mahalanobis(values: np.ndarray, labels: np.ndarray, others: np.ndarray, least: float) -> np.ndarray:
    """The definition, in float64, with variances of at least `least`."""
    x = unit(values.astype(np.float64))
    means = np.stack([x[labels == number].mean(axis=0) for number in range(3)])
    variances, directions = np.linalg.eigh(np.cov((x - means[labels]).T, bias=True))
    inverse = directions / np.maximum(variances, least) @ directions.T
    differences = unit(others.astype(np.float64))[:, np.newaxis] - means
    return np.sqrt(np.einsum("ncv,vw,ncw->nc", differences, inverse, differences).min(axis=1))


def test_of_few_values_it_is_the_mahalanobis_distance_from_the_nearest_class():
    values, labels = blobs(width=6)
    others = np.random.default_rng(1).uniform(0, 3, (50, 6)).astype(np.float32)
    distance = fit_class_distance(values, labels)
    np.testing.assert_allclose(distance(others), mahalanobis(values, labels, others, distance.rest), rtol=2e-3)


def test_of_many_values_the_small_variances_count_as_their_mean():
    width = DIRECTIONS + 60
    values, labels = blobs(width, count=6000)
    distance = fit_class_distance(values, labels)
    x = unit(values.astype(np.float64))
    means = np.stack([x[labels == number].mean(axis=0) for number in range(3)])
    variances, directions = np.linalg.eigh(np.cov((x - means[labels]).T, bias=True))
    assert distance.rest == pytest.approx(variances[:-DIRECTIONS].mean(), rel=0.05)
    variances[:-DIRECTIONS] = variances[:-DIRECTIONS].mean()
    others = unit(np.random.default_rng(1).uniform(0, 3, (50, width)))
    differences = others[:, np.newaxis] - means
    expected = np.sqrt((np.square(differences @ directions) / variances).sum(axis=2).min(axis=1))
    np.testing.assert_allclose(distance(others.astype(np.float32)), expected, rtol=0.03)


def test_only_the_direction_of_the_values_counts():
    values, labels = blobs(width=6)
    distance = fit_class_distance(values, labels)
    np.testing.assert_allclose(distance(10 * values), distance(values), rtol=1e-2, atol=1e-3)


def test_standardised_distances_have_mean_0_and_deviation_1():
    values, labels = blobs(width=6)
    distance = fit_class_distance(values[:600], labels[:600]).standardised(values[600:])
    found = distance(values[600:])
    assert found.mean() == pytest.approx(0, abs=1e-4)
    assert found.std() == pytest.approx(1, abs=1e-4)
    assert (distance(-values) > 5).all()


def test_silent_values_and_missing_classes_do_no_harm():
    values, labels = blobs(width=6)
    values[:, 2] = 0
    distance = fit_class_distance(values, np.where(labels == 1, 7, labels).astype(np.int32))
    found = distance(np.concatenate([values, np.zeros((1, 6), np.float32)]))
    assert np.isfinite(found).all()
    assert found[-1] > found[:-1].max()
    assert np.isfinite(fit_class_distance(np.zeros((10, 4), np.float32), np.zeros(10, np.int32))(values[:, :4])).all()
