import io

import pytest
from rich.console import Console

from tenfold.training import progress
from tenfold.training.progress import ProgressBar


def shown(monkeypatch, width, terminal=True, bar=True):
    """What a terminal of this width gets to see of one epoch of 1,000 images in batches of 64."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=width, soft_wrap=True, color_system=None)
    monkeypatch.setattr(progress, "stderr", console)
    callback = ProgressBar(images=1000, batch_size=64, bar=bar)
    callback.set_params({"steps": 16, "epochs": 3})
    callback.on_epoch_begin(1)
    for batch in (0, 7, 15):
        callback.on_train_batch_end(batch, {"accuracy": 0.75, "loss": 0.5})
    callback.on_epoch_end(1, {"accuracy": 0.75, "loss": 0.5, "val_accuracy": 0.8, "val_loss": 0.4})
    return screen.getvalue()


def test_a_wide_terminal_shows_everything(monkeypatch):
    text = shown(monkeypatch, 130)
    assert "1,000/1,000 images · 0 s left · 16/16 batches" in text
    assert "images/s" in text


def test_a_narrow_terminal_shows_what_fits(monkeypatch):
    text = shown(monkeypatch, 80)
    assert "loss 0.5000  accuracy 0.7500 · 1,000/1,000 images" in text
    assert "images/s" not in text
    assert "…" not in text


@pytest.mark.parametrize(("terminal", "bar"), [(False, True), (True, False)])
def test_without_a_bar_one_line_for_each_epoch_stays(monkeypatch, terminal, bar):
    text = shown(monkeypatch, 120, terminal, bar)
    assert text.count("\n") == 1
    assert text.startswith("Epoch 2/3 ")
    assert text.endswith("s  loss 0.5000  accuracy 0.7500  val_loss 0.4000  val_accuracy 0.8000\n")
