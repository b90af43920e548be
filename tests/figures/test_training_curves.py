import math

import pytest
from matplotlib.figure import Figure

from tenfold.figures.training_curves import training_curves_figure

HISTORY = {
    "loss": [0.3, 0.15, 0.1, 0.07],
    "accuracy": [0.91, 0.955, 0.97, 0.98],
    "val_loss": [0.2, 0.12, 0.1, 0.11],
    "val_accuracy": [0.94, 0.965, 0.96, 0.964],
}


def _legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_curves_and_best_epoch_of_each_validation_curve(texts_of, assert_nothing_clipped) -> None:
    figure = training_curves_figure(HISTORY, watches_test_set=False)
    accuracy, loss = figure.axes
    assert [line.get_ydata().tolist() for line in accuracy.lines[:2]] == [
        HISTORY["accuracy"],
        HISTORY["val_accuracy"],
    ]
    assert [line.get_ydata().tolist() for line in loss.lines[:2]] == [HISTORY["loss"], HISTORY["val_loss"]]
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert {"epoch 2: 96.50 %", "epoch 3: 0.1000"} <= set(texts_of(figure))
    assert _legend(figure) == ["training", "validation", "best validation epoch"]
    assert_nothing_clipped(figure)


def test_watched_test_set_is_named_and_no_epoch_is_best(texts_of) -> None:
    figure = training_curves_figure(HISTORY, watches_test_set=True)
    assert _legend(figure) == ["training", "test set, watched each epoch"]
    assert not any(text.startswith("epoch ") for text in texts_of(figure))


def test_without_validation(texts_of) -> None:
    figure = training_curves_figure({key: HISTORY[key] for key in ("loss", "accuracy")}, watches_test_set=False)
    assert _legend(figure) == ["training"]
    assert not any(text.startswith("epoch ") for text in texts_of(figure))


@pytest.mark.parametrize("epochs", [1, 2, 40, 150])
def test_any_number_of_epochs(epochs: int, texts_of, assert_nothing_clipped) -> None:
    falling = [1 / (1 + epoch) for epoch in range(epochs)]
    rising = [1 - value / 2 for value in falling]
    history = {"loss": falling, "accuracy": rising, "val_loss": falling, "val_accuracy": rising}
    figure = training_curves_figure(history, watches_test_set=False)
    assert f"epoch {epochs}: {falling[-1]:.4f}" in texts_of(figure)
    ticks = figure.axes[0].get_xticks()
    assert all(tick == int(tick) for tick in ticks)
    assert_nothing_clipped(figure)


def test_best_epoch_passes_over_what_is_not_finite(texts_of) -> None:
    history = {
        "loss": [0.3, math.nan],
        "accuracy": [0.9, 0.1],
        "val_loss": [0.4, math.nan],
        "val_accuracy": [0.8, 0.1],
    }
    assert "epoch 1: 0.4000" in texts_of(training_curves_figure(history, watches_test_set=False))


def test_no_finished_epoch(texts_of) -> None:
    assert "No epoch was finished." in texts_of(training_curves_figure({}, watches_test_set=False))


def test_networks_of_an_ensemble_have_a_line_each(texts_of, assert_nothing_clipped) -> None:
    figure = training_curves_figure(HISTORY, watches_test_set=False, starts=(0, 3))
    accuracy = figure.axes[0]
    assert [line.get_xdata().tolist() for line in accuracy.lines] == [[1, 2, 3], [4], [1, 2, 3], [4]]
    assert [line.get_ydata().tolist() for line in accuracy.lines[:2]] == [[0.91, 0.955, 0.97], [0.98]]
    assert _legend(figure) == ["training", "validation"]
    assert "Of 2 networks, trained one after another." in texts_of(figure)
    assert_nothing_clipped(figure)


def test_networks_of_an_ensemble_without_validation() -> None:
    history = {key: HISTORY[key] for key in ("loss", "accuracy")}
    figure = training_curves_figure(history, watches_test_set=False, starts=(0, 1, 3))
    assert [line.get_xdata().tolist() for line in figure.axes[0].lines] == [[1], [2, 3], [4]]
    assert _legend(figure) == ["training"]
