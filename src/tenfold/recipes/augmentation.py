"""How training images are varied, and which variations would change what an image shows."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from tenfold.data.class_names import are_characters
from tenfold.errors import RecipeError
from tenfold.recipes.settings import Averaging, FromZeroToOne, NotNegative, Settings

Degrees = Annotated[float, Field(ge=0, le=180, strict=True)]
BelowRightAngle = Annotated[float, Field(ge=0, le=60, strict=True)]
UpToHalf = Annotated[float, Field(ge=0, le=0.5, strict=True)]
Flip = Literal["none", "horizontal", "vertical", "both"]

_MOST_DEGREES = 40.0
"""Beyond it, turned digits and letters are others: 6 and 9, N and Z, 7 and L."""


class Augmentation(Settings):
    """What is done anew to each image at each step; everything is off unless set.

    Amounts are limits: each image draws its own from an even distribution between minus and plus the limit. All of it
    follows from the training's seed, the epoch and the step.

    Args:
        shift: Share of the height and of the width.
        rotation: Degrees.
        zoom: Share: with 0.2 an image is up to a fifth larger or, all the same, smaller.
        shear: Degrees by which upright lines lean.
        elastic: How far points are moved by a smooth random field, in pixels (standard deviation).
        elastic_cells: Bumps of that field along a side.
        thickness: 1 makes bright strokes up to a pixel thicker on each side, or thinner.
        contrast: Share by which differences from the image's mean grow or shrink.
        brightness: Share of the value range that is added or taken away.
        polarity: Share of the images that are inverted.
        erasing: Share of the images in which a rectangle is filled with one random grey (arXiv 1708.04896).
        flip: Which mirror images an image is replaced by, half of the times.
        crop_padding: Pixels by which the image is moved, whole ones only, as a crop from a padded image.
        mixup: Alpha of the Beta distribution by which two images and their labels are mixed (arXiv 1710.09412).
        cutmix: Alpha, where a rectangle comes from another image (arXiv 1905.04899). With mixup too, each takes half
            of the batches.
        fill: What comes in at the edge: "edge" repeats the outermost pixels, "black" is 0.
        allow_label_changing: Do as it says, even if classes may be taken for one another then.
    """

    shift: UpToHalf = 0.0
    rotation: Degrees = 0.0
    zoom: UpToHalf = 0.0
    shear: BelowRightAngle = 0.0
    elastic: NotNegative = 0.0
    elastic_cells: Annotated[int, Field(ge=2, le=32, strict=True)] = 4
    thickness: FromZeroToOne = 0.0
    contrast: FromZeroToOne = 0.0
    brightness: FromZeroToOne = 0.0
    polarity: FromZeroToOne = 0.0
    erasing: FromZeroToOne = 0.0
    flip: Flip = "none"
    crop_padding: Annotated[int, Field(ge=0, strict=True)] = 0
    mixup: NotNegative = 0.0
    cutmix: NotNegative = 0.0
    fill: Literal["edge", "black"] = "black"
    allow_label_changing: bool = False

    @property
    def moves(self) -> bool:
        """Whether pixels change their places."""
        amounts = (self.shift, self.rotation, self.zoom, self.shear, self.elastic, self.crop_padding)
        return any(amounts) or self.flip != "none"


def refuse_label_changing(augmentation: Augmentation, class_names: Sequence[str]) -> None:
    """Refuse what turns one character into another.

    Raises:
        RecipeError: The classes are digits or letters, and the images would be mirrored or turned too far.
    """
    if augmentation.allow_label_changing or not are_characters(class_names):
        return
    if found := next(_label_changing(augmentation), None):
        raise RecipeError(
            f"{found}, but the classes are digits or letters ({', '.join(class_names[:3])} …), which would then show "
            "others. Take it out; or, if it is meant, set augmentation.allow_label_changing=true."
        )


def refuse_mirrored_characters(
    averaging: Averaging, augmentation: Augmentation | None, class_names: Sequence[str]
) -> None:
    """Refuse to let a mirrored digit or letter count.

    Raises:
        RecipeError: The classes are digits or letters, and mirrored copies would be averaged.
    """
    allowed = augmentation is not None and augmentation.allow_label_changing
    if averaging.mirrored and not allowed and are_characters(class_names):
        raise RecipeError(
            f"averaging.mirrored lets mirror images count, but the classes are digits or letters "
            f"({', '.join(class_names[:3])} …), which would then show others. Take it out; "
            "or, if it is meant, set augmentation.allow_label_changing=true."
        )


def _label_changing(augmentation: Augmentation) -> Iterator[str]:
    if augmentation.flip != "none":
        yield f'augmentation.flip = "{augmentation.flip}" gives mirror images'
    if augmentation.rotation > _MOST_DEGREES:
        yield f"augmentation.rotation = {augmentation.rotation:g} turns images by more than {_MOST_DEGREES:g} degrees"
    if augmentation.shear > _MOST_DEGREES:
        yield f"augmentation.shear = {augmentation.shear:g} slants images by more than {_MOST_DEGREES:g} degrees"
