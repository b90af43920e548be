"""Whether the stated probabilities can be believed."""

import math

import numpy as np

from tenfold.types import Float, Labels, Probabilities

_MAX_TEMPERATURE = 10.0
_SUM_TOLERANCE = 1e-3
_SMALLEST_PROBABILITY = 1e-38
"""Of float32, without the denormal numbers."""


def are_probabilities(values: Probabilities) -> bool:
    """Whether values are finite, not below 0, and sum to 1 in each row, up to rounding."""
    sums = values.sum(axis=1, dtype=np.float64)
    return bool((values >= 0).all() and (np.abs(sums - 1) <= _SUM_TOLERANCE).all())


def expected_calibration_error(probabilities: Probabilities, labels: Labels, bins: int = 15) -> float:
    """How far the probability of the predicted class lies from how often it is right, on average.

    The probabilities of the predicted classes are sorted into `bins` bins of equal width,
    ((m-1)/bins, m/bins]. Summed over them: (share of the images) · |accuracy in the bin - mean probability in
    the bin|. Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, ICML 2017, equation 3.

    Args:
        probabilities: [n, classes], n at least 1.
        labels: [n], 0…classes-1.
        bins: How many bins; the paper takes 15.

    Returns:
        0…1; 0 is best.

    Example:
        >>> four_of_five = np.tile(np.float32([0.8, 0.2]), (5, 1))
        >>> round(expected_calibration_error(four_of_five, np.int32([0, 0, 0, 0, 1])), 6)
        0.0
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    # |share · (accuracy - confidence)| of one bin is |Σ right - Σ confidence| / n.
    gaps = np.bincount(bin_of, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def tempered(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Soften (temperature above 1) or sharpen (below 1) probabilities; the order of the classes stays.

    softmax(logits / temperature), which follows from the probabilities alone: p^(1/temperature), divided by its sum.
    Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, ICML 2017, section 4.2.

    Args:
        probabilities: [n, classes], each row summing to 1.
        temperature: Above 0; 1 changes nothing.

    Example:
        >>> tempered(np.float32([[0.8, 0.2]]), 2.0).round(4).tolist()
        [[0.6667, 0.3333]]
    """
    if temperature == 1:
        return probabilities
    powers = np.exp(_logarithms(probabilities) / temperature)
    return np.asarray((powers / powers.sum(axis=1, keepdims=True)).astype(np.float32))


def fit_temperature(probabilities: Probabilities, labels: Labels) -> float:
    """The temperature at which the probabilities fit the labels best: that of the least mean cross-entropy.

    The cross-entropy is convex in 1 / temperature, so that golden sections find the minimum. Where every image is read
    right, it falls the surer the model is made, without end; such images say nothing against the model, and nothing of
    how much surer it may be.

    Args:
        probabilities: [n, classes] for images that the model was not trained on, n at least 1.
        labels: [n], 0…classes-1.

    Returns:
        0.1…10, with four digits; above 1 where the model is surer of itself than it is right, not below 1 where it is
        always right.
    """
    if (probabilities.argmax(axis=1) == labels).all():
        return 1.0
    logarithms = _logarithms(probabilities)
    of_true_class = logarithms[np.arange(len(labels)), labels]

    def cross_entropy(inverse: float) -> float:
        return float((np.log(np.exp(inverse * logarithms).sum(axis=1)) - inverse * of_true_class).mean())

    low, high = 1 / _MAX_TEMPERATURE, _MAX_TEMPERATURE
    golden = (math.sqrt(5) - 1) / 2
    while high - low > 1e-5 * low:
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if cross_entropy(left) < cross_entropy(right) else (left, high)
    return float(f"{2 / (low + high):.4g}")


def _logarithms(probabilities: Probabilities) -> Float[np.ndarray, "n classes"]:
    """Logarithms relative to the largest of each row, without infinities."""
    logarithms = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST_PROBABILITY))
    return np.asarray(logarithms - logarithms.max(axis=1, keepdims=True))
