import pytest

from tenfold.errors import RecipeError
from tenfold.recipes.augmentation import Augmentation, refuse_label_changing, refuse_other_copies
from tenfold.recipes.recipe import dump_recipe, load_recipe
from tenfold.recipes.settings import Averaging

DIGITS = [str(number) for number in range(10)]


SHAPE = (28, 28, 1)
THINGS = ["Trouser", "Pullover", "T-shirt/top"]


@pytest.mark.parametrize(
    "amounts",
    [
        {"flip": "horizontal"},
        {"flip": "vertical"},
        {"rotation": 90.0},
        {"shear": 50.0},
        {"rotation": 25.0, "shear": 25.0},
    ],
)
@pytest.mark.parametrize("class_names", [DIGITS, ["10", "11", "12"], list("abcdefg"), ["猫", "狗"], ["left", "right"]])
def test_what_makes_other_characters_is_refused(amounts, class_names):
    with pytest.raises(RecipeError, match="allow_label_changing=true"):
        refuse_label_changing(Augmentation(**amounts), class_names, SHAPE)
    refuse_label_changing(Augmentation(**amounts, allow_label_changing=True), class_names, SHAPE)


def test_things_may_be_mirrored_and_characters_turned_a_little():
    mirrored, turned = Augmentation(flip="both", rotation=180.0), Augmentation(rotation=20.0, shear=15.0, elastic=2.0)
    assert refuse_label_changing(mirrored, THINGS, SHAPE) is None
    assert refuse_label_changing(turned, DIGITS, SHAPE) is None


@pytest.mark.parametrize(
    ("amounts", "most"),
    [
        ({"crop_padding": 15}, "14"),
        ({"shift": 0.4, "crop_padding": 3}, "14"),
        ({"elastic": 4.0}, r"3\.5"),
        ({"elastic": 1.0, "elastic_cells": 28}, r"0\.5"),
        ({"contrast": 0.9}, r"0\.8"),
        ({"brightness": 1.0}, r"0\.8"),
    ],
)
def test_nothing_is_moved_out_of_sight_bent_or_lit_beyond_recognition(amounts, most):
    with pytest.raises(RecipeError, match=rf"augmentation\..* at most {most}"):
        refuse_label_changing(Augmentation(**amounts), THINGS, SHAPE)
    assert refuse_label_changing(Augmentation(**amounts, allow_label_changing=True), THINGS, SHAPE) is None
    halved = {name: value if name == "elastic_cells" else type(value)(value / 2) for name, value in amounts.items()}
    assert refuse_label_changing(Augmentation(**halved), THINGS, SHAPE) is None


@pytest.mark.parametrize("amounts", [{"crop_padding": 15}, {"elastic": 4.0}])
def test_larger_images_may_be_moved_by_more_pixels(amounts):
    assert refuse_label_changing(Augmentation(**amounts), THINGS, (64, 48, 3)) is None


def test_mirrored_copies_of_characters_and_copies_moved_far_do_not_count():
    with pytest.raises(RecipeError, match=r"averaging.mirrored lets mirror images count, but .* digits or letters"):
        refuse_other_copies(Averaging(mirrored=True), None, DIGITS, SHAPE)
    with pytest.raises(RecipeError, match=r"averaging.shift = 8 moves copies of images of 28 pixels"):
        refuse_other_copies(Averaging(shift=8), None, THINGS, SHAPE)
    allowed = Augmentation(allow_label_changing=True)
    assert refuse_other_copies(Averaging(mirrored=True), allowed, DIGITS, SHAPE) is None
    assert refuse_other_copies(Averaging(mirrored=True), None, THINGS, SHAPE) is None
    assert refuse_other_copies(Averaging(networks=2, shift=1), None, DIGITS, SHAPE) is None


def test_a_recipe_with_augmentation_is_written_and_read_again():
    recipe = load_recipe("dense-128", ["augmentation={rotation=10.0, flip='horizontal'}"])
    assert recipe.augmentation == Augmentation(rotation=10.0, flip="horizontal")
    assert "[augmentation]" in dump_recipe(recipe)
    assert dump_recipe(load_recipe("dense-128")).find("augmentation") == -1


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("augmentation.rotate=10", "rotation"),
        ("augmentation.width_shift_range=0.1", "shift"),
        ("augmentation.shift=0.9", "0.5"),
        ("augmentation.flip=left", "horizontal"),
        ("augmentation.mixup=0.2", "one-hot"),
    ],
)
def test_wrong_settings_are_explained(override, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe("dense-128", [override])
