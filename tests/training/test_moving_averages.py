import numpy as np
import pytest

from tenfold.keras_on_jax import keras
from tenfold.training.moving_averages import FreshMovingAverages, moving_averages_lag, recompute_moving_averages

layers = keras.layers


def images(count=48):
    return np.random.default_rng(0).normal(3, 2, (count, 4, 4, 2)).astype(np.float32)


def test_the_averages_are_those_that_the_present_weights_lead_to():
    norm = layers.BatchNormalization(momentum=0.5)
    model = keras.Sequential([keras.Input((4, 4, 2)), norm, layers.Dropout(0.5), layers.Flatten(), layers.Dense(3)])
    recompute_moving_averages(model, images(), 16)
    order = np.random.default_rng(0).permutation(48)
    means = images()[order].reshape(3, -1, 2).mean(1)
    np.testing.assert_allclose(norm.moving_mean, np.average(means, axis=0, weights=[1, 2, 4]), rtol=1e-5)
    variances = images()[order].reshape(3, -1, 2).var(1)
    np.testing.assert_allclose(norm.moving_variance, np.average(variances, axis=0, weights=[1, 2, 4]), rtol=1e-5)


def test_other_variables_stay():
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.BatchNormalization(), layers.Flatten(), layers.Dense(3)])
    before = [np.asarray(variable) for variable in model.trainable_variables]
    recompute_moving_averages(model, images(), 16)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_a_model_without_normalisation_stays_as_it_is():
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.Dropout(0.5), layers.Flatten(), layers.Dense(3)])
    before = [np.asarray(variable) for variable in model.variables]
    recompute_moving_averages(model, images(), 16)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert not moving_averages_lag(model, 1)


def test_fewer_images_than_a_batch_are_all_used():
    norm = layers.BatchNormalization()
    recompute_moving_averages(keras.Sequential([keras.Input((4, 4, 2)), norm]), images(5), 16)
    np.testing.assert_allclose(norm.moving_mean, images(5).reshape(-1, 2).mean(0), rtol=1e-5)


@pytest.mark.parametrize(("momentum", "steps", "lags"), [(0.99, 458, True), (0.99, 459, False), (0.5, 7, False)])
def test_after_few_steps_the_averages_lag(momentum, steps, lags):
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.BatchNormalization(momentum=momentum)])
    assert moving_averages_lag(model, steps) is lags


def test_validation_after_few_steps_sees_averages_that_fit():
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.BatchNormalization(), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    lagging, fresh = FreshMovingAverages(images(), 16), FreshMovingAverages(images(), 16)
    for callback in (lagging, fresh):
        callback.set_model(model)
    lagging.on_test_begin()
    np.testing.assert_allclose(model.layers[0].moving_mean, images().mean((0, 1, 2)), rtol=0.1)
    model.layers[0].moving_mean.assign([7.0, 7.0])
    lagging.on_test_begin()  # compiled before
    np.testing.assert_allclose(model.layers[0].moving_mean, images().mean((0, 1, 2)), rtol=0.1)
    model.layers[0].moving_mean.assign([7.0, 7.0])
    model.optimizer.iterations.assign(459)
    fresh.on_test_begin()
    np.testing.assert_array_equal(model.layers[0].moving_mean, [7, 7])
    fresh.on_train_begin()  # on other images
    fresh.on_test_begin()
    np.testing.assert_allclose(model.layers[0].moving_mean, images().mean((0, 1, 2)), rtol=0.1)


def test_images_sorted_by_class_give_the_statistics_of_all():
    norm = layers.BatchNormalization()
    shades = np.repeat(np.arange(8.0, dtype=np.float32), 80)  # class after class, as folders are read
    values = np.broadcast_to(shades[:, np.newaxis, np.newaxis, np.newaxis], (640, 4, 4, 2))
    recompute_moving_averages(keras.Sequential([keras.Input((4, 4, 2)), norm]), values, 64)
    np.testing.assert_allclose(norm.moving_mean, shades.mean(), rtol=0.1)
    np.testing.assert_allclose(norm.moving_variance, shades.var(), rtol=0.1)  # of one class it is 0
