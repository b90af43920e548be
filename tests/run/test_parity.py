"""What counts as the same answer of two formats of one model."""

import numpy as np

from tenfold.run.parity import disagreement


def test_small_differences_are_rounding_and_large_ones_are_told():
    expected = np.float32([[0.7, 0.3], [0.50009, 0.49991], [0.1, 0.9]])
    assert disagreement(expected, expected + np.float32([[0.00009, -0.00009]])) == ""
    assert disagreement(expected, np.float32([[0.7, 0.3], [0.49995, 0.50005], [0.1, 0.9]])).startswith(
        "another label for 0"
    )
    assert disagreement(expected, expected[:, ::-1]).startswith("another label for 2 of 3 test images")
    close = np.float32([[0.50005, 0.49995]])
    assert disagreement(close, np.float32([[0.49998, 0.50002]])) == ""  # neither was clearly the larger
