import numpy as np
import pytest

from benchmarks.ablation import planned
from benchmarks.tries import RECIPES, SIDE, go_on_from, learn_from, variants
from tenfold.recipes.recipe import load_recipe
from tenfold.run.learning import build, encoded_labels


@pytest.mark.parametrize(("idea", "recipe"), [(idea, recipe) for idea, found in RECIPES.items() for recipe in found])
def test_every_variant_is_a_recipe(idea, recipe):
    found = variants(idea, epochs=6)
    assert [load_recipe(recipe, settings).training.epochs for settings, _ in found.values()][:2] == [6, 6]


def test_small_images_get_a_third_more_epochs():
    *_, (settings, _) = variants("sizes", epochs=6).values()
    assert load_recipe("strong", settings).training.epochs == 8


def test_training_goes_on_where_the_small_images_ended():
    settings = ["training.epochs=2", "training.fraction=0.01", "training.validation_split=0.2"]
    recipe = load_recipe("tiny", settings)
    plan, _ = planned(recipe)
    small, _ = planned(recipe.model_copy(update={"size": (SIDE, SIDE)}))
    np.testing.assert_array_equal(small.train.labels, plan.train.labels)
    first, model = (build(recipe, one.dataset, one.images_per_epoch) for one in (small, plan))
    labels = encoded_labels(recipe, small.train.labels, 10)
    assert learn_from(first, small, labels, 0, 1) > 0
    go_on_from(first, model)
    steps = -(-len(plan.train) // recipe.training.batch_size)
    assert int(model.optimizer.iterations) == steps
    assert float(model.optimizer.learning_rate) == pytest.approx(float(first.optimizer.learning_rate))
    learn_from(model, plan, labels, 1, 2)
    assert int(model.optimizer.iterations) == 2 * steps
