"""The seven figures of a run, drawn from the files in its folder."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from matplotlib.figure import Figure

from tenfold.data.dataset import Dataset
from tenfold.figures.class_distribution import class_distribution_figure
from tenfold.figures.confusion_matrix import confusion_matrix_figure
from tenfold.figures.correct_predictions import correct_predictions_figure
from tenfold.figures.random_predictions import random_predictions_figure
from tenfold.figures.samples import samples_figure
from tenfold.figures.style import encode_png, png_bytes, rendered, save_png
from tenfold.figures.training_curves import training_curves_figure
from tenfold.figures.wrong_predictions import wrong_predictions_figure
from tenfold.record import read_record
from tenfold.run.run_folder import RunFolder, read_history
from tenfold.run.runs import read_metrics
from tenfold.run.shown_images import read_shown_images, sample_images


def draw_figures(folder: RunFolder, drawn: Mapping[str, bytes] = MappingProxyType({})) -> None:
    """Draw the figures of an evaluated run into its folder; the same files give the same bytes.

    Args:
        folder: The run's.
        drawn: PNG files by the name of the figure that were drawn before, see `data_figures`.

    Raises:
        RunError: A file that they are drawn from is missing or damaged.
    """
    record, metrics = read_record(folder.run), read_metrics(folder)
    history, shown = read_history(folder), read_shown_images(folder)
    names, data = record.data.classes, record.data
    curves = {key: [row[key] for row in history] for key in (history[0] if history else {})}
    figures: dict[str, Callable[[], Figure]] = {
        "training_curves": lambda: training_curves_figure(
            curves, record.data.validation_is_test_set, record.network.starts
        ),
        "confusion_matrix": lambda: confusion_matrix_figure(metrics.confusion, names),
        "correct_predictions": lambda: correct_predictions_figure(shown.correct, names, metrics.correct, metrics.count),
        "wrong_predictions": lambda: wrong_predictions_figure(
            shown.wrong, names, metrics.count - metrics.correct, metrics.count
        ),
        "random_predictions": lambda: random_predictions_figure(shown.random, names),
        "samples": lambda: samples_figure(shown.samples, shown.sample_labels, names, sum(data.train_counts)),
        "class_distribution": lambda: class_distribution_figure(data.train_counts, data.test_counts, names),
    }
    folder.figures.mkdir(exist_ok=True)
    with ThreadPoolExecutor(max_workers=1) as writer:  # compresses and saves one figure while the next is drawn
        saved = []
        for name, draw in figures.items():
            path = folder.figures / f"{name}.png"
            if name in drawn:
                saved.append(writer.submit(save_png, drawn[name], path))
            else:
                saved.append(
                    writer.submit(lambda image, path: save_png(encode_png(image), path), rendered(draw()), path)
                )
        for one in saved:
            one.result()


def data_figures(dataset: Dataset) -> dict[str, bytes]:
    """The figures that need no model, as PNG files by their names without ending."""
    names, samples = dataset.class_names, sample_images(dataset)
    train, test = (split.class_counts(len(names)) for split in (dataset.train, dataset.test))
    return {
        "samples": png_bytes(samples_figure(samples.images, samples.labels, names, len(dataset.train))),
        "class_distribution": png_bytes(class_distribution_figure(train, test, names)),
    }
