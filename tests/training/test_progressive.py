import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.training.fit import fit
from tenfold.training.progressive import go_on_from, smaller_images, smaller_shape

layers = keras.layers


@pytest.mark.parametrize(
    ("shape", "scale", "smaller"),
    [((28, 28, 1), 0.7, (20, 20, 1)), ((96, 64, 3), 0.5, (48, 32, 3)), ((1, 2, 1), 0.1, (1, 1, 1))],
)
def test_sides_shrink_in_proportion(shape, scale, smaller):
    assert smaller_shape(shape, scale) == smaller
    images = np.full((3, *shape), 77, np.uint8)
    found = smaller_images(images, scale)
    assert (found.shape, found.dtype) == ((3, *smaller), np.uint8)
    assert (found == 77).all()


def test_a_model_goes_on_with_weights_and_optimiser_of_another():
    images, labels = np.random.default_rng(0).random((64, 8, 8, 1), np.float32), np.arange(64) % 3

    def compiled(side):
        head = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
        model = keras.Sequential(
            [keras.Input((side, side, 1)), layers.Conv2D(8, 3), layers.BatchNormalization(), *head]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    first, model = compiled(6), compiled(8)
    fit(first, images[:, 1:7, 1:7], labels, epochs=2, verbose=0)
    go_on_from(first, model)
    assert int(model.optimizer.iterations) == 4
    for ours, theirs in zip(model.variables, first.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(model.optimizer.variables, first.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    fit(model, images, labels, epochs=3, initial_epoch=2, verbose=0)
    assert int(model.optimizer.iterations) == 6
