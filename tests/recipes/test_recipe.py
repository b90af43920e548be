import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.errors import RecipeError
from tenfold.recipes.recipe import Recipe, dump_recipe, load_recipe, recipe_names, recipe_path

NAMED = [name for name in recipe_names() if load_recipe(name).data]


def recipe_content(**changes):
    return {
        "name": "small",
        "network": [
            {"layer": "Flatten"},
            {"layer": "Dense", "units": "classes", "activation": "softmax"},
        ],
        "compile": {"optimizer": {"name": "adam"}},
        "training": {"epochs": 1},
    } | changes


def test_the_named_recipes_are_there():
    assert set(NAMED) ^ {"auto"} == set(recipe_names())
    assert {"dense-128", "cnn-32-64-128", "quick", "strong", "fashion-strong", "ensemble", "tiny"} <= set(NAMED)


@pytest.mark.parametrize("name", NAMED)
def test_a_named_recipe_opens_with_its_command_and_carries_its_file_name(name):
    recipe = load_recipe(name)
    first_line = recipe_path(name).read_text(encoding="utf-8").splitlines()[0]
    command = f"# tenfold train {recipe.data}"
    assert first_line == (command if name == "quick" else f"{command} --recipe {name}")
    assert recipe.name == name
    assert 0 < len(recipe.description) <= 66


# The table of the five systems that Tenfold grew from, as far as it is not the network.
@pytest.mark.parametrize(
    ("name", "data", "optimizer", "loss", "epochs", "batch_size", "validation_split", "watch_test_set"),
    [
        ("dense-512", "mnist", "rmsprop", "sparse_categorical_crossentropy", 10, 32, 0, True),
        ("cnn-32-64-128", "mnist", "rmsprop", "sparse_categorical_crossentropy", 10, 32, 0, True),
        ("dense-128", "mnist", "adam", "sparse_categorical_crossentropy", 5, 64, 0.2, False),
        ("dense-512-256", "mnist", "adam", "categorical_crossentropy", 20, 128, 0.2, False),
        ("fashion-cnn-64-64", "fashion-mnist", "adam", "sparse_categorical_crossentropy", 5, 32, 0, False),
        ("dense-512-one-hot", "mnist", "rmsprop", "categorical_crossentropy", 5, 128, 0, False),
    ],
)
def test_the_recipes_do_what_their_tutorials_do(
    name, data, optimizer, loss, epochs, batch_size, validation_split, watch_test_set
):
    recipe = load_recipe(name)
    assert recipe.data == data
    assert (recipe.compile.optimizer.name, recipe.compile.optimizer.learning_rate) == (optimizer, 0.001)
    assert (recipe.compile.loss, recipe.compile.schedule.name) == (loss, "constant")
    training = recipe.training
    assert (training.epochs, training.batch_size, training.fraction) == (epochs, batch_size, 1)
    assert (training.validation_split, training.watch_test_set) == (validation_split, watch_test_set)


def test_a_recipe_is_read_from_a_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(dump_recipe(load_recipe("dense-128", ["name=mine"])), encoding="utf-8")
    assert load_recipe(path).name == "mine"
    assert load_recipe(str(path)) == load_recipe(path)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(dump_recipe(load_recipe("dense-128")), encoding="utf-8-sig")
    assert load_recipe(path) == load_recipe("dense-128")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("dense128", "There is no recipe 'dense128'. Did you mean 'dense-128'?"),
        ("Dense-128", "Did you mean 'dense-128'?"),
        ("dense-128.toml", "dense-128.toml: there is no such file. Did you mean 'dense-128'?"),
        ("nowhere/mine.toml", "nowhere/mine.toml: there is no such file. Recipes: "),
        ("", "There is no recipe ''."),
    ],
)
def test_a_recipe_that_is_not_there(given, message):
    with pytest.raises(RecipeError) as caught:
        load_recipe(given)
    assert message in str(caught.value)
    assert "dense-512-256" in str(caught.value)


def test_a_folder_is_no_recipe_but_may_hold_one(tmp_path):
    with pytest.raises(RecipeError, match=r"is a folder, not a recipe\. Give the path of a TOML file"):
        load_recipe(tmp_path)
    (tmp_path / "recipe.toml").touch()
    with pytest.raises(RecipeError, match=r"is a folder, not a recipe. Give .*recipe\.toml\.$"):
        load_recipe(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty. Begin with a copy of a named recipe, such as "),
        (b"# nothing but a comment\n", "is empty."),
        (b'name = "caf\xe9"', "is no UTF-8 text"),
        (b"name = dense", "cannot be read as TOML: Invalid value (at line 1, column 8)."),
        (b"x = " + b"[" * 5000, "cannot be read as TOML: "),
    ],
)
def test_a_file_that_is_no_recipe(tmp_path, content, message):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_data_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(dump_recipe(load_recipe("dense-128")).replace('data = "mnist"', "data = 5"))
    with pytest.raises(RecipeError, match="data is 5"):
        load_recipe(path)


def test_overrides_apply_in_order_and_the_last_one_wins():
    recipe = load_recipe(
        "dense-128",
        ["training.epochs=3", "training.epochs=7", "compile.optimizer.name=sgd", "network.1.units=9"],
    )
    assert (recipe.training.epochs, recipe.compile.optimizer.name, recipe.network[1].units) == (7, "sgd", 9)


def test_the_network_has_to_end_in_probabilities():
    with pytest.raises(RecipeError, match=r'has to end in probabilities.*"softmax"'):
        load_recipe("dense-128", ["network.2.activation=linear"])
    with pytest.raises(RecipeError, match="has to end in probabilities"):
        load_recipe("dense-128", ["network.2={layer='Dropout', rate=0.5}"])
    averaged = [
        {"layer": "Conv2D", "filters": "classes", "kernel_size": 3, "activation": "softmax"},
        {"layer": "GlobalAveragePooling2D"},
    ]
    assert len(Recipe.model_validate(recipe_content(network=averaged)).network) == 2


def test_a_network_of_nothing_but_flatten_is_refused():
    with pytest.raises(RecipeError, match="has to end in probabilities"):
        load_recipe("dense-128", ["network=[{layer='Flatten'}]"])


def test_two_layers_cannot_share_a_name():
    with pytest.raises(RecipeError, match="two layers of the network are named 'twin'; give each its own name"):
        load_recipe("dense-128", ["network.1.name=twin", "network.2.name=twin"])


def test_dump_writes_one_line_for_each_layer_and_no_none():
    text = dump_recipe(load_recipe("cnn-32-64-128"))
    assert len([line for line in text.splitlines() if line.startswith('    { layer = "')]) == 7
    assert '{ layer = "MaxPooling2D", pool_size = 2, padding = "valid" }' in text
    assert "None" not in text
    assert tomllib.loads(text)["training"]["batch_size"] == 32


shares = st.floats(0, 1, exclude_max=True)
positive = st.floats(0, 1e30, exclude_min=True)
sides = st.integers(1, 9)
pairs = sides | st.tuples(sides, sides).map(list)
layers = st.one_of(
    st.fixed_dictionaries({"layer": st.just("Dropout"), "rate": shares}),
    st.fixed_dictionaries(
        {"layer": st.just("Conv2D"), "filters": sides | st.just("classes"), "kernel_size": pairs},
        optional={"strides": pairs, "padding": st.sampled_from(["valid", "same"]), "use_bias": st.booleans()},
    ),
    st.fixed_dictionaries({"layer": st.just("MaxPooling2D")}, optional={"pool_size": pairs, "strides": pairs}),
    st.fixed_dictionaries({"layer": st.just("ResidualBlock"), "filters": sides, "strides": sides}),
)
optimizers = st.one_of(
    st.fixed_dictionaries({"name": st.just("adamw")}, optional={"weight_decay": positive, "beta_1": shares}),
    st.fixed_dictionaries({"name": st.just("sgd"), "learning_rate": positive, "momentum": shares}),
    st.fixed_dictionaries({"name": st.just("muon")}, optional={"weight_decay": positive, "momentum": shares}),
)
schedules = st.one_of(
    st.just({"name": "one-cycle"}),
    st.fixed_dictionaries({"name": st.just("step"), "epochs": sides}, optional={"factor": st.floats(0.1, 0.9)}),
)
trainings = st.fixed_dictionaries(
    {"epochs": sides},
    optional={
        "batch_size": st.integers(1, 2**62),
        "seed": st.integers(0, 2**31 - 1),
        "class_weight": st.just("balanced") | st.dictionaries(st.text(), positive, max_size=3),
        "early_stopping": st.fixed_dictionaries({"monitor": st.just("loss")}, optional={"min_delta": positive}),
    },
)
recipes = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[a-z0-9][a-z0-9\-]*", fullmatch=True),
        "network": st.lists(layers, max_size=4).map(lambda some: [*some, recipe_content()["network"][1]]),
        "compile": st.fixed_dictionaries({"optimizer": optimizers}, optional={"schedule": schedules}),
        "training": trainings,
    },
    optional={
        "description": st.text(),
        "data": st.text(),
        "size": st.tuples(sides, sides).map(list),
        "gray": st.booleans(),
    },
).map(Recipe.model_validate)


@settings(deadline=None)
@given(recipes)
def test_what_is_dumped_is_read_back_identically(tmp_path_factory, recipe):
    path = tmp_path_factory.mktemp("recipes") / "recipe.toml"
    path.write_text(dump_recipe(recipe), encoding="utf-8", newline="")
    assert load_recipe(path) == recipe
    assert dump_recipe(load_recipe(path)) == dump_recipe(recipe)


@pytest.mark.parametrize("name", NAMED)
def test_a_named_recipe_survives_its_dump(tmp_path, name):
    (tmp_path / "recipe.toml").write_text(dump_recipe(load_recipe(name)), encoding="utf-8")
    assert load_recipe(tmp_path / "recipe.toml") == load_recipe(name)
