"""Evaluating a finished run's model on a test set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tenfold.classifier.classifier import Answers
from tenfold.data.dataset import Dataset, Split
from tenfold.data.load import load_test_images
from tenfold.data.options import DEFAULT_OPTIONS, ReadOptions
from tenfold.errors import DataError, RunError
from tenfold.evaluation.metrics import Metrics, evaluate_predictions
from tenfold.evaluation.mistakes import losses
from tenfold.events import sink
from tenfold.files import printable, write_text
from tenfold.messages import Note
from tenfold.photo.reader import Reader, load_classifier
from tenfold.recipes.recipe import load_recipe
from tenfold.record import read_record
from tenfold.run.loading import load_with_progress
from tenfold.run.run_folder import RunFolder, find_run, write_csv


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
    reader = load_classifier(folder.onnx_model)
    if read_record(folder.run).status in ("interrupted", "diverged"):
        sink().note(Note("not_trained_to_its_end", "{run} was not trained to its end.", {"run": str(folder.path)}))
    split = _own_test_split(folder) if data is None else _other_split(str(data), reader, options)
    with sink().busy("Evaluating"):
        evaluation = evaluate_split(reader, split)
    if out is not None:
        write_predictions(Path(out), evaluation.answers, split, reader.class_names)
    return evaluation.metrics


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
    if dataset.fingerprint != read_record(folder.run).data.fingerprint:
        raise RunError(
            f"{recipe.data} has changed since {folder.path} was trained on it. To evaluate on it as it is now: "
            f"--data {recipe.data}"
        )
    return dataset.test


def _other_split(data: str, reader: Reader, options: ReadOptions) -> Split:
    """Other data in the model's own image shape and numbering of the classes; some classes may be missing."""
    height, width, channels = reader.image_shape
    options = replace(options, size=(height, width), gray=channels == 1)
    with sink().progress("Reading images") as progress:
        split, class_names, notes = load_test_images(data, options, progress, reader.class_names)
    for note in notes:
        sink().note(Note("data", "{text}", {"text": note}))
    unknown = [name for name in class_names if name not in reader.class_names]
    if unknown:
        raise DataError(
            f"{data} has the classes {', '.join(class_names)}; the model knows {', '.join(reader.class_names)}. "
            f"Expected no others: rename or remove {', '.join(unknown)}."
        )
    number = np.array([reader.class_names.index(name) for name in class_names], np.int32)
    # A model for colour takes grey images as red, green and blue of equal strength.
    images = np.repeat(split.images, channels // split.images.shape[3], axis=3)
    return Split(images, number[split.labels], split.files)


@dataclass(frozen=True)
class Evaluation:
    """What `predict` says of a test set, and what it amounts to.

    Args:
        answers: Probabilities, and which images get a label.
        metrics: Of these answers.
    """

    answers: Answers
    metrics: Metrics


def evaluate_split(reader: Reader, split: Split) -> Evaluation:
    """Ask a model about images with known labels, as `predict` would about their files."""
    answers = reader.answers(split.images)
    accepted = None if reader.metadata.rejection_threshold is None else answers.accepted
    metrics = evaluate_predictions(
        answers.probabilities,
        split.labels,
        reader.class_names,
        calibrated=answers.calibrated,
        accepted=accepted,
    )
    return Evaluation(answers, metrics)


def write_evaluation(folder: RunFolder, evaluation: Evaluation, dataset: Dataset) -> None:
    """Write metrics.json and predictions.csv."""
    write_predictions(folder.predictions, evaluation.answers, dataset.test, dataset.class_names)
    write_text(folder.metrics, evaluation.metrics.model_dump_json(indent=2) + "\n")


def write_predictions(path: Path, answers: Answers, split: Split, class_names: Sequence[str]) -> None:
    """Write a row for each image: what it shows, what it was taken for, and whether `predict` gives that label.

    Args:
        path: The CSV file.
        answers: Of the model.
        split: The images' labels, and their files if there are any.
        class_names: One name for each class.
    """
    predicted = answers.probabilities.argmax(axis=1)
    columns = {
        "index": range(len(split)),
        "label": [class_names[number] for number in split.labels],
        "predicted": [class_names[number] for number in predicted],
        "probability": [f"{value:.6f}" for value in answers.calibrated.max(axis=1)],
        "accepted": ["yes" if accepted else "no" for accepted in answers.accepted],
        "loss": [f"{value:.6f}" for value in losses(answers.probabilities, split.labels)],
        "label_number": split.labels.tolist(),
        "predicted_number": predicted.tolist(),
    }
    if split.files:
        columns["file"] = [printable(file) for file in split.files]
    write_csv(
        path, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], list(columns)
    )
