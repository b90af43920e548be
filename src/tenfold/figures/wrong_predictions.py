"""The nine worst mistakes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.evaluation.mistakes import MISTAKES_SHOWN, most_confident_mistakes
from tenfold.figures.prediction_tiles import prediction_gallery
from tenfold.figures.style import figure_style
from tenfold.types import Accepted, Images, Labels, Probabilities


@figure_style()
def wrong_predictions_figure(
    images: Images,
    labels: Labels,
    probabilities: Probabilities,
    class_names: Sequence[str],
    accepted: Accepted,
    files: Sequence[str] = (),
) -> Figure:
    """Draw the nine mistakes with the highest probability for the wrong class; a sentence if there are none.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: [n], 0…classes-1.
        probabilities: [n, classes], as `predict` states them.
        class_names: One name for each class.
        accepted: Which images get a label, [n]; the others are marked.
        files: Where each image came from; empty if they came out of arrays.
    """
    positions = most_confident_mistakes(probabilities, labels, limit=MISTAKES_SHOWN)
    wrong = int(np.count_nonzero(probabilities.argmax(axis=1) != labels))
    note = f"{wrong:,} of {len(labels):,} test images; the most confident first"
    return prediction_gallery(
        *(images, labels, probabilities, class_names, accepted),
        positions=positions,
        columns=3,
        files=files,
        title="Wrong predictions",
        note=note if wrong else f"None: all {len(labels):,} test images were recognised.",
    )
