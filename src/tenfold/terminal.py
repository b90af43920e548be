"""The user's terminal, for everything that is no result: progress, notes, messages."""

from contextlib import AbstractContextManager, nullcontext

from rich.console import Console

stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def busy(what: str, show: bool = True) -> AbstractContextManager[object]:
    """Show a moving sign with these words during a block; nothing where stderr is no terminal."""
    return stderr.status(what) if show and stderr.is_terminal else nullcontext()
