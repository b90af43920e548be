"""`tenfold.resume`: continue a run that was broken off, or one that is finished."""

from pathlib import Path

from tenfold.data.dataset import Dataset
from tenfold.errors import DataError, RunError
from tenfold.events import events_to, sink
from tenfold.files import in_use, remove_leftovers
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.record import SCHEMA_VERSION, RunRecord, read_record
from tenfold.run.libraries import wait_for_libraries
from tenfold.run.plan import Plan, make_plan
from tenfold.run.random_state import callers_random_state
from tenfold.run.run_folder import RunFolder, find_run
from tenfold.run.runs import Run
from tenfold.run.stopwatch import Stopwatch
from tenfold.terminal import Verbose, verbose_sink


def resume(
    run: str | Path = "last",
    data: str | Path | Dataset | None = None,
    *,
    epochs: int | None = None,
    verbose: Verbose = "auto",
    watch: Stopwatch | None = None,
) -> Run:
    """Continue a run that was broken off, to the same files as if it had not been; or train a finished one further.

    Args:
        run: A run folder, the name of one below runs/, or "last": the last one that is not finished, or with `epochs`
            the last one that is.
        data: The data that the run was trained on, if it was given as a Dataset, or has been moved since.
        epochs: Train a finished run until it has so many epochs.
        verbose: As in `tenfold.fit`.
        watch: A clock that already runs, for the seconds in run.json; None starts one.

    Raises:
        RunError: There is no such run, nothing is left to do, it cannot be trained further, or its data has changed.
        NonFiniteLossError: Training diverged; the last finite weights are in the run folder.
        TrainingInterrupted: Ctrl-C (on the command line SIGTERM, too); the weights so far are in the run folder.
    """
    folder = RunFolder(find_run(str(run), finished=epochs is not None))
    with events_to(verbose_sink(verbose)), in_use(folder.path):
        record, recipe = read_record(folder.run), load_recipe(folder.recipe)
        _check_resumable(folder, record, recipe, epochs, data)
        remove_leftovers(folder.path)
        watch = watch or Stopwatch()
        watch.add(record.seconds.stages, record.seconds.total)
        plan = _plan(folder, record, recipe, data, watch)
        with plan.watch.stage("libraries"), sink().busy("Loading Keras"):
            wait_for_libraries()
            from tenfold.run.continuing import continued
            from tenfold.run.stages import run_stages
            from tenfold.training.compile_cache import compile_cache
        with compile_cache(), callers_random_state():
            if epochs is not None and record.status == "finished":
                plan = continued(plan, folder, record, epochs)
            run_stages(plan, folder, record)
    return Run(folder.path, record)


def _check_resumable(folder: RunFolder, record: RunRecord, recipe: Recipe, epochs: int | None, data: object) -> None:
    path = folder.path
    if record.schema_version < SCHEMA_VERSION:
        raise RunError(
            f"{path} was made by Tenfold {record.tenfold}, which kept no state to continue from. Train anew: tenfold "
            f"train {recipe.data or 'DATA'} --recipe {folder.recipe}"
        )
    if record.status == "finished" and epochs is None:
        raise RunError(f"{path} is finished. To train it further, say to how many epochs: --epochs N.")
    if record.status == "diverged":
        raise RunError(
            f"{path} diverged, and would again. Train anew with a lower learning rate: tenfold train "
            f"{recipe.data or 'DATA'} --recipe {folder.recipe} --set "
            f"compile.optimizer.learning_rate={recipe.compile.optimizer.learning_rate / 10:g}"
        )
    if record.status != "finished" and epochs not in (None, recipe.training.epochs):
        raise RunError(
            f"{path} is not finished: it has {recipe.training.epochs} epochs to train. Continue it without --epochs; "
            "train it further when it is finished."
        )
    if recipe.data is None and data is None:
        raise RunError(
            f'{path} was trained on arrays, which Python has to give again: tenfold.resume("{path}", dataset).'
        )


def _plan(
    folder: RunFolder, record: RunRecord, recipe: Recipe, data: str | Path | Dataset | None, watch: Stopwatch
) -> Plan:
    """What the run was going to do; the data has to be the same.

    Raises:
        RunError: It is gone, or has changed.
    """
    try:
        plan = make_plan(data, recipe, watch)
    except DataError as error:
        raise RunError(
            f"{folder.path} was trained on {data or recipe.data}, which cannot be read from here. {error} Go to the "
            "folder that it was trained in, or say where the data is: --data DATA."
        ) from error
    if plan.dataset.fingerprint != record.data.fingerprint:
        raise RunError(
            f"{data or recipe.data or 'The data set'} is not what {folder.path} was trained on: the data has changed. "
            f"Put it back; or start from the run's weights: tenfold train DATA --from {folder.path}"
        )
    return plan
