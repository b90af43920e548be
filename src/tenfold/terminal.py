"""Where people read: their terminal, or what it is redirected to."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console


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


def busy(what: str, show: bool = True) -> AbstractContextManager[object]:
    """Show a moving sign with these words during a block; nothing where stderr is no terminal."""
    return stderr.status(what) if show and stderr.is_terminal else nullcontext()
