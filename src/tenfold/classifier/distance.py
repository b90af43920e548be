"""How far an image lies from everything that a network was trained on, measured in one of its hidden layers.

Energy and the largest softmax say little about images of something else: what excites no or many units of a network
leads to any of its outputs (`benchmarks/rejection.py` measures both). So the direction of a hidden layer's values is
compared with the directions that the classes of the training images have.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tenfold.types import Labels

Values = np.ndarray[Any, np.dtype[np.float32]]

DIRECTIONS = 64
"""How many of the directions in which images vary most count one by one; in the others, all vary alike."""

TINY = 1e-12
"""Added to squared lengths, so that a layer of zeros has a direction: none."""

_LEAST_SHARE = 0.01
_SPARE, _ITERATIONS = 16, 5


@dataclass(frozen=True)
class ClassDistance:
    """The distance of a hidden layer's values from the nearest class, as sums and products.

    With x the values divided by their length, e = x - centre, and S the covariance within the classes, the squared
    Mahalanobis distance from class c is
    (x - m_c)ᵀ S⁻¹ (x - m_c) = |e|² / rest - |e · basis|² + e · slopes_c + offsets_c.

    Args:
        centre: [values], the mean over the classes.
        basis: [values, directions], the directions of large variance l, each of length √(1 / rest - 1 / l).
        rest: The variance in all other directions.
        slopes: [values, classes].
        offsets: [classes].
        location: Mean distance of images like the training images; 0 until `standardised`.
        scale: Its standard deviation; 1 until `standardised`.
    """

    centre: Values
    basis: Values
    rest: float
    slopes: Values
    offsets: Values
    location: float = 0.0
    scale: float = 1.0

    def __call__(self, values: Values) -> Values:
        """Distance of [n, values] from the nearest class, as [n], in standard deviations; 0 is usual."""
        squares = np.square(values).sum(axis=1, keepdims=True)
        e = values / np.sqrt(squares + np.float32(TINY)) - self.centre
        length = np.square(e).sum(axis=1, keepdims=True) / np.float32(self.rest)
        to_classes = length - np.square(e @ self.basis).sum(axis=1, keepdims=True) + e @ self.slopes + self.offsets
        distance = np.sqrt(np.maximum(to_classes.min(axis=1), 0))
        return np.asarray((distance - np.float32(self.location)) / np.float32(self.scale))

    def standardised(self, values: Values) -> "ClassDistance":
        """The distance in standard deviations from the mean distance of these values, [n, values]."""
        found = replace(self, location=0.0, scale=1.0)(values)
        return replace(self, location=float(found.mean()), scale=max(float(found.std()), TINY))


def fit_class_distance(values: Values, labels: Labels) -> ClassDistance:
    """Measure where the classes of the training images lie in a hidden layer.

    Mahalanobis distance with one covariance for all classes (Lee, Lee, Lee, Shin: A Simple Unified Framework for
    Detecting Out-of-Distribution Samples and Adversarial Attacks, NeurIPS 2018) of values of unit length (Mueller,
    Hein: Mahalanobis++, ICML 2025). The covariance keeps its `DIRECTIONS` largest variances, and the mean of the
    others for all others (probabilistic principal components: Tipping, Bishop, J. R. Stat. Soc. B 61, 1999).

    Args:
        values: float32 [n, values], what the layer gives for n training images.
        labels: [n]; classes without images take no part.
    """
    x = values / np.sqrt(np.square(values).sum(axis=1, keepdims=True) + np.float32(TINY))
    classes, index = np.unique(labels, return_inverse=True)
    means = np.stack([x[index == number].mean(axis=0, dtype=np.float64) for number in range(len(classes))])
    within = x - means.astype(np.float32)[index]
    covariance = within.T @ within / np.float32(len(x))
    variances, directions = _largest(covariance)
    total, others = float(np.trace(covariance, dtype=np.float64)), len(covariance) - len(variances)
    rest = max(0.0, total - variances.sum()) / others if others else variances.min()
    rest = float(max(rest, _LEAST_SHARE * total / len(covariance), TINY))
    basis = directions * np.sqrt(1 / rest - 1 / np.maximum(variances, rest))
    centre = means.mean(axis=0)
    to_means = means - centre
    inverse = to_means / rest - to_means @ basis @ basis.T  # S⁻¹ (m_c - centre)
    offsets = np.einsum("cv,cv->c", to_means, inverse)
    small = [array.astype(np.float32) for array in (centre, basis, -2 * inverse.T, offsets)]
    return ClassDistance(small[0], small[1], rest, small[2], small[3])


def _largest(covariance: Values) -> tuple[Values, Values]:
    """The largest variances, at most `DIRECTIONS`, and their directions, as float64 [directions], [values, directions].

    Of wide layers they are found by iterating a subspace (Halko, Martinsson, Tropp, SIAM Review 53, 2011, algorithm
    4.4): all of them would take seconds where others use the processor, too.
    """
    width, count = len(covariance), DIRECTIONS + _SPARE
    if width <= count:
        variances, directions = np.linalg.eigh(covariance.astype(np.float64))
    else:
        subspace = np.random.RandomState(0).standard_normal((width, count)).astype(np.float32)
        for _ in range(_ITERATIONS):
            subspace, _ = np.linalg.qr(covariance @ subspace)
        variances, within = np.linalg.eigh((subspace.T @ (covariance @ subspace)).astype(np.float64))
        directions = subspace @ within
    return variances[-DIRECTIONS:], directions[:, -DIRECTIONS:]
