"""An image with its true label and what the model made of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
from matplotlib.figure import Figure

from tenfold.evaluation.wording import percent
from tenfold.figures.fonts import drawable_names, shortened
from tenfold.figures.gallery import Bar, Line, Tile, gallery
from tenfold.figures.style import BLUE, GREY, RED
from tenfold.types import Accepted, Float32, Image, Images, Indices, Labels, Probabilities

Row = Float32[np.ndarray, " classes"]

_BARS = 3


def prediction_gallery(
    images: Images,
    labels: Labels,
    probabilities: Probabilities,
    class_names: Sequence[str],
    accepted: Accepted,
    *,
    positions: Indices,
    columns: int,
    title: str,
    note: str,
    files: Sequence[str] = (),
) -> Figure:
    """Draw the images at some positions with their true label, the prediction and the most probable classes.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: [n], 0…classes-1.
        probabilities: [n, classes], as `predict` states them.
        class_names: One name for each class.
        accepted: Which images get a label, [n]; under the others stands that they are none of the classes.
        positions: Which images, in this order; none gives a figure with title and note alone.
        columns: Pictures in a row.
        title: What the figure shows.
        note: A second, smaller line.
        files: Where each image came from; their names stand below the images.
    """
    names = drawable_names(class_names, 1.75)
    tiles = []
    for i in positions:
        tile = _prediction_tile(images[i], int(labels[i]), probabilities[i], names, bool(accepted[i]))
        name = [Line(shortened(PurePosixPath(files[i]).name, 2.1), GREY)] if files else []
        tiles.append(replace(tile, lines=[*name, *tile.lines]))
    return gallery(tiles, columns=columns, tile_width=2.15, title=title, note=note)


def _prediction_tile(image: Image, label: int, probabilities: Row, names: Sequence[str], accepted: bool) -> Tile:
    """A wrong prediction is red, bold, marked by a cross and framed; the bar of the true class is blue."""
    predicted = int(probabilities.argmax())
    right = predicted == label
    true_line = Line(f"true: {names[label]}")
    nearest = shortened(names[predicted], 1.0)
    verdict = f"{'✓' if right else '✗'} predicted: {nearest}" if accepted else f"– rejected, nearest: {nearest}"
    most_probable = np.argsort(-probabilities, kind="stable")[:_BARS]
    bars = [
        Bar(
            shortened(names[i], 0.75, size=7.5),
            float(probabilities[i]),
            percent(float(probabilities[i])),
            BLUE if i == label else RED if i == predicted else GREY,
        )
        for i in most_probable
    ]
    return Tile(
        image,
        [true_line, Line(verdict, GREY if not accepted else BLUE if right else RED, bold=not right)],
        bars,
        None if right else RED,
    )
