"""Images in a grid with what there is to say under each: the frame of four of the figures.

All lengths here are inches, and the whole figure is one pair of axes in inches with y pointing down. That
gives every picture its exact place, and is quicker than axes for each with an automatic layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tenfold.figures.fonts import text_inches
from tenfold.figures.style import GREY, INK, add_title
from tenfold.types import Image, Indices, Labels

_MARGIN = 0.3
_GAP = 0.3
_TITLE = 0.85
_LINE = 0.21
_BAR_LINE = 0.17
_BAR_SIZE = 7.5


@dataclass(frozen=True)
class Line:
    """One line of text under a picture."""

    text: str
    color: str = INK
    bold: bool = False


@dataclass(frozen=True)
class Bar:
    """A bar under a picture: its name, its length from 0 to 1 and what stands at its end."""

    name: str
    length: float
    text: str
    color: str


@dataclass(frozen=True)
class Tile:
    """A picture, uint8 [height, width, channels], with lines and bars under it; `frame` is a colour."""

    image: Image
    lines: Sequence[Line] = ()
    bars: Sequence[Bar] = ()
    frame: str | None = None


def gallery(tiles: Sequence[Tile], *, columns: int, tile_width: float, title: str, note: str = "") -> Figure:
    """Draw tiles row by row.

    Args:
        tiles: All of one image shape; none gives a figure with title and note alone.
        columns: Tiles in a row.
        tile_width: Width of a tile in inches, which the pictures fill unless they are much higher than wide.
        title: What the figure shows.
        note: A second, smaller line.
    """
    picture_height = _picture_height(tiles, tile_width)
    tile_height = picture_height + _text_height(tiles)
    rows = -(-len(tiles) // columns)
    width = 2 * _MARGIN + columns * tile_width + (columns - 1) * _GAP
    figure = Figure(figsize=(width, _TITLE + rows * (tile_height + _GAP) + 0.05))
    axes = _axes_in_inches(figure)
    name_width = _bar_name_width(tiles)
    add_title(figure, title, note)
    for position, tile in enumerate(tiles):
        row, column = divmod(position, columns)
        left, top = _MARGIN + column * (tile_width + _GAP), _TITLE + row * (tile_height + _GAP)
        _draw_picture(axes, tile, left, top, tile_width, picture_height)
        _draw_text(axes, tile, left, top + picture_height, tile_width, name_width)
    return figure


def spread_over_classes(labels: Labels, count: int) -> Indices:
    """Positions of the first images of as many classes as possible.

    In turn the first image of each class, then the second, and so on; with more classes than places, classes
    at equal distances. (The first images alone would be of one class where the data is sorted by class.)

    Args:
        labels: [n].
        count: How many positions; fewer come back if there are fewer images.
    """
    classes = np.unique(labels)
    if len(classes) > count:
        classes = classes[np.linspace(0, len(classes) - 1, count).round().astype(int)]
    members = [np.flatnonzero(labels == label)[:count] for label in classes]
    turns = [positions[turn] for turn in range(count) for positions in members if turn < len(positions)]
    return np.array(turns[:count], dtype=np.int64)


def _picture_height(tiles: Sequence[Tile], tile_width: float) -> float:
    if not tiles:
        return 0.0
    height, width = tiles[0].image.shape[:2]
    return min(max(tile_width * int(height) / int(width), 0.3), 1.5 * tile_width)


def _text_height(tiles: Sequence[Tile]) -> float:
    lines = max((len(tile.lines) for tile in tiles), default=0)
    bars = max((len(tile.bars) for tile in tiles), default=0)
    return 0.08 + lines * _LINE + (0.06 + bars * _BAR_LINE if bars else 0.0)


def _bar_name_width(tiles: Sequence[Tile]) -> float:
    """The same for the whole figure, so that all bars have one scale."""
    names = {bar.name for tile in tiles for bar in tile.bars}
    return 0.08 + max((text_inches(name, _BAR_SIZE) for name in names), default=0)


def _axes_in_inches(figure: Figure) -> Axes:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return axes


def _draw_picture(axes: Axes, tile: Tile, left: float, top: float, width: float, height: float) -> None:
    rows, columns = tile.image.shape[:2]
    scale = min(width / columns, height / rows)
    top += height - rows * scale
    right, bottom = left + columns * scale, top + rows * scale
    pixels = tile.image[..., 0] if tile.image.shape[2] == 1 else tile.image
    axes.imshow(
        *(pixels,),
        extent=(left, right, bottom, top),
        aspect="auto",
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest",
    )
    # A thin frame shows where a picture with a white ground ends.
    axes.add_patch(
        Rectangle(
            (left, top),
            right - left,
            bottom - top,
            fill=False,
            edgecolor=tile.frame or GREY,
            linewidth=2.5 if tile.frame else 0.6,
        )
    )


def _draw_text(axes: Axes, tile: Tile, left: float, top: float, width: float, name_width: float) -> None:
    y = top + 0.08
    for line in tile.lines:
        weight = "bold" if line.bold else "normal"
        axes.text(left, y, line.text, color=line.color, weight=weight, va="top")
        y += _LINE
    y += 0.06
    for bar in tile.bars:
        _draw_bar(axes, bar, left, y, width, name_width)
        y += _BAR_LINE


def _draw_bar(axes: Axes, bar: Bar, left: float, top: float, width: float, name_width: float) -> None:
    """The name on the left, the bar after it, its value at the right end."""
    start, end, middle = left + name_width, left + width - 0.54, top + _BAR_LINE / 2
    axes.text(start - 0.05, middle, bar.name, size=_BAR_SIZE, ha="right", va="center_baseline", color=bar.color)
    axes.add_patch(Rectangle((start, top + 0.03), end - start, _BAR_LINE - 0.06, color="#EEEEEE", lw=0))
    axes.add_patch(Rectangle((start, top + 0.03), (end - start) * bar.length, _BAR_LINE - 0.06, color=bar.color, lw=0))
    axes.text(left + width, middle, bar.text, size=_BAR_SIZE, ha="right", va="center_baseline", color=bar.color)
