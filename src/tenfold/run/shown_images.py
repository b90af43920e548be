"""`pictures.npz`: the images that a run's figures and report show, so that they never need the data again.

Arrays, of k test images and fifteen or fewer training images:

    images             uint8 [k, height, width, channels], 0…255
    index              int [k], positions among the test images
    labels             int32 [k], 0…classes-1
    probabilities      float32 [k, classes], as `predict` states them
    accepted           bool [k], whether an image gets a label
    files              text [k], where they came from; empty if they came out of arrays
    correct            int, which of the k images the figure of right predictions shows
    wrong, random      the same of the other figures
    samples            uint8 [samples, height, width, channels], training images
    sample_labels      int32 [samples]
"""

from typing import NamedTuple

import numpy as np

from tenfold.classifier.classifier import Answers
from tenfold.data.dataset import Dataset, Split
from tenfold.errors import RunError
from tenfold.evaluation.mistakes import MISTAKES_SHOWN, most_confident_mistakes
from tenfold.figures.correct_predictions import correct_predictions_shown
from tenfold.figures.prediction_tiles import Predictions
from tenfold.figures.random_predictions import random_predictions_shown
from tenfold.figures.samples import samples_shown
from tenfold.files import atomic_path, printable
from tenfold.run.run_folder import RunFolder
from tenfold.types import Images, Indices, Labels


class ShownImages(NamedTuple):
    """The content of `pictures.npz`.

    Args:
        correct: What the figure of right predictions shows.
        wrong: What the figure of wrong predictions shows.
        random: What the figure of random predictions shows.
        wrong_index: Positions of the wrong predictions among the test images.
        samples: Training images.
        sample_labels: Their classes.
    """

    correct: Predictions
    wrong: Predictions
    random: Predictions
    wrong_index: Indices
    samples: Images
    sample_labels: Labels


def write_shown_images(folder: RunFolder, dataset: Dataset, answers: Answers) -> None:
    """Choose the images that figures and report show, and write them to `pictures.npz`.

    Args:
        folder: The run's.
        dataset: What it was trained on.
        answers: What its model says of the test images.
    """
    test, probabilities = dataset.test, answers.calibrated
    chosen = {
        "correct": correct_predictions_shown(probabilities, test.labels),
        "wrong": most_confident_mistakes(probabilities, test.labels, MISTAKES_SHOWN),
        "random": random_predictions_shown(len(test)),
    }
    index = np.unique(np.concatenate(list(chosen.values())))
    samples = sample_images(dataset)
    with atomic_path(folder.pictures) as path:
        np.savez(
            path,
            images=test.images[index],
            index=index,
            labels=test.labels[index],
            probabilities=probabilities[index],
            accepted=answers.accepted[index],
            files=np.array([printable(test.files[position]) for position in index] if test.files else [], np.str_),
            samples=samples.images,
            sample_labels=samples.labels,
            correct=np.searchsorted(index, chosen["correct"]),
            wrong=np.searchsorted(index, chosen["wrong"]),
            random=np.searchsorted(index, chosen["random"]),
        )


def sample_images(dataset: Dataset) -> Split:
    """The training images that the figure of samples shows."""
    return dataset.train.take(samples_shown(dataset.train.labels))


def read_shown_images(folder: RunFolder) -> ShownImages:
    """Read a run's `pictures.npz`.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        with np.load(folder.pictures, allow_pickle=False) as arrays:
            shown = Predictions(
                arrays["images"],
                arrays["labels"],
                arrays["probabilities"],
                arrays["accepted"],
                arrays["files"].tolist(),
            )
            correct, wrong, random = (arrays[name] for name in ("correct", "wrong", "random"))
            return ShownImages(
                shown.take(correct),
                shown.take(wrong),
                shown.take(random),
                arrays["index"][wrong],
                arrays["samples"],
                arrays["sample_labels"],
            )
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise RunError(
            f"{folder.pictures}: cannot be read ({error}). Its figures cannot be drawn again; train the run again."
        ) from error
