"""From a recipe and a data set to a compiled Keras model with initial weights."""

from typing import Any

import numpy as np

from tenfold.classifier.model_file import MAX_FILE_BYTES
from tenfold.data.dataset import Dataset
from tenfold.errors import RecipeError
from tenfold.keras_on_jax import keras
from tenfold.models.architectures import build_model, outline_model
from tenfold.recipes.recipe import Recipe
from tenfold.training.compilation import compile_model
from tenfold.training.progressive import smaller_shape

_LARGEST_MODEL_BYTES = 0.9 * MAX_FILE_BYTES
_SMALLEST_SIDE = 4


def build(recipe: Recipe, dataset: Dataset, training_images: int, number: int = 0) -> Any:
    """Build and compile a recipe's model for a data set, with initial weights that follow from the seed.

    Args:
        recipe: Network, compile and training settings.
        dataset: Its image shape and its classes count.
        training_images: How many images an epoch has.
        number: Which of the networks that the recipe averages, from 0.

    Raises:
        RecipeError: The network does not fit the images, or is too large to ship.
    """
    if not number:
        _check_size(recipe, dataset)
    keras.utils.set_random_seed(network_seed(recipe, number))
    name = f"network_{number + 1}" if recipe.averaging else recipe.name
    model = build_model(recipe.network, dataset.image_shape, len(dataset.class_names), name=name)
    _compile(model, recipe, training_images)
    return model


def build_smaller(network: Any, recipe: Recipe, dataset: Dataset, training_images: int) -> Any:
    """The network of a recipe with progressive resizing once more, with the same weights, for its smaller images.

    Args:
        network: As `build` made it.
        recipe: Network, compile and training settings.
        dataset: Its image shape and its classes count.
        training_images: How many images an epoch has.
    """
    assert recipe.training.progressive_resizing
    shape = smaller_shape(dataset.image_shape, recipe.training.progressive_resizing.scale)
    smaller = build_model(recipe.network, shape, len(dataset.class_names), name=network.name)
    smaller.set_weights(network.get_weights())
    _compile(smaller, recipe, training_images)
    return smaller


def _compile(model: Any, recipe: Recipe, training_images: int) -> None:
    training = recipe.training
    compile_model(model, recipe.compile, training.steps_per_epoch(training_images), training.epochs)


def _check_size(recipe: Recipe, dataset: Dataset) -> None:
    """Refuse a network before its weights fill the memory."""
    outline = _outline(recipe, dataset, dataset.image_shape)
    parameters = outline.count_params() * recipe.networks
    if 4 * parameters > _LARGEST_MODEL_BYTES:
        raise RecipeError(
            f"The model has {parameters:,} parameters for images of {'×'.join(map(str, dataset.image_shape))}; at "
            f"most {int(_LARGEST_MODEL_BYTES / 4):,} can be shipped. Use smaller images (--size) or more pooling."
        )
    if resizing := recipe.training.progressive_resizing:
        shape = smaller_shape(dataset.image_shape, resizing.scale)
        if min(shape[:2]) < _SMALLEST_SIDE:
            raise RecipeError(
                f"training.progressive_resizing makes images of {shape[0]}×{shape[1]} pixels; expected at least "
                f"{_SMALLEST_SIDE}×{_SMALLEST_SIDE}. Give a larger scale than {resizing.scale:g}."
            )
        try:
            smaller = _outline(recipe, dataset, shape)
        except RecipeError as error:
            raise RecipeError(f"training.progressive_resizing, at {shape[0]}×{shape[1]} pixels: {error}") from error
        if smaller.count_params() != outline.count_params():
            raise RecipeError(
                "training.progressive_resizing needs a network whose weights do not depend on the size of the images: "
                "one with GlobalAveragePooling2D in place of Flatten. Change the network, or take it out."
            )


def _outline(recipe: Recipe, dataset: Dataset, image_shape: tuple[int, int, int]) -> Any:
    return outline_model(recipe.network, image_shape, len(dataset.class_names))


def network_seed(recipe: Recipe, number: int) -> int:
    """The seed of one of several networks: the recipe's own for the first, unrelated ones for the others."""
    seed = recipe.training.seed
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0] >> 1) if number else seed
