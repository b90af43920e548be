import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.errors import RecipeError
from tenfold.recipes.overrides import apply_override

CONTENT = {"name": "small", "network": [{"layer": "Flatten"}, {"units": 3}], "training": {"epochs": 1}}


def changed(override, content=CONTENT):
    content = copy.deepcopy(content)
    apply_override(content, override)
    return content


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("relu", "relu"),
        ("'3'", "3"),
        ("[3, 5]", [3, 5]),
        ('{ name = "sgd", momentum = 0.9 }', {"name": "sgd", "momentum": 0.9}),
        (" spaces around ", "spaces around"),
        ("a=b", "a=b"),
        ("1\nname = 2", "1\nname = 2"),
        ("数字", "数字"),
    ],
)
def test_a_value_is_toml_or_a_bare_word(text, value):
    assert changed(f"training.x={text}")["training"]["x"] == value


def test_paths_lead_through_tables_and_lists():
    assert changed("name=other")["name"] == "other"
    assert changed(" training . epochs = 9 ")["training"] == {"epochs": 9}
    assert changed("network.1.units=7")["network"] == [{"layer": "Flatten"}, {"units": 7}]
    assert changed("network.0={layer='Dropout', rate=0.5}")["network"][0] == {"layer": "Dropout", "rate": 0.5}


def test_missing_tables_get_created():
    assert changed("training.early_stopping.patience=4")["training"] == {
        "epochs": 1,
        "early_stopping": {"patience": 4},
    }
    assert changed("a.b.c=1")["a"] == {"b": {"c": 1}}


def test_an_empty_value_takes_a_setting_away():
    assert "name" not in changed("name=")
    assert changed("training.epochs= ")["training"] == {}
    assert changed("training.none=")["training"] == {"epochs": 1}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs", "expected path=value, such as training.epochs=3."),
        ("", "expected path=value"),
        ("=3", "expected path=value"),
        ("training..epochs=3", "expected path=value"),
        (".training=3", "expected path=value"),
        ("network.2.units=3", "network is a list of 2; '2' is none of its positions (0 to 1)."),
        ("network.2=3", "network is a list of 2; '2' is none of its positions (0 to 1)."),
        ("network.-1.units=3", "network is a list of 2; '-1' is none of its positions (0 to 1)."),
        ("network.units=3", "network is a list of 2; 'units' is none of its positions (0 to 1)."),
        ("network.0=", "network is a list; expected a value for its position 0."),
        ("name.x=3", "name is a single value and has no part 'x'."),
        ("training.epochs.x.y=3", "training.epochs is a single value and has no part 'x'."),
    ],
)
def test_paths_that_lead_nowhere(override, message):
    with pytest.raises(RecipeError) as caught:
        changed(override)
    assert str(caught.value).startswith(f"--set {override}: {message}")


def test_an_empty_list_has_no_positions():
    with pytest.raises(RecipeError, match=r"list of 0; '0' is none of its positions \(none, it is empty\)"):
        changed("network.0=3", {"network": []})


@settings(deadline=None)
@given(st.text())
def test_any_text_is_applied_or_refused_with_a_recipe_error(text):
    try:
        assert isinstance(changed(text), dict)
    except RecipeError as error:
        assert text in str(error)


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda key: "." not in key and "=" not in key and key.strip()), st.integers())
def test_an_integer_arrives_under_any_key(key, value):
    assert changed(f"{key}={value}")[key.strip()] == value
