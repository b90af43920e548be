"""What augmentation makes of images, before anything is trained on it."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from tenfold.figures.fonts import drawable_names
from tenfold.figures.gallery import Line, Tile, gallery
from tenfold.figures.style import GREY, figure_style
from tenfold.types import Images, Labels


@figure_style()
def augmented_samples_figure(
    originals: Images, varied: Images, labels: Labels, class_names: Sequence[str], note: str
) -> Figure:
    """Draw pairs, three in a row: an image with its class, and beside it what a training step would get.

    Args:
        originals: uint8 [n, height, width, channels], 0…255.
        varied: The same images after augmentation.
        labels: Of the originals, [n], 0…classes-1.
        class_names: One name for each label.
        note: The augmentation in words.
    """
    names = drawable_names(class_names, 1.6)
    pairs = [
        (Tile(original, [Line(names[label])]), Tile(image, [Line("varied", GREY)]))
        for original, image, label in zip(originals, varied, labels, strict=True)
    ]
    tiles = [tile for pair in pairs for tile in pair]
    return gallery(tiles, columns=6, tile_width=1.5, title="Augmentation", note=note)
