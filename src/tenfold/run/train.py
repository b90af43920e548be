"""`tenfold.train`: from a data set and a recipe to a finished run folder."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from tenfold.data.dataset import Dataset
from tenfold.errors import NonFiniteLossError, RunError, TrainingInterrupted
from tenfold.evaluation.baseline import guessing_accuracy, is_no_better_than_guessing
from tenfold.evaluation.metrics import Metrics
from tenfold.files import write_text
from tenfold.recipes.auto import AUTO_SECONDS
from tenfold.recipes.recipe import Recipe, dump_recipe, load_recipe
from tenfold.recipes.wording import counted
from tenfold.run.description import run_document
from tenfold.run.duration import parse_duration
from tenfold.run.libraries import wait_for_libraries
from tenfold.run.plan import Plan, make_plan
from tenfold.run.provenance import Stopwatch
from tenfold.run.random_state import callers_random_state
from tenfold.run.run_folder import (
    HISTORY_COLUMNS,
    RunFolder,
    check_out,
    create_run_folder,
    write_csv,
    write_json,
)
from tenfold.terminal import busy, stderr
from tenfold.types import Verbose

if TYPE_CHECKING:
    from tenfold.run.learning import Learned


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


def train(
    data: str | Path | Dataset | None = None,
    recipe: str | Path = "quick",
    *,
    epochs: int | None = None,
    seed: int | None = None,
    fraction: float | None = None,
    size: tuple[int, int] | None = None,
    gray: bool | None = None,
    label_column: str | None = None,
    label_from_name: bool | None = None,
    group_column: str | None = None,
    skip_bad: bool | None = None,
    overrides: Sequence[str] = (),
    out: str | Path | None = None,
    time_limit: float | str | None = None,
    verbose: Verbose = "auto",
    watch: Stopwatch | None = None,
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
        label_column: Instead of `label_column`: heading or number of a CSV file's column with the labels.
        label_from_name: Instead of `label_from_name`: take the labels from the files' names.
        group_column: Instead of `group_column`: heading of the column whose groups no cut separates.
        skip_bad: Instead of `skip_bad`: go on without pictures that cannot be decoded.
        overrides: Any other settings, such as "compile.optimizer.learning_rate=0.01".
        out: The run folder; it must be new or empty. None takes the next free number below runs/.
        time_limit: Seconds, or text such as "3m", for the whole run: fewer epochs are trained than the recipe has where
            it is too short for them. The recipe "auto" chooses its network by it, too.
        verbose: As in `tenfold.fit`.
        watch: A clock that already runs, for the seconds in run.json; None starts one.

    Raises:
        RecipeError: The recipe is wrong, or does not fit the data; nothing was written.
        DataError: The data is wrong; nothing was written.
        RunError: The run folder cannot be made.
        NonFiniteLossError: Training diverged; the last finite weights are in the run folder.
        TrainingInterrupted: Ctrl-C (on the command line SIGTERM, too); the weights so far are in the run folder.
    """
    given = {
        "training.epochs": epochs,
        "training.seed": seed,
        "training.fraction": fraction,
        "size": [int(side) for side in size] if size else None,
        "gray": gray,
        "label_column": label_column,
        "label_from_name": label_from_name,
        "group_column": group_column,
        "skip_bad": skip_bad,
    }
    settings = [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]
    folder = None if out is None else Path(out)
    check_out(folder)
    source = data.name if isinstance(data, Dataset) else data
    resolved = load_recipe(recipe, [*overrides, *settings], None if source is None else str(source))
    seconds = None if time_limit is None else parse_duration(str(time_limit))
    plan = make_plan(data, resolved, verbose, watch or Stopwatch())
    if str(recipe) == "auto":
        return _train(plan, folder, verbose, AUTO_SECONDS if seconds is None else seconds, [*overrides, *settings])
    return _train(plan, folder, verbose, seconds)


def _train(
    plan: Plan, out: Path | None, verbose: Verbose, time_limit: float | None, choose: Sequence[str] | None = None
) -> Run:
    """Train as planned, or, within a time limit, as much of it as there is time for.

    With `choose`, the settings of the user, the recipe itself is chosen.
    """
    with plan.watch.stage("libraries"), busy("Loading Keras", show=verbose != 0):
        wait_for_libraries()
        from tenfold.run import learning as learning
        from tenfold.training.compile_cache import compile_cache
    ahead: Future[dict[str, bytes]] = Future()
    with compile_cache(), callers_random_state():
        if time_limit is not None:
            plan = _within(plan, time_limit, choose, verbose)
        folder, learned = _learn(plan, out, verbose, ahead)
        if learned.status != "trained":
            _raise_unfinished(plan, learned, folder)
        try:
            with busy("Evaluating and drawing figures", show=verbose != 0), _tell_what_is_left(folder):
                return _finish(plan, folder, learned, ahead, verbose)
        except KeyboardInterrupt as interrupt:
            raise _interrupted_after_training(folder) from interrupt


def _within(plan: Plan, time_limit: float, choose: Sequence[str] | None, verbose: Verbose) -> Plan:
    from tenfold.run.time_limit import automatic, within_time_limit

    with plan.watch.stage("pace"), busy("Measuring the pace", show=verbose != 0):
        if choose is None:
            return within_time_limit(plan, time_limit, verbose)
        return automatic(plan, choose, time_limit, verbose)


def _learn(
    plan: Plan, out: Path | None, verbose: Verbose, ahead: "Future[dict[str, bytes]]"
) -> tuple[RunFolder, "Learned"]:
    """Build, fit and save the model; the run's description says that it is not evaluated yet."""
    from tenfold.run.building import build
    from tenfold.run.learning import Learned, learn
    from tenfold.training.epoch_log import EpochLog

    recipe, watch = plan.recipe, plan.watch
    with watch.stage("model"), busy("Drawing initial weights", show=verbose != 0):
        model = build(recipe, plan.dataset, plan.images_per_epoch)
    folder = create_run_folder(out, plan.dataset.name, recipe.name)
    write_text(folder.recipe, dump_recipe(recipe))
    work = Thread(target=_work_ahead, args=(plan, ahead), name="work ahead", daemon=True)
    learned = Learned(model, model, EpochLog(at_start=work.start), "interrupted")
    try:
        with watch.stage("training"):
            learned = learn(model, plan, verbose, learned.log)
        watch.split("training", "compiling", learned.log.compile_seconds)
        with _tell_what_is_left(folder):
            learned = _save(plan, folder, learned)  # at once: calibrating may run out of memory
            if learned.status == "trained":
                learned = _calibrate(plan, folder, learned)
    except KeyboardInterrupt as interrupt:  # what was learnt must not be lost for a moment's patience
        _rescue(plan, folder, learned)
        if learned.status == "trained":
            raise _interrupted_after_training(folder) from interrupt
    if learned.status != "trained" and work.ident:
        work.join()  # while it draws, the caller's own figures would have its style
    return folder, learned


def _save(plan: Plan, folder: RunFolder, learned: "Learned") -> "Learned":
    from tenfold.run.learning import save_keras, save_onnx

    with plan.watch.stage("saving"):
        write_csv(folder.history, _history_rows(learned), HISTORY_COLUMNS)
        save_keras(learned, folder)
        # Before the ONNX file, which is refused if it disagrees: then this is what is left of the run.
        write_json(folder.run, run_document(plan, folder, learned, learned.status))
        learned = save_onnx(learned, plan, folder)
    write_json(folder.run, run_document(plan, folder, learned, learned.status))
    return learned


def _calibrate(plan: Plan, folder: RunFolder, learned: "Learned") -> "Learned":
    """Measure how far the model can be believed; its ONNX file and the run's description say so."""
    from tenfold.run.learning import calibrated, save_onnx

    learned = calibrated(learned, plan)
    with plan.watch.stage("saving"):
        learned = save_onnx(learned, plan, folder)
    write_json(folder.run, run_document(plan, folder, learned, learned.status))
    return learned


@contextmanager
def _tell_what_is_left(folder: RunFolder) -> Iterator[None]:
    """Where a file cannot be written, as on a full disk, say which one, and what the run folder holds."""
    try:
        yield
    except BrokenPipeError:  # about a terminal, no file
        raise
    except OSError as error:
        left = sorted(path.name for path in folder.path.iterdir() if not path.name.startswith("."))
        reason = os.strerror(error.errno) if error.errno else error
        raise RunError(
            f"{error.filename or folder.path}: cannot be written ({reason}). {folder.path} holds "
            f"{', '.join(left) or 'nothing'}. Make room, or choose a folder on another disk (--out), and train again."
        ) from error


def _rescue(plan: Plan, folder: RunFolder, learned: "Learned") -> None:
    try:
        _save(plan, folder, learned)
    except KeyboardInterrupt as interrupt:
        raise TrainingInterrupted(f"Interrupted while saving: {folder.path} is not complete.") from interrupt


def _interrupted_after_training(folder: RunFolder) -> TrainingInterrupted:
    where = f"The model is in {folder.path}; tenfold evaluate {folder.path} measures it."
    return TrainingInterrupted(f"Interrupted after training. {where}")


def _work_ahead(plan: Plan, ahead: "Future[dict[str, bytes]]") -> None:
    """What needs no model, done while it is trained, when a processor core is often idle."""
    try:
        from tenfold.run.pictures import draw_data_pictures

        plan.metadata  # noqa: B018 - remembered by the plan, as the fingerprint in it is by the data set
        ahead.set_result(draw_data_pictures(plan.dataset))
    except BaseException as error:
        ahead.set_exception(error)


def _finish(
    plan: Plan, folder: RunFolder, learned: "Learned", ahead: "Future[dict[str, bytes]]", verbose: Verbose
) -> Run:
    """Evaluate, draw and report; then the run's description says that it is finished."""
    from tenfold.models.arithmetic import layer_arithmetic
    from tenfold.report.html_report import render_report
    from tenfold.run.evaluate import evaluate_dataset, named_mistakes
    from tenfold.run.golden import write_golden_pictures
    from tenfold.run.learning import save_onnx
    from tenfold.run.pictures import draw_pictures

    watch, dataset, log = plan.watch, plan.dataset, learned.log
    with watch.stage("evaluation"):
        evaluation = evaluate_dataset(folder, dataset)
        metrics = evaluation.metrics
        learned = save_onnx(learned, plan, folder, metrics)
        write_golden_pictures(folder, dataset)
    warnings = _learning_warnings(plan, learned, metrics)
    if verbose:
        for warning in warnings:
            stderr.print(f"Warning: {warning}")
    if verbose and (reason := learned.calibration.rejects_nothing):
        stderr.print(f"Note: every picture will get a label, also one of none of the classes: {reason}.")
    with watch.stage("figures"):
        watches = plan.recipe.training.watch_test_set
        figures = draw_pictures(folder, dataset, log, evaluation, watches, ahead.result())
    document = run_document(plan, folder, learned, "finished", metrics) | {"warnings": warnings}
    with watch.stage("report"):
        page = render_report(
            run=document,
            folder=str(folder.path),
            metrics=metrics,
            history=log.rows,
            recipe_toml=folder.recipe.read_text(encoding="utf-8"),
            summary=layer_arithmetic(learned.network),
            figures=figures,
            mistakes=named_mistakes(evaluation.answers, dataset.test, dataset.class_names),
        )
        write_text(folder.report, page)
    document = run_document(plan, folder, learned, "finished", metrics) | {"warnings": warnings}
    write_json(folder.run, document)
    return Run(folder.path, plan.recipe, metrics, tuple(log.rows), document["seconds"])


def _learning_warnings(plan: Plan, learned: "Learned", metrics: Metrics) -> list[str]:
    """That nothing was learnt, with likely causes, if training and test images say so."""
    accuracy, labels = learned.log.rows[-1]["accuracy"], plan.train.labels
    in_test = is_no_better_than_guessing(metrics.accuracy, plan.dataset.test.labels)
    if not (in_test and is_no_better_than_guessing(accuracy, labels)):
        return []
    lower = plan.recipe.compile.optimizer.learning_rate / 10
    return [
        f"The model learnt nothing: it is right about {accuracy:.1%} of the training images, and naming the most "
        f"frequent class each time is about {guessing_accuracy(labels):.1%}. Likely causes: too high a learning rate "
        f"(try --set compile.optimizer.learning_rate={lower:g}), too few epochs, a network that does not suit the "
        "images (try --recipe quick), or labels that do not belong to their images (look: tenfold data show)."
    ]


def _history_rows(learned: "Learned") -> list[dict[str, str]]:
    """Seven digits, which is what single precision holds."""
    return [{name: f"{value:.7g}" for name, value in row.items()} for row in learned.log.rows]


def _raise_unfinished(plan: Plan, learned: "Learned", folder: RunFolder) -> None:
    done = counted(len(learned.log.rows), "finished epoch")
    if (networks := plan.recipe.networks) > 1:
        done = f"{learned.finished or 'none'} of {networks} networks finished, {done}"
    saved = f"The model so far is in {folder.path} ({done})."
    if learned.status == "diverged":
        raise NonFiniteLossError(f"{learned.message} {saved}")
    raise TrainingInterrupted(f"Interrupted. {saved}")
