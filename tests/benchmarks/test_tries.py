import pytest

from benchmarks.tries import variants
from tenfold.recipes.recipe import load_recipe


@pytest.mark.parametrize(("idea", "recipe"), [("sizes", "strong"), ("sizes", "fashion-strong"), ("teacher", "tiny")])
def test_every_variant_is_a_recipe(idea, recipe):
    found = variants(idea, epochs=6)
    assert [load_recipe(recipe, settings).training.epochs for settings, _ in found.values()][:2] == [6, 6]


def test_small_images_get_a_third_more_epochs():
    *_, (settings, _) = variants("sizes", epochs=6).values()
    assert load_recipe("strong", settings).training.epochs == 8
