"""The nine worst mistakes."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from tenfold.figures.prediction_tiles import Predictions, prediction_gallery
from tenfold.figures.style import figure_style


@figure_style()
def wrong_predictions_figure(shown: Predictions, class_names: Sequence[str], wrong: int, count: int) -> Figure:
    """Draw the mistakes with the highest probability for the wrong class; a sentence if there are none.

    Args:
        shown: The first `MISTAKES_SHOWN` images of `most_confident_mistakes`.
        class_names: One name for each class.
        wrong: How many test images were taken for another class.
        count: How many test images there are.
    """
    note = f"{wrong:,} of {count:,} test images; the most confident first"
    return prediction_gallery(
        shown,
        class_names,
        columns=3,
        title="Wrong predictions",
        note=note if wrong else f"None: all {count:,} test images were recognised.",
        named=True,
    )
