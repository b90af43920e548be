"""A first look at a data set: fifteen images with their labels."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from tenfold.figures.fonts import drawable_names
from tenfold.figures.gallery import Line, Tile, gallery, spread_over_classes
from tenfold.figures.style import figure_style
from tenfold.types import Images, Indices, Labels


def samples_shown(labels: Labels) -> Indices:
    """Which images the figure shows: fifteen, the first of as many classes as possible."""
    return spread_over_classes(labels, 15)


@figure_style()
def samples_figure(images: Images, labels: Labels, class_names: Sequence[str], count: int) -> Figure:
    """Draw images in rows of five, each with the name of its class.

    Args:
        images: Those of `samples_shown`: uint8 [n, height, width, channels], 0…255.
        labels: Of them, [n], 0…classes-1.
        class_names: One name for each label.
        count: How many images they were chosen from.
    """
    names = drawable_names(class_names, 1.8)
    tiles = [Tile(image, [Line(names[label])]) for image, label in zip(images, labels, strict=True)]
    height, width, channels = images.shape[1:]
    kind = "grey" if channels == 1 else "colour"
    return gallery(
        tiles,
        columns=5,
        tile_width=1.7,
        title="Samples",
        note=f"{count:,} images of {height}×{width} pixels (height×width), {kind}, {len(class_names)} classes",
    )
