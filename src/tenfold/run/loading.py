"""Loading data under the user's eyes: a bar while large folders are read, and the choices that were made."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenfold.data.dataset import Dataset
from tenfold.data.load import load_dataset
from tenfold.data.sizes import Size

_console = Console(stderr=True, highlight=False, soft_wrap=True)


def load_with_progress(
    source: str | Path, *, size: Size | None = None, gray: bool = False, quiet: bool = False
) -> Dataset:
    """Load a data set as `load_dataset` does, with a progress bar and its notes on stderr unless `quiet`."""
    if quiet:
        return load_dataset(source, size=size, gray=gray)
    columns = (
        TextColumn("Reading {task.fields[source]}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_console, transient=True, disable=not _console.is_terminal) as bar:
        task = bar.add_task("", total=None, source=str(source), visible=False)
        dataset = load_dataset(
            source,
            size=size,
            gray=gray,
            progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    for note in dataset.notes:
        _console.print(f"Note: {note}")
    return dataset
