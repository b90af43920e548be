"""Whether the stated probabilities can be believed."""

import numpy as np

from tenfold.types import Labels, Probabilities


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
