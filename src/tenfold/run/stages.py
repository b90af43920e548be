"""A run from its plan to its report: train, save, and what follows. What is done already is passed over."""

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Any

import numpy as np

from tenfold.errors import NonFiniteLossError, RunError, TrainingInterrupted
from tenfold.events import sink
from tenfold.keras_internals import seed_states
from tenfold.keras_on_jax import keras
from tenfold.recipes.wording import counted
from tenfold.record import RunRecord, SecondsRecord, write_record
from tenfold.run.building import build
from tenfold.run.complete import complete
from tenfold.run.export import save_keras, save_uncalibrated_onnx
from tenfold.run.learning import Learned, learn
from tenfold.run.plan import Plan
from tenfold.run.run_figures import data_figures
from tenfold.run.run_folder import RunFolder, write_history
from tenfold.training.epoch_log import EpochLog


def run_stages(plan: Plan, folder: RunFolder, record: RunRecord, model: Any = None) -> None:
    """Go through the stages of a run that are not done yet.

    Args:
        plan: Recipe, data and clock.
        folder: The run's; it holds recipe.toml, run.json, and perhaps checkpoints.
        record: The run's. From the status "trained" on, model.keras is what was trained.
        model: The first network, as `build` made it; None builds it.

    Raises:
        NonFiniteLossError: Training diverged; the last finite weights are saved.
        TrainingInterrupted: Ctrl-C or SIGTERM; what was reached is saved.
        RunError: A file cannot be written, as on a full disk.
    """
    drawn: Future[Mapping[str, bytes]] = Future()
    work = Thread(target=_work_ahead, args=(plan, drawn), name="work ahead", daemon=True)
    if record.status == "trained":
        with plan.watch.stage("model"):
            model = keras.saving.load_model(folder.keras_model, compile=False)
        work.start()
    else:
        if model is None:
            with plan.watch.stage("model"), sink().busy("Drawing initial weights"):
                model = build(plan.recipe, plan.dataset, plan.images_per_epoch)
        model = _trained(plan, folder, record, model, work)
    shutil.rmtree(folder.checkpoints, ignore_errors=True)
    try:
        with sink().busy("Evaluating and drawing figures"), _write_errors_explained(plan, folder):
            complete(plan, folder, record, model, drawn)
    except (KeyboardInterrupt, MemoryError) as error:
        if not folder.onnx_model.exists():  # a model that is not calibrated is better than none
            try:
                save_uncalibrated_onnx(model, plan, folder)
            except KeyboardInterrupt as interrupt:
                raise _interrupted_while_saving(plan, folder) from interrupt
        if isinstance(error, MemoryError):
            raise
        raise TrainingInterrupted(
            f"Interrupted after training; the model is in {folder.path}. {_how_to_continue(plan, folder)}"
        ) from error


def _trained(plan: Plan, folder: RunFolder, record: RunRecord, model: Any, work: Thread) -> Any:
    """Train, and save what was learnt; gives the model, if it was trained to the end.

    Checkpoints stay until the record says that the model is saved.
    """
    log = EpochLog(at_start=work.start)
    with plan.watch.stage("training"):
        learned = learn(model, plan, folder.checkpoints, log)
    plan.watch.split("training", "compiling", log.compile_seconds)
    try:
        with _write_errors_explained(plan, folder), plan.watch.stage("saving"):
            write_history(folder, log.rows)
            save_keras(learned.model, folder)
            record.status = learned.status
            record.network.parameters = learned.model.count_params()
            record.network.networks, record.network.starts = learned.networks, log.starts
            record.network.seeds = [np.asarray(seed.value).tolist() for seed in seed_states(learned.model)]
            record.seconds = SecondsRecord(
                stages=dict(plan.watch.seconds), epochs=log.seconds, total=plan.watch.total()
            )
            write_record(folder.run, record)
            if learned.status != "trained":
                record.onnx_difference = save_uncalibrated_onnx(learned.model, plan, folder)
                write_record(folder.run, record)
    except KeyboardInterrupt as interrupt:
        raise _interrupted_while_saving(plan, folder) from interrupt
    if learned.status != "trained":
        if work.ident:
            work.join()  # while it draws, the caller's own figures would have its style
        raise _unfinished(plan, learned, len(log.rows), folder)
    return learned.model


def _work_ahead(plan: Plan, drawn: Future[Mapping[str, bytes]]) -> None:
    """What needs no model, done while it is trained, when a processor core is often idle."""
    try:
        plan.metadata  # noqa: B018 - remembered by the plan, as the fingerprint in it is by the data set
        drawn.set_result(data_figures(plan.dataset))
    except BaseException as error:
        drawn.set_exception(error)


@contextmanager
def _write_errors_explained(plan: Plan, folder: RunFolder) -> Iterator[None]:
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
            f"{', '.join(left) or 'nothing'}. Make room. {_how_to_continue(plan, folder)}"
        ) from error


def _interrupted_while_saving(plan: Plan, folder: RunFolder) -> TrainingInterrupted:
    return TrainingInterrupted(
        f"Interrupted while saving: {folder.path} is not complete. {_how_to_continue(plan, folder)}"
    )


def _how_to_continue(plan: Plan, folder: RunFolder) -> str:
    if plan.recipe.data is None:
        return f'Continue with tenfold.resume("{folder.path}", data).'
    return f"Continue: tenfold resume {folder.path}"


def _unfinished(plan: Plan, learned: Learned, epochs: int, folder: RunFolder) -> BaseException:
    """What to raise where training did not come to its end."""
    done = counted(epochs, "finished epoch")
    if (networks := plan.recipe.networks) > 1:
        done = f"{learned.finished or 'none'} of {networks} networks finished, {done}"
    saved = f"The model so far is in {folder.path} ({done})."
    if learned.status == "diverged":
        return NonFiniteLossError(f"{learned.message} {saved}")
    return TrainingInterrupted(f"Interrupted. {saved} {_how_to_continue(plan, folder)}")
