"""The seven figures of a run, drawn from its data, its history and its predictions."""

from collections.abc import Mapping, Sequence

from tenfold.data.dataset import Dataset
from tenfold.evaluation.metrics import Metrics
from tenfold.figures.class_distribution import class_distribution_figure
from tenfold.figures.confusion_matrix import confusion_matrix_figure
from tenfold.figures.correct_predictions import correct_predictions_figure
from tenfold.figures.random_predictions import random_predictions_figure
from tenfold.figures.samples import samples_figure
from tenfold.figures.style import save_figure
from tenfold.figures.training_curves import training_curves_figure
from tenfold.figures.wrong_predictions import wrong_predictions_figure
from tenfold.run.run_folder import RunFolder
from tenfold.types import Probabilities


def draw_pictures(
    folder: RunFolder,
    dataset: Dataset,
    history: Sequence[Mapping[str, float]],
    probabilities: Probabilities,
    metrics: Metrics,
    watches_test_set: bool,
) -> dict[str, bytes]:
    """Draw and save all figures of a run.

    Args:
        folder: Where they go.
        dataset: Its data.
        history: Rows of `EpochLog`.
        probabilities: Of the test images, [n, classes].
        metrics: Of the test images.
        watches_test_set: Whether the validation curves are the test set's.

    Returns:
        The PNG files by their names without ending.
    """
    names, test = dataset.class_names, dataset.test
    predicted = (test.images, test.labels, probabilities, names)
    curves = {key: [row[key] for row in history] for key in (history[0] if history else {})}
    figures = {
        "samples": samples_figure(dataset.train.images, dataset.train.labels, names),
        "class_distribution": class_distribution_figure(dataset.train.labels, test.labels, names),
        "training_curves": training_curves_figure(curves, watches_test_set),
        "confusion_matrix": confusion_matrix_figure(metrics.confusion, names),
        "correct_predictions": correct_predictions_figure(*predicted),
        "wrong_predictions": wrong_predictions_figure(*predicted),
        "random_predictions": random_predictions_figure(*predicted),
    }
    folder.figures.mkdir(exist_ok=True)
    for name, figure in figures.items():
        save_figure(figure, folder.figures / f"{name}.png")
    return {name: (folder.figures / f"{name}.png").read_bytes() for name in figures}
