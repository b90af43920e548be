import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.recipes.recipe import load_recipe
from tenfold.training.class_weights import class_weights, with_class_weights
from tenfold.training.fit import fit

LABELS = np.repeat([0, 1, 2], [10, 30, 5]).astype(np.int32)


def weights(setting, labels=LABELS):
    training = load_recipe("dense-128", [f"training.class_weight={setting}"] if setting else []).training
    return class_weights(training, labels, ("a", "b", "c"))


def test_balanced_weights_equal_scikit_learns():
    expected = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    assert list(weights("balanced").values()) == pytest.approx(expected)


def test_named_weights_are_given_by_class_name():
    assert weights("{c = 3.0, a = 1.0, b = 2.0}") == {0: 1.0, 1: 2.0, 2: 3.0}


def test_no_weights_are_none():
    assert weights(None) is None


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("{a = 1.0}", "no weight for b; no weight for c"),
        ("{a = 1.0, b = 1.0, c = 1.0, d = 1.0}", "one for d, which is no class"),
    ],
)
def test_every_class_needs_a_weight(setting, wrong):
    with pytest.raises(DataError, match=f"class_weight has {wrong}. The classes are a, b, c: give one"):
        weights(setting)


X = np.ones((45, 2), np.float32)


def network():
    model = keras.Sequential([keras.layers.Dense(3, activation="softmax", kernel_initializer="zeros")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({3: 1.0}, "a weight for 3, which is no class; expected whole numbers from 0 to 2"),
        ({"1": 1.0}, "a weight for '1'"),
        ({-1: 1.0}, "a weight for -1"),
        ({0: -1.0}, r"class_weight\[0\] is -1.0"),
        ({0: None}, "is None"),
        ({0: float("nan")}, "is nan"),
        ({0: float("inf")}, "is inf"),
        ({0: "2"}, "is '2'"),
        ([1.0, 2.0, 3.0], r"class_weight is \[1.0, 2.0, 3.0\]; expected a dict"),
        ("balance", "class_weight is 'balance'"),
        (2.0, "class_weight is 2.0"),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        fit(network(), X, LABELS, class_weight=given, verbose=0)


def test_balanced_weights_make_every_class_count_the_same():
    *_, found = with_class_weights((X, LABELS), "balanced", 3)
    assert [found[label == LABELS].sum() for label in range(3)] == pytest.approx([15, 15, 15])
    fit(model := network(), X, LABELS, batch_size=45, epochs=3, class_weight="balanced", verbose=0)
    assert model.predict(X[:1], verbose=0)[0] == pytest.approx([1 / 3] * 3)


def test_classes_without_a_weight_are_named():
    with pytest.warns(UserWarning, match="no weight for 0, 2: such images count 1"):
        *_, found = with_class_weights((X, LABELS), {1: 5.0}, 3)
    assert sorted(set(found.tolist())) == [1, 5]
