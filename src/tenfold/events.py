"""Where library code tells what it does: one sink of events, which a surface such as the command line sets.

Library code never prints. It calls `sink()` for notes and progress; what becomes of them is the surface's affair.
Without a surface, nothing is shown.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol

from tenfold.messages import Note

Progress = Callable[[int, int], None]
"""Takes the steps that are done and the steps in all."""

EpochProgress = Callable[[int, int, str], None]
"""Takes the steps that are done, the steps in all, and a text of one or two lines about them."""


class Sink(Protocol):
    """What a surface shows of the events."""

    def note(self, note: Note) -> None:
        """Something that the user should know."""

    def line(self, text: str) -> None:
        """A line that stays, such as that of a finished epoch."""

    def busy(self, what: str) -> AbstractContextManager[object]:
        """During the block, something goes on whose end is not known."""

    def progress(self, title: str) -> AbstractContextManager[Progress]:
        """During the block, something goes on whose steps are counted."""

    def epoch(self, title: str) -> AbstractContextManager[EpochProgress]:
        """During the block, an epoch is trained."""


class Silence:
    """Shows nothing."""

    def note(self, note: Note) -> None:
        """Nothing."""

    def line(self, text: str) -> None:
        """Nothing."""

    def busy(self, what: str) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()

    def progress(self, title: str) -> AbstractContextManager[Progress]:
        """Nothing."""
        return nullcontext(lambda done, total: None)

    def epoch(self, title: str) -> AbstractContextManager[EpochProgress]:
        """Nothing."""
        return nullcontext(lambda done, total, text: None)


_SILENCE = Silence()
_sink: ContextVar[Sink] = ContextVar("sink")


def sink() -> Sink:
    """The sink that the surface has set; one that shows nothing, if none has."""
    return _sink.get(_SILENCE)


def has_surface() -> bool:
    """Whether a surface has set a sink."""
    return _sink.get(None) is not None


@contextmanager
def events_to(chosen: Sink) -> Iterator[None]:
    """Inside the block, events go to this sink."""
    token = _sink.set(chosen)
    try:
        yield
    finally:
        _sink.reset(token)
