"""How accuracy and loss went from epoch to epoch."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tenfold.figures.style import BLUE, GREY, INK, ORANGE, add_title, figure_style

_MOST_MARKED = 40


@figure_style()
def training_curves_figure(
    history: Mapping[str, Sequence[float]], watches_test_set: bool, starts: Sequence[int] = (0,)
) -> Figure:
    """Draw accuracy and loss side by side, for training and, if there is one, for validation.

    On the validation curves the best epoch is marked. If they are the test set's, as in tutorials that watch
    it, the legend says so and nothing is marked: choosing an epoch by it would flatter the test accuracy.

    Args:
        history: Keras's history: loss, accuracy and perhaps val_loss, val_accuracy, each with one value for
            each epoch; accuracies 0…1, losses in nats. Values that are not finite leave gaps.
        watches_test_set: Whether the val_ values are those of the test set.
        starts: Where the networks of an ensemble begin, which were trained one after another; no epoch of them is
            marked as the best.
    """
    figure = Figure(figsize=(11, 4.9))
    epochs = len(history.get("loss", ()))
    add_title(figure, "Training curves", _note(history, watches_test_set, epochs, len(starts)))
    places = ((0.08, "accuracy", "Accuracy", max), (0.57, "loss", "Loss (cross-entropy, nats)", min))
    for left, key, title, best_of in places:
        axes = figure.add_axes((left, 0.21, 0.41, 0.58))
        axes.set_title(title)
        _draw_curves(axes, history.get(key, ()), starts, BLUE, "training", "-")
        validation = history.get(f"val_{key}", ())
        name = "test set, watched each epoch" if watches_test_set else "validation"
        _draw_curves(axes, validation, starts, ORANGE, name, "--")
        if validation and not watches_test_set and len(starts) == 1:
            _mark_best(axes, validation, best_of)
        _set_up_axes(axes, epochs, is_share=key == "accuracy")
        handles, labels = axes.get_legend_handles_labels()
        # Each half has all that it needs: the report shows them one below the other where there is no room.
        figure.legend(handles, labels, loc="lower center", ncols=3, bbox_to_anchor=(left + 0.205, 0.0), fontsize=9)
    return figure


def _note(history: Mapping[str, Sequence[float]], watches_test_set: bool, epochs: int, networks: int) -> str:
    if epochs == 0:
        return "No epoch was finished."
    if networks > 1:
        return f"Of {networks} networks, trained one after another."
    if "val_loss" not in history:
        return "On the training images alone: no validation data was held back."
    if watches_test_set:
        return "The test set was only watched; nothing was selected by it."
    return "On training images, and on validation images that were held back."


def _draw_curves(axes: Axes, values: Sequence[float], starts: Sequence[int], color: str, name: str, line: str) -> None:
    """One line for each network; only the first has a name in the legend. None without values."""
    if not values:
        return
    marker = "o" if len(values) <= _MOST_MARKED else None
    for start, end in pairwise([*starts, len(values)]):
        if start < end:
            epochs = range(start + 1, end + 1)
            label = name if start == 0 else None
            axes.plot(
                epochs, values[start:end], line, color=color, label=label, linewidth=2, marker=marker, markersize=4.5
            )


def _mark_best(axes: Axes, values: Sequence[float], best_of: Callable[..., int]) -> None:
    """A ring around the best value (the first of equal ones), and its epoch beside it."""
    finite = [epoch for epoch, value in enumerate(values) if math.isfinite(value)]
    if not finite:
        return
    best = best_of(finite, key=lambda epoch: values[epoch])
    value = f"{100 * values[best]:.2f} %" if best_of is max else f"{values[best]:.4f}"
    ring = axes.plot(best + 1, values[best], "o", markersize=11, label="best validation epoch")
    ring[0].set(markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.8)
    note = axes.annotate(
        f"epoch {best + 1}: {value}",
        (best + 1, values[best]),
        xytext=(0, 14 if best_of is min else -14),
        textcoords="offset points",
        ha="right" if best + 1 > len(values) / 2 else "left",
        va="bottom" if best_of is min else "top",
    )
    note.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8})


def _set_up_axes(axes: Axes, epochs: int, is_share: bool) -> None:
    axes.set_xlabel("epoch")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_color(GREY)
    # Half an epoch on both sides keeps a single one in the middle; of many, the last needs more for its mark.
    room = max(0.5, 0.02 * epochs)
    axes.set_xlim(0.5, max(1, epochs) + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    axes.margins(y=0.12)
    if is_share:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    if epochs == 0:
        axes.set(xticks=[], yticks=[])
