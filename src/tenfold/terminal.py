"""Where people read: their terminal, or what it is redirected to."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal

from rich.console import Console

from tenfold.events import EpochProgress, Progress, Silence, Sink, has_surface, sink
from tenfold.messages import Note

Verbose = Literal["auto", 0, 1, 2]
"""How much training shows: a bar and a line for each epoch ("auto", 1), the lines alone (2), nothing (0)."""

_BAR_WIDTH = 12
_PLAIN_LINE_SECONDS = 5.0
"""Without a terminal, one line of progress at most so often."""


class Terminal(Console):
    """Prints text as it is, also such that looks like markup: names and paths are the user's.

    A reader of stderr who leaves, such as `head`, ends no training: from then on it is quiet. With the reader of
    stdout, who the results are for, the command ends.
    """

    def __init__(self, *, stderr: bool = False, soft_wrap: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=soft_wrap, highlight=False, markup=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, as `rich.console.Console` does; a full disk is no reason to end what the messages are about."""
        try:
            super().print(*objects, **options)
        except OSError:
            if not self.stderr:
                raise
            self.quiet = True

    def on_broken_pipe(self) -> None:
        """Be quiet, or raise BrokenPipeError."""
        if not self.stderr:
            raise BrokenPipeError
        self.quiet = True


stderr = Terminal(stderr=True, soft_wrap=True)
"""For everything that is no result: progress, notes, messages."""


class TerminalSink:
    """Shows events on a console: bars where it is a terminal, else plain lines.

    Args:
        bar: Whether to draw bars for epochs.
        console: Where to; None means stderr.
    """

    def __init__(self, bar: bool = True, console: Console | None = None) -> None:
        self._console = console or stderr
        self._bar = bar

    def note(self, note: Note) -> None:
        """Print it after its severity."""
        self._console.print(f"{'Warning' if note.severity == 'warning' else 'Note'}: {note}")

    def line(self, text: str) -> None:
        """Print it."""
        self._console.print(text)

    def busy(self, what: str) -> AbstractContextManager[object]:
        """A moving sign with these words; nothing where there is no terminal."""
        return self._console.status(what) if self._console.is_terminal else nullcontext()

    def progress(self, title: str) -> AbstractContextManager[Progress]:
        """A bar on a terminal, else a line now and then."""
        return self._progress_bar(title) if self._console.is_terminal else self._progress_lines(title)

    @contextmanager
    def epoch(self, title: str) -> Iterator[EpochProgress]:
        """A bar on a terminal, with the text beside it."""
        if not (self._bar and self._console.is_terminal):
            yield lambda done, total, text: None
            return
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as ProgressBar

        columns = TextColumn(title), BarColumn(bar_width=_BAR_WIDTH), TextColumn("{task.fields[text]}")
        with ProgressBar(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task("", total=None, text="")
            yield lambda done, total, text: bar.update(task, completed=done, total=total, text=text)

    @contextmanager
    def _progress_bar(self, title: str) -> Iterator[Progress]:
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as ProgressBar

        columns = TextColumn(title), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
        with ProgressBar(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task("", total=None, visible=False)
            yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)

    @contextmanager
    def _progress_lines(self, title: str) -> Iterator[Progress]:
        last = time.monotonic()

        def report(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _PLAIN_LINE_SECONDS:
                last = time.monotonic()
                self._console.print(f"{title}: {done / total:.0%}")

        yield report


def verbose_sink(verbose: Verbose) -> Sink:
    """The sink that Keras's argument `verbose` asks for: 1 bars and lines, 2 lines alone, 0 nothing.

    "auto" is the sink that a surface has set; without a surface, it is 1.
    """
    if verbose == "auto" and has_surface():
        return sink()
    return Silence() if verbose == 0 else TerminalSink(bar=verbose != 2)
