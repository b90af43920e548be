"""One run, one folder: the only place that knows what lies where in it.

runs/mnist-quick-1/
    recipe.toml  run.json  history.csv  model.keras  model.weights.h5  model.onnx  metrics.json  predictions.csv
    pictures.npz  golden/  figures/*.png  report.html
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tenfold.errors import RunError
from tenfold.files import printable, read_json, write_text

RUNS = Path("runs")
HISTORY_COLUMNS = ("epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def recipe(self) -> Path:
        """Every setting, resolved."""
        return self.path / "recipe.toml"

    @property
    def run(self) -> Path:
        """The run's `RunRecord`."""
        return self.path / "run.json"

    @property
    def history(self) -> Path:
        """One row per epoch."""
        return self.path / "history.csv"

    @property
    def keras_model(self) -> Path:
        """The whole model, for plain Keras."""
        return self.path / "model.keras"

    @property
    def weights(self) -> Path:
        """The weights alone."""
        return self.path / "model.weights.h5"

    @property
    def onnx_model(self) -> Path:
        """The model to ship."""
        return self.path / "model.onnx"

    @property
    def metrics(self) -> Path:
        """What the final evaluation found."""
        return self.path / "metrics.json"

    @property
    def predictions(self) -> Path:
        """One row per test image."""
        return self.path / "predictions.csv"

    @property
    def golden(self) -> Path:
        """The folder of pictures with the answers that `predict` gives for them."""
        return self.path / "golden"

    @property
    def pictures(self) -> Path:
        """The images that figures and report show."""
        return self.path / "pictures.npz"

    @property
    def figures(self) -> Path:
        """The folder of pictures."""
        return self.path / "figures"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints, while the run is trained."""
        return self.path / "checkpoint"

    @property
    def report(self) -> Path:
        """The page that shows it all."""
        return self.path / "report.html"


def create_run_folder(out: Path | None, data: str, recipe: str) -> RunFolder:
    """Make a fresh folder: `out`, or the first free runs/DATA-RECIPE-NUMBER.

    Raises:
        RunError: `out` exists and is not an empty folder, or no folder can be made there.
    """
    check_out(out)
    label = re.sub(r"[^\w.-]+", "-", data).strip("-.") or "data"
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            return RunFolder(out)
        RUNS.mkdir(exist_ok=True)
        for number in count(1):
            path = RUNS / f"{label}-{recipe}-{number}"
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return RunFolder(path)
    except OSError as error:
        raise RunError(
            f"Cannot make a run folder ({error}). Choose a place that you may write to: --out DIR."
        ) from error
    raise AssertionError("counting never ends")


def check_out(out: Path | None) -> None:
    """Refuse an `out` that exists and is not an empty folder; a run overwrites nothing.

    Raises:
        RunError: It does; or its name is no UTF-8, so that the run could not tell where it is.
    """
    if out is not None and printable(out) != str(out):
        raise RunError(f"{printable(out)} is not valid UTF-8. Choose another --out.")
    try:
        taken = out is not None and out.exists() and (not out.is_dir() or any(out.iterdir()))
    except OSError as error:
        raise RunError(f"{out} cannot be a run folder ({error.strerror}). Choose another --out.") from error
    if taken:
        raise RunError(f"{out} exists already; a run needs a fresh folder. Choose another --out.")


def find_run(name: str, *, finished: bool = True) -> Path:
    """The folder of a run, given by path, by its name below runs/, or as "last".

    Args:
        name: What the user gave.
        finished: Whether "last" means the last run that is finished, or the last one that is not.

    Raises:
        RunError: There is none; it says where runs were looked for.
    """
    if name == "last":
        candidates = [path for path in RUNS.glob("*/run.json") if (_status(path) == "finished") is finished]
        if not candidates and not finished:
            raise RunError(f"There is no run to continue below {RUNS.absolute()}: all are finished, or there is none.")
        if not candidates:
            begun = sorted(path.parent.name for path in RUNS.glob("*/run.json"))
            other = f" Not finished are {', '.join(begun[-5:])}: give the name of one." if begun else ""
            advice = other or " Train one first: tenfold train mnist"
            raise RunError(f"There is no finished run below {RUNS.absolute()}.{advice}")
        return max(candidates, key=lambda path: path.stat().st_mtime_ns).parent
    for path in (Path(name), RUNS / name):
        if RunFolder(path).run.is_file():
            return path
    if Path(name).is_dir():
        raise RunError(f"{name} is no run folder: it has no run.json. Expected one that `tenfold train` made.")
    known = sorted(path.parent.name for path in RUNS.glob("*/run.json"))
    some = f" Runs below {RUNS}/: {', '.join(known[-5:])}." if known else " Train one first: tenfold train mnist"
    raise RunError(f"There is no run {name!r}.{some}")


def _status(path: Path) -> Any:
    """What a run.json says of its run; None if it is damaged, for it is not the run that was asked for."""
    try:
        return read_json(path).get("status")
    except RunError:
        return None


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows under their column names; what a row lacks stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_history(folder: RunFolder, rows: Sequence[Mapping[str, float]]) -> None:
    """Write a row for each epoch to history.csv, with seven digits, which is what single precision holds."""
    formatted = [{name: f"{value:.7g}" for name, value in row.items()} for row in rows]
    write_csv(folder.history, formatted, HISTORY_COLUMNS)


def read_history(folder: RunFolder) -> list[dict[str, float]]:
    """A row for each epoch of a run, with the columns that history.csv has values for.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        with folder.history.open(encoding="utf-8", newline="") as file:
            rows = [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
        return [{**row, "epoch": int(row["epoch"])} for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder.history}: cannot be read ({error}). It is damaged: train the run again.") from error
