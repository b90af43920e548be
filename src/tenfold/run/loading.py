"""Loading data under the user's eyes: a progress bar, and the choices that were made, on stderr."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tenfold.data.dataset import Dataset
from tenfold.data.load import read_dataset
from tenfold.data.options import DEFAULT_OPTIONS, ReadOptions
from tenfold.data.sizes import Progress
from tenfold.terminal import stderr

_PLAIN_LINE_SECONDS = 5.0
"""Without a terminal, one line of progress at most so often."""


def load_with_progress(source: str, options: ReadOptions = DEFAULT_OPTIONS) -> Dataset:
    """Load a data set, show how far it is, and print what was decided on the way.

    Args:
        source: As for `tenfold.data.load.load_dataset`.
        options: How to read it.

    Raises:
        DataError: There is no such data, or it makes no sense.
        ImageError: A picture cannot be decoded.
    """
    with shown_progress("Reading images") as progress:
        dataset = read_dataset(source, options, progress)
    for note in dataset.notes:
        stderr.print(f"Note: {note}")
    for warning in dataset.warnings:
        stderr.print(f"Warning: {warning}")
    return dataset


def shown_progress(title: str) -> AbstractContextManager[Progress]:
    """A bar on a terminal, else a line now and then; gives a function of the steps done and all steps."""
    return _bar(title) if stderr.is_terminal else _lines(title)


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as ProgressBar

    columns = TextColumn(title), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with ProgressBar(*columns, console=stderr, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


@contextmanager
def _lines(title: str) -> Iterator[Progress]:
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PLAIN_LINE_SECONDS:
            last = time.monotonic()
            stderr.print(f"{title}: {done / total:.0%}")

    yield report
