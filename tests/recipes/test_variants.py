import pytest

from tenfold.errors import RecipeError
from tenfold.recipes.recipe import load_recipe

RECIPE = """
name = "small"
data = "fashion-mnist"
network = [{ layer = "Flatten" }, { layer = "Dense", units = "classes", activation = "softmax" }]
[compile]
optimizer = { name = "adam", learning_rate = 0.001 }
[training]
epochs = 3
[variants.fashion-mnist]
compile.optimizer.learning_rate = 0.01
[variants.own.training]
least_steps = 100
batch_size = 16
[variants.own.network]
0 = { layer = "GlobalAveragePooling2D" }
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.mark.parametrize(
    ("data", "rate", "batch_size"),
    [("MNIST", 0.001, 32), ("Fashion_mnist", 0.01, 32), (None, 0.01, 32), ("my/folder", 0.001, 16)],
)
def test_the_data_decides_which_settings_hold(path, data, rate, batch_size):
    recipe = load_recipe(path, data=data)
    assert recipe.compile.optimizer.learning_rate == rate
    assert recipe.training.batch_size == batch_size
    assert recipe.training.epochs == 3


@pytest.mark.parametrize(("data", "first"), [("fashion-mnist", "Flatten"), ("my/folder", "GlobalAveragePooling2D")])
def test_a_position_of_a_list_is_replaced_alone(path, data, first):
    assert [type(layer).__name__ for layer in load_recipe(path, data=data).network] == [first, "Dense"]


def test_what_the_user_sets_wins(path):
    recipe = load_recipe(path, ["training.epochs=2", "training.batch_size=8"], data="my/folder")
    assert (recipe.training.epochs, recipe.training.batch_size, recipe.training.least_steps) == (2, 8, None)


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        (
            "[variants.mnst]\nname = 'x'",
            r"variants\.mnst is no data. Did you mean 'mnist'\? Expected mnist, fashion-mnist",
        ),
        ("[variants]\nown = 3", r"variants holds no tables"),
        (
            "[variants.own.network]\n2 = { layer = 'Flatten' }",
            r"small\.toml: variants\.own\.network is a list of 2; '2' is none of its positions \(0 to 1\)\.",
        ),
        ("[variants.own.training]\nepoch = 3", r"training\.epoch is no setting"),
        ("[variants.fashion-mnist.training]\nepoch = 3", r"training\.epoch is no setting"),
    ],
)
def test_wrong_variants_are_refused(path, variants, message):
    path.write_text(RECIPE.partition("[variants.fashion")[0] + variants)
    with pytest.raises(RecipeError, match=message):
        load_recipe(path, data="my/folder")
