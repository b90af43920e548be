import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from tenfold.errors import DataError
from tenfold.recipes.recipe import load_recipe
from tenfold.training.class_weights import class_weights

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
