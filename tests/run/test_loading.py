from contextlib import nullcontext

import numpy as np
import pytest

from tenfold.data.options import ReadOptions
from tenfold.events import Silence, events_to
from tenfold.run.loading import load_with_progress
from tenfold.terminal import TerminalSink


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "[red]a.npz"
    np.savez(path, x_train=np.zeros((2500, 3, 3)), y_train=np.arange(2500) % 2)
    return str(path)


def test_notes_and_warnings_go_to_stderr_as_they_are(data, capsys):
    with events_to(TerminalSink()):
        dataset = load_with_progress(data, ReadOptions(size=(4, 4)))
    shown = capsys.readouterr()
    assert shown.out == ""
    notes = [f"Note: {note}" for note in dataset.notes]
    assert shown.err.splitlines() == [*notes, *(f"Warning: {warning}" for warning in dataset.warnings)]
    assert (len(dataset.notes), len(dataset.warnings)) == (2, 2)  # black all over, and two pictures many times


def test_without_a_surface_nothing_is_shown(data, capsys):
    load_with_progress(data, ReadOptions(size=(4, 4)))
    assert capsys.readouterr() == ("", "")


def test_progress_is_told_from_none_to_all(data):
    told = []

    class Recorded(Silence):
        def progress(self, title):
            return nullcontext(lambda done, total: told.append((title, done, total)))

    with events_to(Recorded()):
        load_with_progress(data, ReadOptions(size=(4, 4)))
    assert told == [("Reading images", done, 2500) for done in (0, 1000, 2000, 2500)]
