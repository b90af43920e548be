"""The seven figures of a run, drawn from its data, its history and its predictions."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from matplotlib.figure import Figure
from PIL.Image import Image

from tenfold.data.dataset import Dataset
from tenfold.figures.class_distribution import class_distribution_figure
from tenfold.figures.confusion_matrix import confusion_matrix_figure
from tenfold.figures.correct_predictions import correct_predictions_figure
from tenfold.figures.random_predictions import random_predictions_figure
from tenfold.figures.samples import samples_figure
from tenfold.figures.style import encode_png, png_bytes, rendered, save_png
from tenfold.figures.training_curves import training_curves_figure
from tenfold.figures.wrong_predictions import wrong_predictions_figure
from tenfold.run.evaluate import Evaluation
from tenfold.run.run_folder import RunFolder
from tenfold.training.epoch_log import EpochLog


def draw_data_pictures(dataset: Dataset) -> dict[str, bytes]:
    """The figures that need no model, as PNG files by their names without ending."""
    names, train = dataset.class_names, dataset.train
    return {
        "samples": png_bytes(samples_figure(train.images, train.labels, names)),
        "class_distribution": png_bytes(class_distribution_figure(train.labels, dataset.test.labels, names)),
    }


def draw_pictures(
    folder: RunFolder,
    dataset: Dataset,
    log: EpochLog,
    evaluation: Evaluation,
    watches_test_set: bool,
    data_pictures: Mapping[str, bytes],
) -> dict[str, bytes]:
    """Draw the figures that are left, and save all of a run.

    Args:
        folder: Where they go.
        dataset: Its data.
        log: How training went.
        evaluation: Of the test images.
        watches_test_set: Whether the validation curves are the test set's.
        data_pictures: What `draw_data_pictures` gave.

    Returns:
        The PNG files by their names without ending, and the two halves of the training curves.
    """
    names, test = dataset.class_names, dataset.test
    answers = evaluation.answers
    predicted = (test.images, test.labels, answers.calibrated, names, answers.accepted)
    curves = {key: [row[key] for row in log.rows] for key in (log.rows[0] if log.rows else {})}
    figures: dict[str, Callable[[], Figure]] = {
        "training_curves": lambda: training_curves_figure(curves, watches_test_set, log.starts),
        "confusion_matrix": lambda: confusion_matrix_figure(evaluation.metrics.confusion, names),
        "correct_predictions": lambda: correct_predictions_figure(*predicted),
        "wrong_predictions": lambda: wrong_predictions_figure(*predicted, test.files),
        "random_predictions": lambda: random_predictions_figure(*predicted),
    }
    folder.figures.mkdir(exist_ok=True)
    with ThreadPoolExecutor(max_workers=1) as writer:  # compresses and saves one figure while the next is drawn
        saved = {name: writer.submit(_save, content, folder, name) for name, content in data_pictures.items()}
        for name, draw in figures.items():
            image = rendered(draw())
            saved[name] = writer.submit(_encode_and_save, image, folder, name)
            if name == "training_curves":
                half, height = image.width // 2, image.height
                saved["training_curves_accuracy"] = writer.submit(encode_png, image.crop((0, 0, half, height)))
                saved["training_curves_loss"] = writer.submit(encode_png, image.crop((half, 0, image.width, height)))
        return {name: picture.result() for name, picture in saved.items()}


def _encode_and_save(image: Image, folder: RunFolder, name: str) -> bytes:
    return _save(encode_png(image), folder, name)


def _save(content: bytes, folder: RunFolder, name: str) -> bytes:
    save_png(content, folder.figures / f"{name}.png")
    return content
