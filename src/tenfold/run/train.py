"""`tenfold.train`: from a data set and a recipe to a finished run folder."""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tenfold
from tenfold.data.dataset import Dataset
from tenfold.events import events_to, sink
from tenfold.files import in_use, printable, write_text
from tenfold.messages import language
from tenfold.recipes.auto import AUTO_SECONDS
from tenfold.recipes.recipe import dump_recipe, load_recipe
from tenfold.record import DataRecord, MachineRecord, NetworkRecord, RunRecord, write_record
from tenfold.run.duration import parse_duration
from tenfold.run.libraries import wait_for_libraries
from tenfold.run.loading import data_notes
from tenfold.run.plan import Plan, make_plan
from tenfold.run.provenance import machine, versions
from tenfold.run.random_state import callers_random_state
from tenfold.run.run_folder import RunFolder, check_out, create_run_folder
from tenfold.run.runs import Run
from tenfold.run.stopwatch import Stopwatch
from tenfold.terminal import Verbose, verbose_sink


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
            return _train(plan, folder, AUTO_SECONDS if seconds is None else seconds, [*overrides, *settings])
        return _train(plan, folder, seconds)


def _train(plan: Plan, out: Path | None, time_limit: float | None, choose: Sequence[str] | None = None) -> Run:
    """Train as planned, or, within a time limit, as much of it as there is time for.

    With `choose`, the settings of the user, the recipe itself is chosen.
    """
    with plan.watch.stage("libraries"), sink().busy("Loading Keras"):
        wait_for_libraries()
        from tenfold.run.building import build
        from tenfold.run.stages import run_stages
        from tenfold.run.time_limit import automatic, within_time_limit
        from tenfold.training.compile_cache import compile_cache
    with compile_cache(), callers_random_state():
        if time_limit is not None:
            with plan.watch.stage("pace"), sink().busy("Measuring the pace"):
                plan = within_time_limit(plan, time_limit) if choose is None else automatic(plan, choose, time_limit)
        with plan.watch.stage("model"), sink().busy("Drawing initial weights"):
            model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
        folder = create_run_folder(out, plan.dataset.name, plan.recipe.name)
        with in_use(folder.path):
            write_text(folder.recipe, dump_recipe(plan.recipe))
            record = _new_record(plan, folder, model)
            write_record(folder.run, record)
            run_stages(plan, folder, record, model)
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
