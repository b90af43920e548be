"""Which class is taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from tenfold.figures.fonts import drawable_names, text_inches
from tenfold.figures.style import GREY, INK, add_title, figure_style, tick_step
from tenfold.types import ConfusionCounts

_MOST_NUMBERED = 40


@figure_style()
def confusion_matrix_figure(counts: ArrayLike, class_names: Sequence[str]) -> Figure:
    """Draw the counts as a matrix: a row for each true class, a column for each predicted class.

    The colour is the share of the row's images, on a scale that shows one per cent; the number is the count.
    Empty cells stay blank. With more than 40 classes there are no numbers, and only some classes are named.

    Args:
        counts: [classes, classes]; entry [i, j]: images of class i that were taken for class j.
        class_names: One name for each class.
    """
    matrix = np.asarray(counts)
    names = drawable_names(class_names, 1.5)
    size = _matrix_size(len(names))
    cell = size / len(names)
    name_length = 0.1 + max(map(text_inches, names))
    # Names stand upright unless all of them fit into the width of their cell.
    upright = name_length > cell * tick_step(cell)
    left, top, bottom = 0.6 + name_length, 0.95, 0.6 + (name_length if upright else 0.2)
    figure = Figure(figsize=(left + size + 1.3, top + size + bottom))
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, bottom / height, size / width, size / height))
    image = _draw_cells(axes, matrix)
    _name_axes(axes, names, cell, upright)
    if len(names) <= _MOST_NUMBERED:
        _number_cells(axes, matrix, cell)
    _draw_scale(figure, image, (left + size + 0.25) / width, bottom / height, size / height)
    right, total = int(np.trace(matrix)), int(matrix.sum())
    note = f"{right:,} of {total:,} images lie on the diagonal: they were recognised."
    add_title(figure, "Confusion matrix", note)
    return figure


def _matrix_size(classes: int) -> float:
    """In inches: the more classes, the smaller the cells."""
    cell = max(0.28, 0.56 - 0.006 * max(0, classes - 10))
    return min(max(3.4, cell * classes), 10.5)


def _draw_cells(axes: Axes, matrix: ConfusionCounts) -> AxesImage:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # On a linear scale all mistakes of a good classifier would look white.
    image = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.4, vmin=0, vmax=1), interpolation="nearest")
    axes.set_xticks(np.arange(1, len(matrix)) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, len(matrix)) - 0.5, minor=True)
    if len(matrix) <= _MOST_NUMBERED:
        axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(True)
    return image


def _name_axes(axes: Axes, names: Sequence[str], cell: float, upright: bool) -> None:
    step = tick_step(cell)
    size = 10 if cell * step > 0.2 else 8
    shown = range(0, len(names), step)
    axes.set_yticks(shown, names[::step], size=size)
    axes.set_xticks(shown, names[::step], size=size, rotation=90 if upright else 0)
    axes.set_xlabel("predicted class", labelpad=8)
    axes.set_ylabel("true class", labelpad=8)


def _number_cells(axes: Axes, matrix: ConfusionCounts, cell: float) -> None:
    """The counts, as large as the longest of them allows, white on dark cells."""
    size = min(11.0, 72 * cell / (0.64 * len(f"{matrix.max():,}") + 0.5))
    for true, predicted in np.argwhere(matrix):
        count = int(matrix[true, predicted])
        axes.text(
            *(predicted, true, f"{count:,}"),
            color="white" if count > 0.3 * matrix[true].sum() else INK,
            size=size,
            ha="center",
            va="center_baseline",
        )


def _draw_scale(figure: Figure, image: AxesImage, left: float, bottom: float, height: float) -> None:
    width = 0.16 / figure.get_size_inches()[0]
    axes = figure.add_axes((left, bottom + 0.1 * height, width, 0.8 * height))
    scale = figure.colorbar(image, cax=axes)
    ticks = (0, 0.01, 0.05, 0.2, 0.5, 1)
    scale.set_ticks(ticks, labels=[f"{100 * share:g} %" for share in ticks])
    scale.ax.tick_params(length=0, labelsize=9)
    scale.outline.set_visible(False)
    axes.set_ylabel("share of the true class", color=GREY, rotation=270, labelpad=14)
