"""Nine images that the model recognised."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.gallery import spread_over_classes
from tenfold.figures.prediction_tiles import prediction_gallery
from tenfold.figures.style import figure_style
from tenfold.types import Images, Labels, Probabilities


@figure_style()
def correct_predictions_figure(
    images: Images, labels: Labels, probabilities: Probabilities, class_names: Sequence[str]
) -> Figure:
    """Draw the first right predictions of the classes in three rows of three; fewer if there are fewer.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: [n], 0…classes-1.
        probabilities: [n, classes].
        class_names: One name for each class.
    """
    right = np.flatnonzero(probabilities.argmax(axis=1) == labels)
    positions = right[spread_over_classes(labels[right], 9)]
    return prediction_gallery(
        *(images, labels, probabilities, class_names),
        positions=positions,
        columns=3,
        title="Right predictions",
        note=f"{len(right):,} of {len(labels):,} test images were recognised",
    )
