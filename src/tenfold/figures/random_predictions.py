"""Fifteen images as they come: what the model does on average, neither its best nor its worst."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tenfold.figures.prediction_tiles import prediction_gallery
from tenfold.figures.style import figure_style
from tenfold.types import Accepted, Images, Labels, Probabilities


@figure_style()
def random_predictions_figure(
    images: Images,
    labels: Labels,
    probabilities: Probabilities,
    class_names: Sequence[str],
    accepted: Accepted,
    *,
    seed: int = 0,
) -> Figure:
    """Draw fifteen images, chosen by chance, in three rows of five.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: [n], 0…classes-1.
        probabilities: [n, classes], as `predict` states them.
        class_names: One name for each class.
        accepted: Which images get a label, [n]; the others are marked.
        seed: The same seed chooses the same images.
    """
    count = min(15, len(labels))
    positions = np.random.default_rng(seed).choice(len(labels), count, replace=False)
    wrong = int(np.count_nonzero(probabilities[positions].argmax(axis=1) != labels[positions]))
    return prediction_gallery(
        *(images, labels, probabilities, class_names, accepted),
        positions=positions,
        columns=5,
        title="Predictions for random test images",
        note=f"{count - wrong} of these {count} are right",
    )
