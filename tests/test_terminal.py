import io

from rich.console import Console

from tenfold import terminal
from tenfold.terminal import TerminalSink


def report_progress(sink):
    with sink.progress("Reading images") as progress:
        for done in (0, 1000, 2000, 2500):
            progress(done, 2500)


def test_without_a_terminal_progress_is_plain_lines(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "_PLAIN_LINE_SECONDS", 0)
    report_progress(TerminalSink())
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"Reading images: {share}%" for share in (0, 40, 80, 100)]


def test_on_a_terminal_a_bar_is_drawn_and_removed():
    screen = io.StringIO()
    report_progress(TerminalSink(console=Console(file=screen, force_terminal=True, width=100)))
    assert "Reading images" in screen.getvalue()
    assert "100%" in screen.getvalue()
    assert "\x1b[2K" in screen.getvalue()
