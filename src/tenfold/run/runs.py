"""A run as a value: what `tenfold.train` returns, and `tenfold.load_run` reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tenfold.errors import RunError
from tenfold.evaluation.metrics import Metrics
from tenfold.files import read_json
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.record import RunRecord, read_record
from tenfold.run.run_folder import RunFolder, find_run, read_history


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes:
        path: The folder.
        record: What its run.json says.
    """

    path: Path
    record: RunRecord = field(repr=False)

    @cached_property
    def recipe(self) -> Recipe:
        """Its recipe, resolved."""
        return load_recipe(RunFolder(self.path).recipe)

    @cached_property
    def metrics(self) -> Metrics:
        """What the final evaluation on the test set found.

        Raises:
            RunError: The run was not evaluated.
        """
        return read_metrics(RunFolder(self.path))

    @cached_property
    def history(self) -> tuple[Mapping[str, float], ...]:
        """A row for each epoch: epoch, learning_rate, loss, accuracy and perhaps val_loss, val_accuracy."""
        return tuple(read_history(RunFolder(self.path)))

    @property
    def seconds(self) -> dict[str, Any]:
        """Wall-clock by stage, "total", and a list of those of the "epochs"."""
        seconds = self.record.seconds
        return {**seconds.stages, "total": seconds.total, "epochs": seconds.epochs}


def load_run(run: str | Path) -> Run:
    """Find a run and read its record.

    Args:
        run: A run folder, the name of one below runs/, or "last".

    Raises:
        RunError: There is no such run, or its record is damaged.
    """
    folder = RunFolder(find_run(str(run)))
    return Run(folder.path, read_record(folder.run))


def read_metrics(folder: RunFolder) -> Metrics:
    """What the final evaluation of a run found.

    Raises:
        RunError: The run was not evaluated, or its metrics.json is damaged.
    """
    if not folder.metrics.exists():
        raise RunError(
            f"{folder.path} was not evaluated: it has no metrics.json. Train it again: --recipe {folder.recipe}"
        )
    try:
        return Metrics.model_validate(read_json(folder.metrics))
    except ValidationError as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(f"{folder.metrics}: holds no metrics ({reason}). It is damaged: train the run again.") from error
