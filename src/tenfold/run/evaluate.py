"""Evaluating a finished run's model on a test set."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tenfold.classifier.classifier import Classifier, load_onnx
from tenfold.data.dataset import Dataset, Split
from tenfold.data.load import load_test_images
from tenfold.data.options import DEFAULT_OPTIONS, ReadOptions
from tenfold.errors import DataError, RunError
from tenfold.evaluation.calibration import expected_calibration_error, tempered
from tenfold.evaluation.metrics import Metrics, evaluate_predictions
from tenfold.evaluation.mistakes import losses
from tenfold.files import printable, write_text
from tenfold.recipes.recipe import load_recipe
from tenfold.run.loading import load_with_progress, shown_progress
from tenfold.run.run_folder import FILE_COLUMN, PREDICTION_COLUMNS, RunFolder, find_run, read_json, write_csv
from tenfold.terminal import busy, stderr
from tenfold.types import Probabilities


def evaluate(
    run: str | Path,
    data: str | Path | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
    out: str | Path | None = None,
) -> Metrics:
    """Evaluate a run's model.onnx on a test set.

    Args:
        run: A run folder, the name of one below runs/, or "last".
        data: A catalogue name or a path: its test part, or all its images if it has none, brought to the model's
            size. None takes the test set of the run's own data, which must still be the same.
        options: How to read `data`; its size and colour are the model's.
        out: A new CSV file for the prediction of every image, with the columns of predictions.csv; None writes none.

    Raises:
        RunError: No such run, or its data is gone or has changed since; or `out` exists or cannot be written.
        DataError: The data cannot be read, or has classes that the model does not know.
    """
    folder = RunFolder(find_run(str(run)))
    if out is not None:
        _check_new(Path(out))
    classifier = load_onnx(folder.onnx_model)
    if read_json(folder.run).get("status") in ("interrupted", "diverged"):
        stderr.print(f"Note: {folder.path} was not trained to its end.")
    split = _own_test_split(folder) if data is None else _other_split(str(data), classifier, options)
    with busy("Evaluating"):
        probabilities = classifier.probabilities(split.images)
    if out is not None:
        _write_predictions(Path(out), probabilities, split, classifier.class_names)
    return evaluate_predictions(probabilities, split.labels, classifier.class_names)


def _check_new(file: Path) -> None:
    if file.exists():
        raise RunError(f"{file}: exists already, and nothing is overwritten. Name a new file with --out.")
    if not file.parent.is_dir():
        raise RunError(f"{file}: there is no folder {file.parent}. Make it, or name a file in another one with --out.")


def _own_test_split(folder: RunFolder) -> Split:
    recipe = load_recipe(folder.recipe)
    if recipe.data is None:
        raise RunError(f"{folder.path} was trained on arrays, not on files. Say which data to evaluate: --data DATA.")
    try:
        dataset = load_with_progress(recipe.data, recipe.read_options)
    except DataError as error:
        raise RunError(
            f"{folder.path} was trained on {recipe.data}, which cannot be read from here. {error} "
            "Go to the folder that it was trained in, or say where the data is: --data DATA."
        ) from error
    if dataset.fingerprint != read_json(folder.run)["data"]["fingerprint"]:
        raise RunError(
            f"{recipe.data} has changed since {folder.path} was trained on it. To evaluate on it as it is now: "
            f"--data {recipe.data}"
        )
    return dataset.test


def _other_split(data: str, classifier: Classifier, options: ReadOptions) -> Split:
    """Other data in the model's own image shape and numbering of the classes; some classes may be missing."""
    height, width, channels = classifier.image_shape
    options = replace(options, size=(height, width), gray=channels == 1)
    with shown_progress("Reading images") as progress:
        split, class_names, notes = load_test_images(data, options, progress, classifier.class_names)
    for note in notes:
        stderr.print(f"Note: {note}")
    unknown = [name for name in class_names if name not in classifier.class_names]
    if unknown:
        raise DataError(
            f"{data} has the classes {', '.join(class_names)}; the model knows {', '.join(classifier.class_names)}. "
            f"Expected no others: rename or remove {', '.join(unknown)}."
        )
    number = np.array([classifier.class_names.index(name) for name in class_names], np.int32)
    # A model for colour takes grey images as red, green and blue of equal strength.
    images = np.repeat(split.images, channels // split.images.shape[3], axis=3)
    return Split(images, number[split.labels], split.files)


@dataclass(frozen=True)
class Evaluation:
    """Predictions for a test set, and what they amount to.

    Args:
        probabilities: The network's own.
        metrics: Of these probabilities.
        calibrated_error: Expected calibration error of the calibrated probabilities.
        rejected: Share of the test images that were taken for none of the classes, 0…1; None without a rule.
        onnx_difference: The largest difference between the probabilities of model.onnx and of model.keras.
    """

    probabilities: Probabilities
    metrics: Metrics
    calibrated_error: float
    rejected: float | None
    onnx_difference: float | None = None


def evaluate_dataset(folder: RunFolder, dataset: Dataset) -> Evaluation:
    """Predict a test set with a run's model.onnx; write metrics.json and predictions.csv."""
    test, classifier = dataset.test, load_onnx(folder.onnx_model)
    probabilities, scores = classifier.probabilities_and_scores(test.images)
    metrics = evaluate_predictions(probabilities, test.labels, dataset.class_names)
    _write_predictions(folder.predictions, probabilities, test, dataset.class_names)
    write_text(folder.metrics, metrics.model_dump_json(indent=2) + "\n")
    threshold = classifier.metadata.rejection_threshold
    return Evaluation(
        probabilities,
        metrics,
        expected_calibration_error(tempered(probabilities, classifier.metadata.temperature), test.labels),
        None if threshold is None else float((scores > threshold).mean()),
    )


def _write_predictions(path: Path, probabilities: Probabilities, test: Split, class_names: tuple[str, ...]) -> None:
    """One row for each image: numbers and names of its class and of the predicted one, and its file if it has one."""
    predicted = probabilities.argmax(axis=1)
    shares = probabilities[np.arange(len(test)), predicted]
    rows: list[dict[str, Any]] = [
        {
            "index": index,
            "label": label,
            "predicted": guess,
            "probability": f"{share:.6f}",
            "loss": f"{loss:.6f}",
            "label_name": class_names[label],
            "predicted_name": class_names[guess],
        }
        for index, (label, guess, share, loss) in enumerate(
            zip(test.labels.tolist(), predicted.tolist(), shares, losses(probabilities, test.labels), strict=True)
        )
    ]
    for row, file in zip(rows, test.files, strict=False):
        row[FILE_COLUMN] = printable(file)
    write_csv(path, rows, (*PREDICTION_COLUMNS, FILE_COLUMN) if test.files else PREDICTION_COLUMNS)
