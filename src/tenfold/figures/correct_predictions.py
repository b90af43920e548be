"""Images that the model recognised, of every class as far as there is room."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.gallery import spread_over_classes
from tenfold.figures.prediction_tiles import prediction_gallery
from tenfold.figures.style import figure_style
from tenfold.types import Accepted, Images, Labels, Probabilities


@figure_style()
def correct_predictions_figure(
    images: Images, labels: Labels, probabilities: Probabilities, class_names: Sequence[str], accepted: Accepted
) -> Figure:
    """Draw right predictions, the first of each class, in three rows of three, or of five for more than nine classes.

    With fewer right predictions, or more than fifteen classes, not every class has one.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: [n], 0…classes-1.
        probabilities: [n, classes], as `predict` states them.
        class_names: One name for each class.
        accepted: Which images get a label, [n]; the others are marked.
    """
    right = np.flatnonzero(probabilities.argmax(axis=1) == labels)
    # Two rows for ten classes; with fewer than ten, a class has several.
    count, columns = (9, 3) if len(class_names) < 10 else (min(15, 5 * -(-len(class_names) // 5)), 5)
    positions = right[spread_over_classes(labels[right], count)]
    return prediction_gallery(
        *(images, labels, probabilities, class_names, accepted),
        positions=positions,
        columns=columns,
        title="Right predictions",
        note=f"{len(right):,} of {len(labels):,} test images were recognised",
    )
