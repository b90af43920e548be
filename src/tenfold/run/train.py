"""`tenfold.train`: from a data set and a recipe to a finished run folder."""

import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import tenfold
from tenfold.data.dataset import Dataset
from tenfold.errors import NonFiniteLossError, RunError, TrainingInterrupted
from tenfold.events import events_to, sink
from tenfold.files import printable, write_text
from tenfold.messages import language
from tenfold.recipes.auto import AUTO_SECONDS
from tenfold.recipes.recipe import dump_recipe, load_recipe
from tenfold.recipes.wording import counted
from tenfold.record import DataRecord, MachineRecord, NetworkRecord, RunRecord, SecondsRecord, write_record
from tenfold.run.duration import parse_duration
from tenfold.run.libraries import wait_for_libraries
from tenfold.run.loading import data_notes
from tenfold.run.plan import Plan, make_plan
from tenfold.run.provenance import machine, versions
from tenfold.run.random_state import callers_random_state
from tenfold.run.run_folder import RunFolder, check_out, create_run_folder, write_history
from tenfold.run.runs import Run
from tenfold.run.stopwatch import Stopwatch
from tenfold.terminal import Verbose, verbose_sink

if TYPE_CHECKING:
    from tenfold.run.learning import Learned


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
    with events_to(verbose_sink(verbose)):
        plan = make_plan(data, resolved, watch or Stopwatch())
        if str(recipe) == "auto":
            return _train(plan, folder, verbose, AUTO_SECONDS if seconds is None else seconds, [*overrides, *settings])
        return _train(plan, folder, verbose, seconds)


def _train(
    plan: Plan, out: Path | None, verbose: Verbose, time_limit: float | None, choose: Sequence[str] | None = None
) -> Run:
    """Train as planned, or, within a time limit, as much of it as there is time for.

    With `choose`, the settings of the user, the recipe itself is chosen.
    """
    with plan.watch.stage("libraries"), sink().busy("Loading Keras"):
        wait_for_libraries()
        from tenfold.run.building import build
        from tenfold.run.time_limit import automatic, within_time_limit
        from tenfold.training.compile_cache import compile_cache
    with compile_cache(), callers_random_state():
        if time_limit is not None:
            with plan.watch.stage("pace"), sink().busy("Measuring the pace"):
                plan = within_time_limit(plan, time_limit) if choose is None else automatic(plan, choose, time_limit)
        with plan.watch.stage("model"), sink().busy("Drawing initial weights"):
            model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
        folder = create_run_folder(out, plan.dataset.name, plan.recipe.name)
        write_text(folder.recipe, dump_recipe(plan.recipe))
        record = _new_record(plan, folder, model)
        write_record(folder.run, record)
        _fit_and_complete(plan, folder, record, model, verbose)
    return Run(folder.path, record)


def _new_record(plan: Plan, folder: RunFolder, model: Any) -> RunRecord:
    """What is known of a run before it is trained."""
    from tenfold.models.arithmetic import layer_arithmetic

    dataset, recipe = plan.dataset, plan.recipe
    classes = len(dataset.class_names)
    record = RunRecord(
        tenfold=tenfold.__version__,
        name=folder.path.name,
        path=str(folder.path),
        status="training",
        recipe=recipe.name,
        seed=recipe.training.seed,
        language=language(),
        data=DataRecord(
            name=dataset.name,
            fingerprint=dataset.fingerprint,
            classes=list(dataset.class_names),
            image_shape=dataset.image_shape,
            train=len(plan.train),
            outliers=plan.images_per_epoch - len(plan.train),
            validation=len(plan.validation) if plan.validation else 0,
            validation_is_test_set=recipe.training.watch_test_set,
            test=len(dataset.test),
            train_counts=dataset.train.class_counts(classes),
            test_counts=dataset.test.class_counts(classes),
        ),
        network=NetworkRecord(layers=layer_arithmetic(model)),
        command=_command(plan, folder),
        started=plan.started.isoformat(timespec="seconds"),
        predicted_seconds=plan.predicted_seconds,
        versions=versions(),
        machine=MachineRecord.model_validate(machine()),
    )
    record.set_notes("data", data_notes(dataset))
    record.set_notes("time_limit", plan.time_limit_notes)
    return record


def _command(plan: Plan, folder: RunFolder) -> str:
    """What the user typed; from Python, the command that does the same."""
    if Path(sys.argv[0]).stem == "tenfold":
        return shlex.join(["tenfold", *map(printable, sys.argv[1:])])
    return shlex.join(["tenfold", "train", plan.recipe.data or "DATA", "--recipe", str(folder.recipe)])


def _fit_and_complete(plan: Plan, folder: RunFolder, record: RunRecord, model: Any, verbose: Verbose) -> None:
    """Train the model, save it, and go through all stages that follow.

    Raises:
        NonFiniteLossError: Training diverged; the last finite weights are saved.
        TrainingInterrupted: Ctrl-C or SIGTERM; what was reached is saved.
        RunError: A file cannot be written, as on a full disk.
    """
    from tenfold.run.complete import complete
    from tenfold.run.export import save_keras, save_uncalibrated_onnx
    from tenfold.run.learning import learn
    from tenfold.training.epoch_log import EpochLog

    drawn: Future[Mapping[str, bytes]] = Future()
    work = Thread(target=_work_ahead, args=(plan, drawn), name="work ahead", daemon=True)
    log = EpochLog(at_start=work.start)
    with plan.watch.stage("training"):
        learned = learn(model, plan, verbose, log)
    plan.watch.split("training", "compiling", log.compile_seconds)
    try:
        with _write_errors_explained(folder), plan.watch.stage("saving"):
            write_history(folder, log.rows)
            save_keras(learned.model, folder)
            record.status = learned.status
            record.network.parameters = learned.model.count_params()
            record.network.networks, record.network.starts = learned.networks, log.starts
            record.seconds = SecondsRecord(
                stages=dict(plan.watch.seconds), epochs=log.seconds, total=plan.watch.total()
            )
            write_record(folder.run, record)
            if learned.status != "trained":
                record.onnx_difference = save_uncalibrated_onnx(learned.model, plan, folder)
                write_record(folder.run, record)
    except KeyboardInterrupt as interrupt:
        raise _interrupted_while_saving(folder) from interrupt
    if learned.status != "trained":
        if work.ident:
            work.join()  # while it draws, the caller's own figures would have its style
        raise _unfinished(plan, learned, len(log.rows), folder)
    try:
        with sink().busy("Evaluating and drawing figures"), _write_errors_explained(folder):
            complete(plan, folder, record, learned.model, drawn)
    except (KeyboardInterrupt, MemoryError) as error:
        if not folder.onnx_model.exists():  # a model that is not calibrated is better than none
            try:
                save_uncalibrated_onnx(learned.model, plan, folder)
            except KeyboardInterrupt as interrupt:
                raise _interrupted_while_saving(folder) from interrupt
        if isinstance(error, MemoryError):
            raise
        where = f"The model is in {folder.path}; tenfold evaluate {folder.path} measures it."
        raise TrainingInterrupted(f"Interrupted after training. {where}") from error


def _interrupted_while_saving(folder: RunFolder) -> TrainingInterrupted:
    return TrainingInterrupted(f"Interrupted while saving: {folder.path} is not complete.")


def _work_ahead(plan: Plan, drawn: "Future[Mapping[str, bytes]]") -> None:
    """What needs no model, done while it is trained, when a processor core is often idle."""
    try:
        from tenfold.run.run_figures import data_figures

        plan.metadata  # noqa: B018 - remembered by the plan, as the fingerprint in it is by the data set
        drawn.set_result(data_figures(plan.dataset))
    except BaseException as error:
        drawn.set_exception(error)


@contextmanager
def _write_errors_explained(folder: RunFolder) -> Iterator[None]:
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


def _unfinished(plan: Plan, learned: "Learned", epochs: int, folder: RunFolder) -> BaseException:
    """What to raise where training did not come to its end."""
    done = counted(epochs, "finished epoch")
    if (networks := plan.recipe.networks) > 1:
        done = f"{learned.finished or 'none'} of {networks} networks finished, {done}"
    saved = f"The model so far is in {folder.path} ({done})."
    if learned.status == "diverged":
        return NonFiniteLossError(f"{learned.message} {saved}")
    return TrainingInterrupted(f"Interrupted. {saved}")
