"""`tenfold.train`: from a data set and a recipe to a finished run folder."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tenfold
from tenfold.classifier.metadata import Metadata, polarity
from tenfold.data.dataset import Dataset, Split
from tenfold.data.load import load_dataset
from tenfold.data.split import stratified_cut
from tenfold.errors import DataError, NonFiniteLossError, TrainingInterrupted
from tenfold.evaluation.metrics import Metrics
from tenfold.files import write_text
from tenfold.recipes.recipe import Recipe, dump_recipe, load_recipe
from tenfold.recipes.settings import Training
from tenfold.run.loading import load_with_progress
from tenfold.run.provenance import Stopwatch, machine, peak_memory_bytes, versions
from tenfold.run.run_folder import (
    HISTORY_COLUMNS,
    RunFolder,
    create_run_folder,
    data_label,
    write_csv,
    write_json,
)
from tenfold.training.class_weights import class_weights
from tenfold.types import Verbose

if TYPE_CHECKING:
    from tenfold.run.learning import Learned

_PARITY_IMAGES = 100


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        path: Its folder.
        recipe: Its recipe, resolved.
        metrics: What the final evaluation on the test set found.
        history: A row for each epoch: epoch, learning_rate, loss, accuracy and perhaps val_loss, val_accuracy.
        seconds: Wall-clock by stage, and in total.
    """

    path: Path
    recipe: Recipe = field(repr=False)
    metrics: Metrics = field(repr=False)
    history: tuple[Mapping[str, float], ...] = field(repr=False)
    seconds: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Plan:
    """Everything that is settled before Keras is loaded."""

    recipe: Recipe
    dataset: Dataset
    train: Split
    validation: Split | None
    class_weight: dict[int, float] | None
    started: datetime
    watch: Stopwatch


def train(
    data: str | Path | Dataset | None = None,
    recipe: str | Path = "quick",
    *,
    epochs: int | None = None,
    seed: int | None = None,
    fraction: float | None = None,
    size: tuple[int, int] | None = None,
    gray: bool | None = None,
    overrides: Sequence[str] = (),
    out: str | Path | None = None,
    verbose: Verbose = "auto",
) -> Run:
    """Train a classifier, evaluate it once on the test set, and leave a run folder.

    Args:
        data: A catalogue name, the path of your own data, or a Dataset; None takes the recipe's own.
        recipe: The name of a recipe, or the path of a TOML file.
        epochs: Instead of the recipe's `training.epochs`.
        seed: Instead of `training.seed`.
        fraction: Instead of `training.fraction`: use only this share of the training images.
        size: Instead of `size`: bring all images to this height and width.
        gray: Instead of `gray`: turn colour to grey.
        overrides: Any other settings, such as "compile.optimizer.learning_rate=0.01".
        out: The run folder; it must be new or empty. None takes the next free number below runs/.
        verbose: As in `tenfold.fit`.

    Raises:
        RecipeError: The recipe is wrong, or does not fit the data; nothing was written.
        DataError: The data is wrong; nothing was written.
        RunError: The run folder cannot be made.
        NonFiniteLossError: Training diverged; the last finite weights are in the run folder.
        TrainingInterrupted: Ctrl-C or SIGTERM; the weights so far are in the run folder.
    """
    watch, started = Stopwatch(), datetime.now(UTC)
    given = {
        "training.epochs": epochs,
        "training.seed": seed,
        "training.fraction": fraction,
        "size": list(size) if size else None,
        "gray": None if gray is None else str(gray).lower(),
    }
    settings = [f"{key}={value}" for key, value in given.items() if value is not None]
    resolved = load_recipe(recipe, [*overrides, *settings])
    with watch.stage("data"):
        resolved, dataset = _load_data(data, resolved, verbose)
        train_split, validation = training_splits(dataset, resolved.training)
    weights = class_weights(resolved.training, train_split.labels, dataset.class_names)
    plan = _Plan(resolved, dataset, train_split, validation, weights, started, watch)
    return _train(plan, None if out is None else Path(out), verbose)


def _load_data(data: str | Path | Dataset | None, recipe: Recipe, verbose: Verbose) -> tuple[Recipe, Dataset]:
    """The data, and the recipe that says which data it was."""
    if isinstance(data, Dataset):
        return recipe.model_copy(update={"data": None}), data
    source = recipe.data if data is None else str(data)
    if source is None:
        raise DataError(f"The recipe {recipe.name} names no data. Say what to train on, such as mnist or a folder.")
    load = load_with_progress if verbose else load_dataset
    dataset = load(source, size=recipe.size, gray=recipe.gray)
    return recipe.model_copy(update={"data": source}), dataset


def training_splits(dataset: Dataset, training: Training) -> tuple[Split, Split | None]:
    """What a recipe trains on, and what it evaluates after each epoch.

    The validation images are cut from the training images class by class; with `watch_test_set` they are the test
    images, as in some tutorials, and nothing is selected by them.
    """
    train = dataset.train
    if training.fraction < 1:
        _, kept = stratified_cut(train.labels, training.fraction, training.seed)
        train = train.take(kept)
    if training.watch_test_set:
        return train, dataset.test
    if not training.validation_split:
        return train, None
    kept, cut = stratified_cut(train.labels, training.validation_split, training.seed)
    return train.take(kept), train.take(cut)


def _train(plan: _Plan, out: Path | None, verbose: Verbose) -> Run:
    recipe, watch = plan.recipe, plan.watch
    with watch.stage("libraries"):
        from tenfold.run.learning import build, learn, save_model
    with watch.stage("model"):
        model = build(recipe, plan.dataset, len(plan.train))
    folder = create_run_folder(out, data_label(recipe.data or plan.dataset.name), recipe.name)
    write_text(folder.recipe, dump_recipe(recipe))
    with watch.stage("training"):
        learned = learn(model, recipe, plan.train, plan.validation, plan.class_weight, verbose)
    with watch.stage("saving"):
        write_csv(folder.history, _history_rows(learned), HISTORY_COLUMNS)
        save_model(model, folder, _metadata(plan, metrics=None))
    if learned.status != "finished":
        write_json(folder.run, _run_document(plan, folder, learned))
        _raise_unfinished(learned, folder)
    return _finish(plan, folder, learned)


def _finish(plan: _Plan, folder: RunFolder, learned: "Learned") -> Run:
    """Evaluate, draw and report; the run's own description comes last, so that it tells a finished run."""
    from tenfold.classifier.onnx_writer import write_onnx
    from tenfold.models.arithmetic import layer_arithmetic
    from tenfold.report.html_report import render_report
    from tenfold.run.evaluate import evaluate_dataset
    from tenfold.run.learning import onnx_difference
    from tenfold.run.pictures import draw_pictures

    watch, dataset, rows = plan.watch, plan.dataset, learned.log.rows
    with watch.stage("evaluation"):
        evaluation = evaluate_dataset(folder, dataset)
        metrics = evaluation.metrics
        write_onnx(learned.model, folder.onnx_model, _metadata(plan, metrics))
        difference = onnx_difference(learned.model, folder, dataset.test.images[:_PARITY_IMAGES])
    with watch.stage("figures"):
        watches = plan.recipe.training.watch_test_set
        figures = draw_pictures(folder, dataset, rows, evaluation.probabilities, metrics, watches)
    document = _run_document(plan, folder, learned, difference)
    with watch.stage("report"):
        page = render_report(
            run=document,
            metrics=metrics,
            history=rows,
            recipe_toml=folder.recipe.read_text(encoding="utf-8"),
            summary=layer_arithmetic(learned.model),
            figures=figures,
        )
        write_text(folder.report, page)
    document = _run_document(plan, folder, learned, difference)
    write_json(folder.run, document)
    return Run(folder.path, plan.recipe, metrics, tuple(rows), document["seconds"])


def _history_rows(learned: "Learned") -> list[dict[str, str]]:
    """Seven digits, which is what single precision holds."""
    return [{name: f"{value:.7g}" for name, value in row.items()} for row in learned.log.rows]


def _raise_unfinished(learned: "Learned", folder: RunFolder) -> None:
    saved = f"The model so far is in {folder.path} ({len(learned.log.rows)} finished epochs)."
    if learned.status == "diverged":
        raise NonFiniteLossError(f"{learned.message} {saved}")
    raise TrainingInterrupted(f"Interrupted. {saved}")


def _metadata(plan: _Plan, metrics: Metrics | None) -> Metadata:
    dataset = plan.dataset
    return Metadata(
        class_names=dataset.class_names,
        image_shape=dataset.image_shape,
        polarity=polarity(plan.train.images),
        recipe=plan.recipe.name,
        accuracy=metrics.accuracy if metrics else None,
        test_count=metrics.count if metrics else 0,
        data=dataset.name,
        data_fingerprint=dataset.fingerprint,
        tenfold_version=tenfold.__version__,
    )


def _run_document(
    plan: _Plan, folder: RunFolder, learned: "Learned", difference: float | None = None
) -> dict[str, Any]:
    """The content of run.json."""
    dataset = plan.dataset
    return {
        "tenfold": tenfold.__version__,
        "name": folder.path.name,
        "status": learned.status,
        "recipe": plan.recipe.name,
        "parameters": learned.model.count_params(),
        "data": {
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "classes": list(dataset.class_names),
            "image_shape": list(dataset.image_shape),
            "train": len(plan.train),
            "validation": len(plan.validation) if plan.validation else 0,
            "validation_is_test_set": plan.recipe.training.watch_test_set,
            "test": len(dataset.test),
            "notes": list(dataset.notes),
        },
        "onnx_difference": difference,
        "seed": plan.recipe.training.seed,
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "started": plan.started.isoformat(timespec="seconds"),
        "seconds": {**plan.watch.seconds, "total": plan.watch.total(), "epochs": learned.log.seconds},
        "versions": versions(),
        "machine": machine(),
        "peak_memory_bytes": peak_memory_bytes(),
    }
