import pytest

from tenfold.errors import RecipeError
from tenfold.models.architectures import outline_model
from tenfold.recipes.auto import LEVELS, auto_recipe

DIGITS = tuple("0123456789")
HEAVY, LIGHT = LEVELS


def convolutions(recipe):
    return [(layer.filters, layer.strides) for layer in recipe.network if layer.layer == "Conv2D"]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 20, 3), (96, 96, 3)], ids=str)
def test_every_level_suits_every_size(level, shape):
    recipe = auto_recipe(level, 1_000, shape, ("cat", "dog"), [])
    assert outline_model(recipe.network, shape, 2).output_shape == (None, 2)


def test_filters_double_from_stage_to_stage_up_to_a_bound():
    assert convolutions(auto_recipe(HEAVY, 60_000, (28, 28, 1), DIGITS, [])) == [
        *((32, 1), (32, 1)),
        *((64, 1), (64, 1)),
        *((128, 1), (128, 1)),
    ]
    assert convolutions(auto_recipe(LIGHT, 60_000, (96, 96, 3), DIGITS, [])) == [(24, 2), (48, 1), (96, 1), (128, 1)]
    assert convolutions(auto_recipe(LIGHT, 60_000, (8, 8, 1), DIGITS, [])) == [(24, 1), (48, 1)]


def test_stages_pool_before_the_normalisation_and_places_are_kept_to_the_end():
    recipe = auto_recipe(LIGHT, 60_000, (8, 8, 1), DIGITS, [])
    assert [layer.layer for layer in recipe.network] == [
        *("Conv2D", "MaxPooling2D", "BatchNormalization", "Activation"),
        *("Conv2D", "BatchNormalization", "Activation"),
        *("Flatten", "Dense"),
    ]


@pytest.mark.parametrize(
    ("images", "batch_size", "epochs"), [(60_000, 128, 30), (5_000, 64, 51), (500, 32, 200), (50, 32, 200)]
)
def test_few_images_get_small_batches_and_many_epochs(images, batch_size, epochs):
    training = auto_recipe(LIGHT, images, (28, 28, 1), DIGITS, []).training
    assert (training.batch_size, training.epochs) == (batch_size, epochs)


def test_images_are_varied_less_in_few_epochs():
    full, half = (auto_recipe(LIGHT, 60_000, (28, 28, 1), DIGITS, [], epochs).augmentation for epochs in (None, 10))
    assert (full.shift, full.rotation, full.zoom) == (0.08, 12.0, 0.1)
    assert (half.shift, half.rotation, half.zoom) == (0.04, 6.0, 0.05)
    own = auto_recipe(LIGHT, 60_000, (28, 28, 1), DIGITS, ["augmentation.rotation=3"], 2)
    assert (own.augmentation.rotation, own.training.epochs) == (3, 2)


def test_what_the_user_sets_wins():
    recipe = auto_recipe(LIGHT, 60_000, (28, 28, 1), DIGITS, ["training.epochs=2", "augmentation.rotation=3"])
    assert recipe.training.epochs == 2
    assert recipe.augmentation.rotation == 3
    assert recipe.augmentation.zoom == 0.01  # as with all that two epochs vary
    with pytest.raises(RecipeError, match="auto: training.epoch is no setting"):
        auto_recipe(LIGHT, 60_000, (28, 28, 1), DIGITS, ["training.epoch=2"])
