import io

import numpy as np
import pytest
from rich.console import Console

from tenfold.data.options import ReadOptions
from tenfold.run import loading
from tenfold.run.loading import load_with_progress


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "[red]a.npz"
    np.savez(path, x_train=np.zeros((2500, 3, 3)), y_train=np.arange(2500) % 2)
    return str(path)


def test_notes_and_warnings_go_to_stderr_as_they_are(data, capsys):
    dataset = load_with_progress(data, ReadOptions(size=(4, 4)))
    shown = capsys.readouterr()
    assert shown.out == ""
    notes = [f"Note: {note}" for note in dataset.notes]
    assert shown.err.splitlines() == [*notes, *(f"Warning: {warning}" for warning in dataset.warnings)]
    assert (len(dataset.notes), len(dataset.warnings)) == (2, 2)  # black all over, and two pictures many times


def test_without_a_terminal_progress_is_plain_lines(data, capsys, monkeypatch):
    monkeypatch.setattr(loading, "_PLAIN_LINE_SECONDS", 0)
    load_with_progress(data, ReadOptions(size=(4, 4)))
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Reading images")]
    assert lines == [f"Reading images: {share}%" for share in (0, 40, 80, 100)]


def test_on_a_terminal_a_bar_is_drawn_and_removed(data, monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(loading, "stderr", Console(file=screen, force_terminal=True, width=100))
    load_with_progress(data, ReadOptions(size=(4, 4)))
    assert "Reading images" in screen.getvalue()
    assert "100%" in screen.getvalue()
    assert "\x1b[2K" in screen.getvalue()
