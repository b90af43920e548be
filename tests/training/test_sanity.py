"""What is allowed, and warned of."""

import warnings

import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.training.fit import fit

layers = keras.layers

X = np.random.default_rng(0).normal(size=(120, 6)).astype(np.float32)
Y = np.arange(120) % 4


def network(*end, loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(0)
    # A copy: layers draw their weights by what was seeded when they were made.
    end = [type(layer).from_config(layer.get_config()) for layer in end]
    model = keras.Sequential([layers.Dense(8, activation="relu"), *end])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("end", "loss", "message"),
    [
        ([layers.Dense(4)], "sparse_categorical_crossentropy", 'none: .* activation="softmax"'),
        ([layers.Dense(4, activation="tanh")], keras.losses.SparseCategoricalCrossentropy(), "are none"),
        ([layers.Dense(4, activation="sigmoid")], keras.losses.sparse_categorical_crossentropy, "add up to"),
        ([layers.Dense(4), layers.BatchNormalization()], "sparse_categorical_crossentropy", "are none"),
    ],
)
def test_outputs_that_are_no_probabilities(end, loss, message):
    with pytest.warns(UserWarning, match=message):
        fit(network(*end, loss=loss), X, Y, verbose=0)


def test_logits_in_a_binary_loss():
    model = network(layers.Dense(1), loss="binary_crossentropy")
    with pytest.warns(UserWarning, match='activation="sigmoid"'):
        fit(model, 50 * X, Y % 2, verbose=0)


@pytest.mark.parametrize(
    ("end", "loss"),
    [
        ([layers.Dense(4, activation="softmax")], "sparse_categorical_crossentropy"),
        ([layers.Dense(4), layers.Softmax()], "sparse_categorical_crossentropy"),
        ([layers.Dense(4)], keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        ([layers.Dense(1)], "mse"),
    ],
)
def test_outputs_that_the_loss_expects(end, loss):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(network(*end, loss=loss), X, Y, validation_split=0.25, verbose=0)
    assert [str(one.message) for one in caught if not issubclass(one.category, DeprecationWarning)] == []


def test_a_cut_through_sorted_data_names_the_classes():
    model = network(layers.Dense(4, activation="softmax"))
    with pytest.warns(UserWarning, match=r"class 3 only in validation, classes 0, 1, 2 only in training"):
        fit(model, X, np.sort(Y), validation_split=0.25, verbose=0)


def test_batches_of_one_image_with_batch_normalisation():
    model = network(layers.BatchNormalization(name="norm"), layers.Dense(4, activation="softmax"))
    with pytest.warns(UserWarning, match=r"Batches of one image.*\(norm\)"):
        fit(model, X[:4], Y[:4], batch_size=1, verbose=0)
