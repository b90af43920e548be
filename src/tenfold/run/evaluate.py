"""Evaluating a finished run's model on a test set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tenfold.classifier.classifier import Classifier, load_classifier
from tenfold.data.dataset import Dataset, Split
from tenfold.data.load import load_dataset
from tenfold.errors import DataError, RunError
from tenfold.evaluation.metrics import Metrics, evaluate_predictions
from tenfold.evaluation.mistakes import losses
from tenfold.files import write_text
from tenfold.recipes.recipe import load_recipe
from tenfold.run.run_folder import PREDICTION_COLUMNS, RunFolder, find_run, read_json, write_csv
from tenfold.types import Labels, Probabilities


def evaluate(run: str | Path, data: str | Path | None = None) -> Metrics:
    """Evaluate a run's model.onnx on a test set; writes nothing.

    Args:
        run: A run folder, the name of one below runs/, or "last".
        data: A catalogue name or a path; its images are brought to the model's size. None takes the run's own
            data, which must still be the same.

    Raises:
        RunError: No such run, or its data has changed since.
        DataError: The data cannot be read, or has other classes than the model.
    """
    folder = RunFolder(find_run(str(run)))
    classifier = load_classifier(folder.onnx_model)
    dataset = _own_data(folder) if data is None else _other_data(str(data), classifier)
    return evaluate_predictions(classifier.probabilities(dataset.test.images), dataset.test.labels, dataset.class_names)


def _own_data(folder: RunFolder) -> Dataset:
    recipe = load_recipe(folder.recipe)
    if recipe.data is None:
        raise RunError(f"{folder.path} was trained on arrays, not on files. Say which data to evaluate: --data DATA.")
    dataset = load_dataset(recipe.data, size=recipe.size, gray=recipe.gray)
    if dataset.fingerprint != read_json(folder.run)["data"]["fingerprint"]:
        raise RunError(
            f"{recipe.data} has changed since {folder.path} was trained on it. To evaluate on it as it is now: "
            f"--data {recipe.data}"
        )
    return dataset


def _other_data(data: str, classifier: Classifier) -> Dataset:
    """Other data in the model's own image shape and numbering of the classes."""
    height, width, channels = classifier.image_shape
    dataset = load_dataset(data, size=(height, width), gray=channels == 1)
    if set(dataset.class_names) != set(classifier.class_names):
        raise DataError(
            f"{data} has the classes {', '.join(dataset.class_names)}; the model knows "
            f"{', '.join(classifier.class_names)}. Expected the same classes."
        )
    number = np.array([classifier.class_names.index(name) for name in dataset.class_names], np.int32)
    # A model for colour takes grey images as red, green and blue of equal strength.
    repeats = channels // dataset.image_shape[2]
    train, test = (
        Split(np.repeat(split.images, repeats, axis=3), number[split.labels]) for split in (dataset.train, dataset.test)
    )
    return Dataset(dataset.name, train, test, classifier.class_names, dataset.notes)


@dataclass(frozen=True)
class Evaluation:
    """Predictions for a test set, and what they amount to."""

    probabilities: Probabilities
    metrics: Metrics


def evaluate_dataset(folder: RunFolder, dataset: Dataset) -> Evaluation:
    """Predict a test set with a run's model.onnx; write metrics.json and predictions.csv."""
    probabilities = load_classifier(folder.onnx_model).probabilities(dataset.test.images)
    metrics = evaluate_predictions(probabilities, dataset.test.labels, dataset.class_names)
    write_csv(folder.predictions, _prediction_rows(probabilities, dataset.test.labels), PREDICTION_COLUMNS)
    write_text(folder.metrics, metrics.model_dump_json(indent=2) + "\n")
    return Evaluation(probabilities, metrics)


def _prediction_rows(probabilities: Probabilities, labels: Labels) -> list[dict[str, Any]]:
    predicted = probabilities.argmax(axis=1)
    columns = (
        labels,
        predicted,
        probabilities[np.arange(len(labels)), predicted],
        losses(probabilities, labels),
    )
    return [
        {
            "index": index,
            "label": label,
            "predicted": guess,
            "probability": f"{share:.6f}",
            "loss": f"{loss:.6f}",
        }
        for index, (label, guess, share, loss) in enumerate(zip(*(c.tolist() for c in columns), strict=True))
    ]
