"""An image with its true label and what the model made of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from tenfold.evaluation.wording import percent
from tenfold.figures.fonts import drawable_names, shortened
from tenfold.figures.gallery import Bar, Line, Tile, gallery
from tenfold.figures.style import BLUE, GREY, RED
from tenfold.types import Accepted, Float32, Image, Images, Indices, Labels, Probabilities

Row = Float32[np.ndarray, " classes"]

_BARS = 3


class Predictions(NamedTuple):
    """Images and what a model made of them.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: The true classes, [n], 0…classes-1.
        probabilities: [n, classes], as `predict` states them.
        accepted: Which images get a label, [n]; the others are none of the classes.
        files: Where each image came from; empty if they came out of arrays.
    """

    images: Images
    labels: Labels
    probabilities: Probabilities
    accepted: Accepted
    files: Sequence[str] = ()

    def take(self, positions: Indices) -> "Predictions":
        """Those at some positions, in this order."""
        files = [self.files[position] for position in positions] if self.files else []
        images, labels, probabilities, accepted = (array[positions] for array in self[:4])
        return Predictions(images, labels, probabilities, accepted, files)


def prediction_gallery(
    shown: Predictions, class_names: Sequence[str], *, columns: int, title: str, note: str, named: bool = False
) -> Figure:
    """Draw images with their true label, the prediction and the most probable classes.

    Args:
        shown: The images, in the order in which they are drawn; none gives a figure with title and note alone. Under
            those that are not accepted stands that they are none of the classes.
        class_names: One name for each class.
        columns: Pictures in a row.
        title: What the figure shows.
        note: A second, smaller line.
        named: Whether the names of the files, if there are any, stand below the images.
    """
    names = drawable_names(class_names, 1.75)
    tiles = []
    for i, image in enumerate(shown.images):
        label, accepted = int(shown.labels[i]), bool(shown.accepted[i])
        tile = _prediction_tile(image, label, shown.probabilities[i], names, accepted)
        name = [Line(shortened(PurePosixPath(shown.files[i]).name, 2.1), GREY)] if named and shown.files else []
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
