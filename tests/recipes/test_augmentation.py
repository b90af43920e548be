import pytest

from tenfold.errors import RecipeError
from tenfold.recipes.augmentation import Augmentation, refuse_label_changing, refuse_mirrored_characters
from tenfold.recipes.recipe import Averaging, dump_recipe, load_recipe

DIGITS = [str(number) for number in range(10)]


@pytest.mark.parametrize("amounts", [{"flip": "horizontal"}, {"flip": "vertical"}, {"rotation": 90.0}, {"shear": 50.0}])
@pytest.mark.parametrize("class_names", [DIGITS, ["10", "11", "12"], list("abcdefg"), ["猫", "狗"]])
def test_what_makes_other_characters_is_refused(amounts, class_names):
    with pytest.raises(RecipeError, match="allow_label_changing=true"):
        refuse_label_changing(Augmentation(**amounts), class_names)
    refuse_label_changing(Augmentation(**amounts, allow_label_changing=True), class_names)


def test_things_may_be_mirrored_and_characters_turned_a_little():
    mirrored, turned = Augmentation(flip="both", rotation=180.0), Augmentation(rotation=20.0, shear=15.0, elastic=2.0)
    assert refuse_label_changing(mirrored, ["Trouser", "Pullover", "Bag"]) is None
    assert refuse_label_changing(turned, DIGITS) is None


def test_mirrored_copies_of_characters_do_not_count():
    with pytest.raises(RecipeError, match=r"averaging.mirrored lets mirror images count, but .* digits or letters"):
        refuse_mirrored_characters(Averaging(mirrored=True), None, DIGITS)
    allowed = Augmentation(allow_label_changing=True)
    assert refuse_mirrored_characters(Averaging(mirrored=True), allowed, DIGITS) is None
    assert refuse_mirrored_characters(Averaging(mirrored=True), None, ["Trouser", "Pullover", "Bag"]) is None
    assert refuse_mirrored_characters(Averaging(networks=2, shift=1), None, DIGITS) is None


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
