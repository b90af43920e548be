import io

import pytest
from rich.console import Console

from tenfold.terminal import TerminalSink
from tenfold.training.progress import ProgressBar


def shown(width, terminal=True, bar=True):
    """What a terminal of this width gets to see of one epoch of MNIST in batches of 32."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=width, soft_wrap=True, color_system=None)
    callback = ProgressBar(images=60_000, batch_size=32, sink=TerminalSink(bar, console))
    callback.set_params({"steps": 1875, "epochs": 20})
    callback.on_epoch_begin(9)
    for batch in (0, 999, 1874):
        callback.on_train_batch_end(batch, {"accuracy": 0.75, "loss": 0.5})
    callback.on_epoch_end(9, {"accuracy": 0.75, "loss": 0.5, "val_accuracy": 0.8, "val_loss": 0.4})
    return screen.getvalue()


def test_eighty_columns_show_everything():
    text = shown(80)
    assert "Epoch 10/20 " in text
    assert "loss 0.5000  accuracy 0.7500 · 0 s left" in text
    assert "60,000/60,000 images · 1,875/1,875 batches · " in text
    assert "/s" in text
    assert "…" not in text


@pytest.mark.parametrize(("terminal", "bar"), [(False, True), (True, False)])
def test_without_a_bar_one_line_for_each_epoch_stays(terminal, bar):
    text = shown(120, terminal, bar)
    assert text.count("\n") == 1
    assert text.startswith("Epoch 10/20 ")
    assert text.endswith("s  loss 0.5000  accuracy 0.7500  val_loss 0.4000  val_accuracy 0.8000\n")
