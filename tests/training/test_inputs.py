import numpy as np
import pytest

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.training.class_weights import with_class_weights
from tenfold.training.inputs import checked_arrays


def model(loss="sparse_categorical_crossentropy"):
    made = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    made.compile(loss=loss)
    return made


IMAGES = np.zeros((6, 4, 4, 1), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def test_weights_of_images_and_classes_are_multiplied():
    arrays = checked_arrays(model(), IMAGES, LABELS, np.full(6, 2.0))
    x, y, weights = with_class_weights(arrays, {0: 1.0, 1: 3.0, 2: 0.5})
    assert x is IMAGES
    assert y is LABELS
    assert weights.tolist() == [2, 6, 1, 2, 6, 1]


def test_lists_become_arrays_and_floats_single_precision():
    x, _ = checked_arrays(model(), IMAGES.astype(float).tolist(), LABELS.tolist())
    assert x.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "y", "loss", "message"),
    [
        (IMAGES[..., :3, 0], LABELS, "sparse_categorical_crossentropy", r"expects \[n, 4, 4, 1\]"),
        (
            IMAGES.reshape(6, 16),
            LABELS,
            "sparse_categorical_crossentropy",
            r"Reshape it: x.reshape\(-1, 4, 4, 1\)",
        ),
        (IMAGES, LABELS[:5], "sparse_categorical_crossentropy", "x holds 6 and y 5"),
        (IMAGES[:0], LABELS[:0], "sparse_categorical_crossentropy", "at least one"),
        (IMAGES, np.eye(3)[LABELS], "sparse_categorical_crossentropy", "argmax"),
        (IMAGES, LABELS + 1, "sparse_categorical_crossentropy", "1 to 3, but the model has 3 outputs"),
        (IMAGES, LABELS + 0.5, "sparse_categorical_crossentropy", "no whole numbers"),
        (IMAGES, np.full(6, np.nan), "sparse_categorical_crossentropy", r"first in y\[0\]"),
        (IMAGES, LABELS, "categorical_crossentropy", "to_categorical"),
        (np.full(IMAGES.shape, np.nan), LABELS, "sparse_categorical_crossentropy", r"first in x\[0\]"),
        ({"a": IMAGES, "b": IMAGES}, LABELS, "sparse_categorical_crossentropy", "x is dict"),
        ((image for image in IMAGES), LABELS, "sparse_categorical_crossentropy", "x is generator"),
        (np.ma.masked_array(IMAGES, IMAGES == 0), LABELS, "sparse_categorical_crossentropy", "x.filled"),
        ([[1], [2, 3]], LABELS[:2], "sparse_categorical_crossentropy", "no regular array"),
        (IMAGES, np.array(["a"] * 6), "sparse_categorical_crossentropy", "y holds <U1"),
    ],
)
def test_what_does_not_fit_is_named(x, y, loss, message):
    with pytest.raises(DataError, match=message):
        checked_arrays(model(loss), x, y)


def test_a_model_with_several_outputs_is_named():
    inputs = keras.Input((4, 4, 1))
    outputs = [keras.layers.Dense(3)(keras.layers.Flatten()(inputs)) for _ in range(2)]
    several = keras.Model(inputs, outputs)
    several.compile("sgd", ["mse", "mse"])
    with pytest.raises(DataError, match="several outputs"):
        checked_arrays(several, IMAGES, LABELS)


def test_weights_that_do_not_fit_are_named():
    with pytest.raises(DataError, match=r"sample_weight has shape \[5\]"):
        checked_arrays(model(), IMAGES, LABELS, np.ones(5))
    with pytest.raises(DataError, match=r"first in sample_weight\[4\]"):
        checked_arrays(model(), IMAGES, LABELS, [1, 1, 1, 1, np.inf, 1])
