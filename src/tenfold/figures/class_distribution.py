"""How many images each class has."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tenfold.figures.fonts import drawable_names, text_inches
from tenfold.figures.style import BLUE, GREY, ORANGE, add_title, figure_style, tick_step

_MOST_NUMBERED = 60


@figure_style()
def class_distribution_figure(train: Sequence[int], test: Sequence[int], class_names: Sequence[str]) -> Figure:
    """Draw the number of images of each class as bars, training images on the left, test images on the right.

    A dashed line marks the number that every class would have if all had the same.

    Args:
        train: How many training images each class has.
        test: How many test images each class has.
        class_names: One name for each class.
    """
    names = drawable_names(class_names, 2.0)
    height = min(max(0.9, 0.32 * len(names)), 9.0)
    row = height / len(names)
    label_width = 0.45 + max(map(text_inches, names))
    width, full_height = label_width + 8.2, height + 1.5
    figure = Figure(figsize=(width, full_height))
    add_title(figure, "Class distribution", "The dashed line: what each class would have if all had the same.")
    parts = (("Training", train, BLUE), ("Test", test, ORANGE))
    for column, (part, counts, color) in enumerate(parts):
        place = (label_width + 4.1 * column) / width, 0.4 / full_height, 3.8 / width, height / full_height
        axes = figure.add_axes(place)
        _draw_bars(axes, counts, color)
        axes.set_title(f"{part}: {sum(counts):,} images", pad=8)
        _name_rows(axes, names if column == 0 else [], row)
    return figure


def _draw_bars(axes: Axes, counts: Sequence[int], color: str) -> None:
    rows = np.arange(len(counts))
    axes.barh(rows, counts, height=0.72, color=color)
    axes.axvline(sum(counts) / len(counts), color=GREY, linestyle="--", linewidth=1, zorder=2)
    # Room on the right for the numbers: a column beyond the longest bar, and so beyond the line.
    limit = max(1, max(counts)) * 1.2
    axes.set(xlim=(0, limit), ylim=(len(counts) - 0.4, -0.6))
    if len(counts) <= _MOST_NUMBERED:
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        size = 9 if len(counts) <= 40 else 7
        for row, count in enumerate(counts):
            axes.text(limit, row, f"{count:,}", ha="right", va="center_baseline", size=size)


def _name_rows(axes: Axes, names: Sequence[str], row: float) -> None:
    """Names as far as there is room for them: every class, or every second, fifth, tenth … of many."""
    step = tick_step(row)
    axes.tick_params(length=0, labelsize=10 if row > 0.2 else 8)
    axes.set_yticks(range(0, len(names), step), names[::step])
