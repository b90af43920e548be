"""Labels and metrics that do not fit, told before anything is compiled."""

import numpy as np
import pytest

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.training.fit import fit

layers, metrics = keras.layers, keras.metrics

X = np.zeros((12, 3), np.float32)
Y = np.arange(12) % 4


class Subclassed(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.dense = layers.Dense(outputs, activation="softmax")

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", keras.losses.sparse_categorical_crossentropy])
@pytest.mark.parametrize("make", [Subclassed, lambda outputs: keras.Sequential([layers.Dense(outputs)])])
def test_labels_beyond_the_outputs_of_models_without_an_input_layer(make, loss):
    model = make(3)
    model.compile("sgd", loss)
    with pytest.raises(DataError, match="y runs from 0 to 3, but the model has 3 outputs"):
        fit(model, X, Y, verbose=0)


def test_validation_labels_are_checked_too():
    model = keras.Sequential([layers.Dense(4, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match="y runs from 1 to 4"):
        fit(model, X, Y, validation_data=(X, Y + 1), verbose=0)


@pytest.mark.parametrize(
    ("metric", "y", "message"),
    [
        (metrics.F1Score(), Y, "F1Score expects one-hot"),
        ("categorical_accuracy", Y, "Take keras.metrics.SparseCategoricalAccuracy"),
        (metrics.TopKCategoricalAccuracy(2), Y, "SparseTopKCategoricalAccuracy"),
        (metrics.Precision(), Y, "Precision expects one-hot"),
        (metrics.SparseCategoricalAccuracy(), np.eye(4)[Y], r"expects integers \[n\]. Take keras.metrics.Categorical"),
    ],
)
@pytest.mark.parametrize("first", [[keras.Input((3,))], []])
def test_metrics_that_do_not_fit_the_labels(metric, y, message, first):
    model = keras.Sequential([*first, layers.Dense(4, activation="softmax")])
    model.compile("sgd", f"{'sparse_' if y.ndim == 1 else ''}categorical_crossentropy", metrics=[metric])
    with pytest.raises(DataError, match=message):
        fit(model, X, y, verbose=0)
