"""A first look at a data set: fifteen images with their labels."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from tenfold.figures.fonts import drawable_names
from tenfold.figures.gallery import Line, Tile, gallery, spread_over_classes
from tenfold.figures.style import figure_style
from tenfold.types import Images, Labels


@figure_style()
def samples_figure(images: Images, labels: Labels, class_names: Sequence[str]) -> Figure:
    """Draw the first images of the classes in three rows of five, each with the name of its class.

    Args:
        images: uint8 [n, height, width, channels], 0…255.
        labels: [n], 0…classes-1.
        class_names: One name for each label.
    """
    names = drawable_names(class_names, 1.8)
    tiles = [Tile(images[i], [Line(names[labels[i]])]) for i in spread_over_classes(labels, 15)]
    height, width, channels = images.shape[1:]
    kind = "grey" if channels == 1 else "colour"
    return gallery(
        tiles,
        columns=5,
        tile_width=1.7,
        title="Samples",
        note=f"{len(images):,} images of {height}×{width} pixels (height×width), {kind}, {len(class_names)} classes",
    )
