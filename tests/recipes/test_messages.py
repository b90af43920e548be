"""Every wrong setting gets one sentence: where it stands, what was found, what was expected instead."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tenfold.errors import RecipeError
from tenfold.recipes.messages import explain
from tenfold.recipes.recipe import Recipe, load_recipe

LAYERS = (
    "Flatten, Dense, Conv2D, DepthwiseConv2D, SeparableConv2D, MaxPooling2D, AveragePooling2D, "
    "GlobalAveragePooling2D, GlobalMaxPooling2D, BatchNormalization, Activation, Dropout, SpatialDropout2D, "
    "ResidualBlock"
)
COUNT_OR_CLASSES = 'expected a whole number of at least 1, or "classes".'
WEIGHTS = '"balanced", or a table of names, each with a finite number above 0.'


def message_for(*overrides):
    with pytest.raises(RecipeError) as caught:
        load_recipe("dense-128", overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("network.1.units=abc", f"network.1.units is 'abc': {COUNT_OR_CLASSES}"),
        ("network.1.units=clases", "network.1.units is 'clases'. Did you mean 'classes'? Expected a whole"),
        ("network.1.units=0", f"network.1.units is 0: {COUNT_OR_CLASSES}"),
        ("network.1.units=1.5", f"network.1.units is 1.5: {COUNT_OR_CLASSES}"),
        ("network.1.units=true", f"network.1.units is true: {COUNT_OR_CLASSES}"),
        ("network.1.use_bias=maybe", "network.1.use_bias is 'maybe': expected true or false."),
        (
            "network.1.activation=rleu",
            "network.1.activation is 'rleu'. Did you mean 'relu'? Expected one of: lin",
        ),
        ("network.1.activation=swish", "network.1.activation is 'swish'. Did you mean 'silu'?"),
        ("network.1.name='a b'", "network.1.name is 'a b': expected letters, digits,"),
        ("training.class_weight=balancd", f"is 'balancd'. Did you mean 'balanced'? Expected {WEIGHTS}"),
        ("training.class_weight=3", f"training.class_weight is 3: expected {WEIGHTS}"),
        ("training.class_weight.3=-1", f"training.class_weight is {{'3': -1}}: expected {WEIGHTS}"),
        ("training.epochs=ten", "training.epochs is 'ten': expected a whole number of at least 1."),
        ("training.epochs='5'", "training.epochs is '5': expected a whole number of at least 1."),
        (
            "training.seed=-1",
            "training.seed is -1: expected a whole number of at least 0 and below 2147483648.",
        ),
        ("training.fraction=2", "training.fraction is 2: expected a number above 0 and at most 1."),
        ("training.validation_split=1", "is 1: expected a number of at least 0 and below 1."),
        (
            "training.early_stopping=true",
            "is true: expected a table with any of monitor, patience, min_delta.",
        ),
        ("compile.optimizer.learning_rate=inf", "is inf: expected a finite number above 0."),
        ("compile.optimizer.learning_rate=nan", "is nan: expected a finite number above 0."),
        ("compile.optimizer.learning_rate=fast", "is 'fast': expected a finite number above 0."),
        ("compile.optimizer=adam", "compile.optimizer is 'adam'. Did you mean { name = \"adam\" }?"),
        (
            "compile.schedule=7",
            'compile.schedule is 7: expected a table with its "name", such as { name = "con',
        ),
        ("compile.loss=mse", "compile.loss is 'mse'. Expected one of: sparse_categorical_crossentropy, cat"),
        ("compile.loss=categorical_cross_entropy", "Did you mean 'categorical_crossentropy'?"),
        (
            "compile.optimizer.name=adm",
            "compile.optimizer.name is 'adm'. Did you mean 'adam'? Expected one of: rms",
        ),
        (
            "compile.optimizer={}",
            "compile.optimizer lacks its 'name': expected one of rmsprop, adam, adamw, muon, sgd.",
        ),
        ("size=28", "size is 28: expected height and width in pixels, such as [28, 28]."),
        ("size=[28]", "size is [28]: expected height and width in pixels, such as [28, 28]."),
        ("size=[0, 28]", "size is [0, 28]: expected height and width in pixels"),
        ("name='No Good'", "name is 'No Good': expected small letters, digits and hyphens, such as"),
        ("name=3", "name is 3: expected small letters"),
        ("data=3", "data is 3: expected text in quotes."),
        (
            "network=3",
            'network is 3: expected a list of at least 1, each a table with its "layer", such as { lay',
        ),
        ("network=[]", "network is []: expected a list of at least 1, each a table"),
        ("network.0=Flaten", "network.0 is 'Flaten'. Did you mean { layer = \"Flatten\" }?"),
        ("network.0={units=3}", f"network.0 lacks its 'layer': expected one of {LAYERS}."),
        ("network.0.layer=Flaten", f"is 'Flaten'. Did you mean 'Flatten'? Expected one of: {LAYERS}."),
        ("network.0.layer=batchnorm", "Did you mean 'BatchNormalization'?"),
        ("network.0.layer=conv2d", "network.0.layer is 'conv2d'. Did you mean 'Conv2D'?"),
        ("network.0.layer=7", f"network.0.layer is 7. Expected one of: {LAYERS}."),
        ("network.1={layer='Dense'}", f"network.1.units is missing: {COUNT_OR_CLASSES}"),
        ("training={}", "training.epochs is missing: expected a whole number of at least 1."),
        ("training=", "training is missing: expected a table with at least epochs."),
        ("compile=", "compile is missing: expected a table with at least optimizer."),
        ("network=", "network is missing: expected a list of at least 1, each a table"),
    ],
)
def test_wrong_values(override, sentence):
    message = message_for(override)
    assert message.startswith("dense-128: ")
    assert sentence in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "training.epoch=3",
            "training.epoch is no setting. Did you mean 'epochs'? Known here: epochs, least_steps,",
        ),
        ("training.nb_epoch=3", "training.nb_epoch is no setting. Did you mean 'epochs'?"),
        (
            "compile.optimizer.lr=1",
            "compile.optimizer.lr is no setting. Did you mean 'learning_rate'? Known here",
        ),
        ("compile.lr=1", "compile.lr is no setting. Did you mean 'compile.optimizer.learning_rate'?"),
        ("lr=1", "lr is no setting. Did you mean 'compile.optimizer.learning_rate'?"),
        ("epochs=3", "epochs is no setting. Did you mean 'training.epochs'?"),
        ("training.loss=x", "training.loss is no setting. Did you mean 'compile.loss'?"),
        ("compile.metrics=['acc']", "compile.metrics is no setting. Known here: optimizer, loss,"),
        (
            "compile.optimizer.momentum=0.9",
            "adam (only of rmsprop, muon, sgd). Take it out (--set compile.optimizer.momentum=). Known",
        ),
        (
            "network.1.kernel_size=3",
            "Dense (only of Conv2D, DepthwiseConv2D, SeparableConv2D). Take it out (--set network.1.kernel_size=).",
        ),
        (
            "network.1.activaton=relu",
            "network.1.activaton is no setting. Did you mean 'activation'? Known here",
        ),
        (
            "a.b.c=1",
            "a is no setting. Known here: name, description, data, size, gray, label_column, label_from_name, "
            "group_column, skip_bad, network, compile, training, augmentation, averaging.",
        ),
    ],
)
def test_unknown_settings(override, sentence):
    message = message_for(override)
    assert sentence in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (
            ["compile.label_smoothing=0.1"],
            'compile: label_smoothing needs one-hot labels: set loss = "categorical_crossentropy".',
        ),
        (
            ["training.strangers=0.1"],
            'training.strangers needs one-hot labels: set compile.loss = "categorical_crossentropy".',
        ),
        (
            ["training.strangers=0.1", "compile.loss=categorical_crossentropy", "training.class_weight=balanced"],
            "training.strangers are of no class and have no weight: choose them or class_weight.",
        ),
        (["training.watch_test_set=true"], "training: choose either validation_split or watch_test_set."),
        (
            ["training.watch_test_set=true", "training.validation_split=", "training.early_stopping={}"],
            "early_stopping would select by the test set: use validation_split, not watch_test_set.",
        ),
        (
            ["training.validation_split=0", "training.early_stopping={monitor='val_accuracy'}"],
            "early_stopping watches val_accuracy: it needs a validation_split, such as 0.2.",
        ),
        (
            ["compile.optimizer={name='sgd', nesterov=true}"],
            "compile.optimizer: nesterov looks ahead along the momentum: set momentum too, such as 0.9.",
        ),
    ],
)
def test_settings_that_contradict_each_other(overrides, sentence):
    assert sentence in message_for(*overrides)


def test_every_fault_has_its_own_line():
    lines = message_for("training.epochs=0", "gray=7", "network.1.units=x").splitlines()
    assert [line.split(" is ")[0] for line in lines] == [
        "dense-128: gray",
        "dense-128: network.1.units",
        "dense-128: training.epochs",
    ]


def test_a_long_value_is_cut():
    message = message_for(f"training.epochs='{'x' * 500}'")
    assert f"'{'x' * 59}…: expected a whole number" in message


KEYS = ["layer", "name", "units", "optimizer", "schedule", "early_stopping", "class_weight", "lr", "Dense", "adam"]
WORDS = ["Dense", "ResidualBlock", "adam", "step", "balanced", "softmax", ""]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    ("network",),
    ("network", 1),
    ("network", 1, "units"),
    ("network", 0, "layer"),
    ("compile",),
    ("compile", "optimizer"),
    ("compile", "optimizer", "name"),
    ("compile", "schedule"),
    ("training",),
    ("training", "class_weight"),
    ("training", "early_stopping"),
    ("size",),
    ("Dense",),
]


@settings(deadline=None)
@given(st.sampled_from(PLACES), values)
def test_whatever_stands_in_a_recipe_is_accepted_or_explained(place, value):
    content = copy.deepcopy(load_recipe("dense-128").model_dump(exclude_none=True))
    content["network"] = list(content["network"])
    table = content
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = value
    try:
        Recipe.model_validate(content)
    except ValidationError as error:
        lines = explain(error, Recipe, content, source="mine.toml").splitlines()
        assert lines
        assert all(line.startswith("mine.toml: ") and line.endswith((".", "?")) for line in lines)
