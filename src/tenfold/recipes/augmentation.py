"""How training images are varied, and which variations would change what an image shows."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from tenfold.data.class_names import kinds_that_turn
from tenfold.errors import RecipeError
from tenfold.recipes.settings import Averaging, FromZeroToOne, NotNegative, Settings

Degrees = Annotated[float, Field(ge=0, le=180, strict=True)]
BelowRightAngle = Annotated[float, Field(ge=0, le=60, strict=True)]
UpToHalf = Annotated[float, Field(ge=0, le=0.5, strict=True)]
Flip = Literal["none", "horizontal", "vertical", "both"]

_MOST_DEGREES = 40.0
"""Beyond it, turned digits and letters are others: 6 and 9, N and Z, 7 and L."""

_MOST_CONTRAST = 0.8
"""Share of the value range, and of an image's own differences."""

_ALLOW = "Take it out; or, if it is meant, set augmentation.allow_label_changing=true."


class Augmentation(Settings):
    """What is done anew to each image at each step; everything is off unless set.

    Amounts are limits: each image draws its own, evenly, between minus and plus the limit. All of it follows from the
    training's seed, the epoch and the step.

    Args:
        shift: Share of the height and of the width.
        rotation: Degrees.
        zoom: Share: with 0.2 an image is up to 1.2 times as large or as small; as often larger as smaller.
        shear: Degrees by which upright lines lean.
        elastic: How far points are moved by a smooth random field, in pixels (standard deviation).
        elastic_cells: Bumps of that field along a side.
        thickness: 1 makes bright strokes up to a pixel thicker on each side, or thinner.
        contrast: Share by which differences from the image's mean grow or shrink.
        brightness: Share of the value range that is added or taken away.
        polarity: Share of the images that are inverted.
        erasing: Share of the images in which a rectangle is filled with one random grey (arXiv 1708.04896).
        flip: Half of the images are mirrored left to right ("horizontal") or top to bottom ("vertical"); with "both",
            each of the two is drawn on its own.
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


def at_scale(augmentation: Augmentation, scale: float) -> Augmentation:
    """What is done to images of so much of their height and width, where amounts are in pixels."""
    pixels = {"elastic": scale * augmentation.elastic, "crop_padding": round(scale * augmentation.crop_padding)}
    return augmentation.model_copy(update=pixels)


def refuse_label_changing(
    augmentation: Augmentation, class_names: Sequence[str], image_shape: tuple[int, int, int]
) -> None:
    """Refuse what makes images of one class look like those of another.

    Raises:
        RecipeError: The classes are digits, letters or directions, and the images would be mirrored or turned too far;
            or all images would be moved, bent, lit or darkened beyond recognition.
    """
    if augmentation.allow_label_changing:
        return
    side = min(image_shape[:2])
    kinds = kinds_that_turn(class_names)
    wrong = [*_beyond_recognition(augmentation, side), *(_turning(augmentation, kinds) if kinds else ())]
    if wrong:
        raise RecipeError(f"{wrong[0]} {_ALLOW}")


def refuse_other_copies(
    averaging: Averaging,
    augmentation: Augmentation | None,
    class_names: Sequence[str],
    image_shape: tuple[int, int, int],
) -> None:
    """Refuse to let copies count that show something else.

    Raises:
        RecipeError: The classes are digits, letters or directions, and mirrored copies would be averaged; or copies
            would be moved by more than a quarter of the image.
    """
    if augmentation is not None and augmentation.allow_label_changing:
        return
    side = min(image_shape[:2])
    if averaging.shift > side / 4:
        raise RecipeError(
            f"averaging.shift = {averaging.shift} moves copies of images of {side} pixels by more than a quarter; "
            f"expected at most {side // 4}. {_ALLOW}"
        )
    if averaging.mirrored and (kinds := kinds_that_turn(class_names)):
        raise RecipeError(
            f"averaging.mirrored lets mirror images count, but the classes are {kinds}: one may then look like "
            f"another. {_ALLOW}"
        )


def _beyond_recognition(augmentation: Augmentation, side: int) -> Iterator[str]:
    shift, padding, cells = augmentation.shift, augmentation.crop_padding, augmentation.elastic_cells
    if (moved := shift * side + padding) > side / 2:
        yield (
            f"augmentation.crop_padding = {padding} and shift = {shift:g} move images of {side} pixels by up to "
            f"{moved:g}; expected at most {side / 2:g} together."
        )
    for name, most, does in (
        ("elastic", min(side / 8, side / (2 * cells)), f"bends images of {side} pixels, in {cells} bumps a side,"),
        ("contrast", _MOST_CONTRAST, "takes nearly all differences from some images,"),
        ("brightness", _MOST_CONTRAST, "makes some images all black or all white,"),
    ):
        if (amount := getattr(augmentation, name)) > most:
            yield f"augmentation.{name} = {amount:g} {does} beyond recognition; expected at most {most:g}."


def _turning(augmentation: Augmentation, kinds: str) -> Iterator[str]:
    but = f"but the classes are {kinds}: one may then look like another."
    if augmentation.flip != "none":
        yield f'augmentation.flip = "{augmentation.flip}" gives mirror images, {but}'
    if augmentation.rotation + augmentation.shear > _MOST_DEGREES:
        yield (
            f"augmentation.rotation = {augmentation.rotation:g} and shear = {augmentation.shear:g} together turn "
            f"strokes by more than {_MOST_DEGREES:g} degrees, {but}"
        )
