"""Average pooling over windows that do not overlap, as the mean of a reshaped array.

XLA's gradient of its own windowed sum pads and sums windows again; that of a mean is a plain broadcast.
"""

from typing import Any

from tenfold.kernels.convolution import ImageBatch
from tenfold.kernels.max_pooling import windows_of


def average_pooling(images: ImageBatch, pool_size: tuple[int, int], padding: str = "valid") -> ImageBatch:
    """The mean of each window, as `keras.ops.average_pool` with strides equal to the window.

    Args:
        images: [n, height, width, channels].
        pool_size: Height and width of a window; an incomplete last window is dropped.
        padding: "valid".

    Returns:
        [n, rows, columns, channels].
    """
    windows: Any = windows_of(images, pool_size)
    means: ImageBatch = windows.mean((2, 4))
    return means
