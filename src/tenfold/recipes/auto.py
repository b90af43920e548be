"""The recipe `auto`: a network and a training that suit the data and the time.

Every level is the same kind of network: stages of 3×3 convolutions with batch normalisation, twice the filters and half
the height and width from one stage to the next, then one dense layer. A higher level has more filters and convolutions,
and needs more epochs until it is the better one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tenfold.data.class_names import are_characters
from tenfold.recipes.recipe import Recipe, checked_recipe, load_recipe

AUTO_SECONDS = 180.0
"""For the whole run, unless told otherwise."""

_SMALLEST_SIDE = 8
_LARGE_SIDE = 48
_MOST_FILTERS = 128
_FEW_STEPS = 4_000

_VARIED_FULLY = 20
"""Epochs: in fewer, there is less time to learn what varied images teach, and they are varied less."""


@dataclass(frozen=True)
class Level:
    """How much a network computes, and how long it has to be trained.

    Args:
        name: For messages.
        filters: Of the first stage.
        convolutions: In each stage.
        least_epochs: With fewer, the level below is better.
        least_steps: With fewer, it is, too, where images are few.
        most_epochs: More bring nothing, but for data of few images.
    """

    name: str
    filters: int
    convolutions: int
    least_epochs: int
    least_steps: int
    most_epochs: int


LEVELS = (Level("heavy", 32, 2, 3, 400, 40), Level("light", 24, 1, 2, 400, 30))
"""From the heaviest to the lightest; where there is no time for any of them, there is still `quick`."""


def auto_recipe(
    level: Level,
    images: int,
    image_shape: tuple[int, int, int],
    class_names: Sequence[str],
    overrides: Sequence[str],
    most_epochs: int | None = None,
) -> Recipe:
    """The recipe of a level for some data, with as many epochs as can be of use.

    Args:
        level: One of `LEVELS`.
        images: Training images.
        image_shape: Height, width and channels.
        class_names: Digits and letters are varied like handwriting.
        overrides: What the user sets, as `load_recipe` takes it; it wins.
        most_epochs: For how many there is time; None for all.
    """
    batch_size = 128 if images >= 10_000 else 64 if images >= 2_000 else 32
    steps_per_epoch = -(-images // batch_size)
    epochs = max(level.most_epochs, min(200, -(-_FEW_STEPS // steps_per_epoch)))
    epochs = min(epochs, most_epochs or epochs)
    strength = min(1.0, epochs / _VARIED_FULLY)
    turn = 12.0 if are_characters(class_names) else 8.0
    amounts = {"shift": 0.08, "rotation": turn, "zoom": 0.1}
    chosen = {
        "network": list(_network(level, image_shape)),
        "training": {"epochs": epochs, "batch_size": batch_size},
        "augmentation": {name: round(strength * amount, 4) for name, amount in amounts.items()} | {"fill": "edge"},
    }
    recipe = checked_recipe(load_recipe("auto").model_dump(exclude_none=True) | chosen, overrides, source="auto")
    if recipe.training.epochs < epochs:  # as the user sets: then there are no more of use
        return auto_recipe(level, images, image_shape, class_names, overrides, recipe.training.epochs)
    return recipe


def _network(level: Level, image_shape: tuple[int, int, int]) -> Iterator[dict[str, Any]]:
    side, filters = min(image_shape[:2]), level.filters
    # The first convolution of a large image leaves out every other position, as a camera's pixels tell little.
    strides = 2 if side >= _LARGE_SIDE else 1
    while True:
        last_stage = -(-side // strides) < _SMALLEST_SIDE
        for position in range(level.convolutions):
            yield _convolution(filters, strides)
            side, strides = -(-side // strides), 1
            if position == level.convolutions - 1 and not last_stage:
                # Before the normalisation, which then has a quarter of the work and does nearly the same.
                yield {"layer": "MaxPooling2D", "pool_size": 2, "padding": "same"}
            yield {"layer": "BatchNormalization"}
            yield {"layer": "Activation", "activation": "relu"}
        if last_stage:
            break
        side, filters = -(-side // 2), min(2 * filters, _MOST_FILTERS)
    # Each place keeps its own weights, which is better where things are in their place (decision 15).
    yield {"layer": "Flatten"}
    yield {"layer": "Dense", "units": "classes", "activation": "softmax"}


def _convolution(filters: int, strides: int) -> dict[str, Any]:
    return {
        "layer": "Conv2D",
        "filters": filters,
        "kernel_size": 3,
        "strides": strides,
        "padding": "same",
        # The normalisation that follows has an offset of its own.
        "use_bias": False,
        "kernel_initializer": "he_normal",
    }
