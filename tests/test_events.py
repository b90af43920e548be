from contextvars import copy_context

import pytest

from tenfold.events import Silence, events_to, sink
from tenfold.messages import Note


class _Recorder(Silence):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, note: Note) -> None:
        self.told.append(str(note))

    def line(self, text: str) -> None:
        self.told.append(text)


def _tell_everything() -> None:
    sink().note(Note("a", "A note."))
    sink().line("A line.")
    with sink().busy("Reading"):
        pass
    with sink().progress("Resizing") as progress:
        progress(1, 2)
    with sink().epoch("Epoch 1") as epoch:
        epoch(1, 2, "loss 0.5")


def test_without_a_surface_nothing_is_shown(capsys):
    _tell_everything()
    assert capsys.readouterr() == ("", "")


def test_events_go_to_the_sink_inside_the_block_alone():
    outer, inner = _Recorder(), _Recorder()
    with events_to(outer):
        _tell_everything()
        with events_to(inner):
            sink().line("Inside.")
        sink().line("Outside.")
    sink().line("After.")
    assert outer.told == ["A note.", "A line.", "Outside."]
    assert inner.told == ["Inside."]


def test_the_sink_is_reset_after_an_error():
    before = sink()
    with pytest.raises(KeyError), events_to(_Recorder()):
        raise KeyError
    assert sink() is before


def test_another_context_keeps_its_own_sink():
    elsewhere, recorder = copy_context(), _Recorder()
    with events_to(recorder):
        elsewhere.run(_tell_everything)
    assert recorder.told == []
