"""Progressive resizing, which trains on smaller images at first."""

import json

import numpy as np
import pytest

import tenfold
from tenfold.errors import RecipeError, TrainingInterrupted
from tenfold.keras_on_jax import keras
from tenfold.recipes.recipe import load_recipe

POOLED = """network=[
    {layer='Conv2D', filters=4, kernel_size=3, padding='same'}, {layer='BatchNormalization'},
    {layer='GlobalAveragePooling2D'}, {layer='Dense', units='classes', activation='softmax'},
]""".replace("\n", "")


def train(dataset, recipe_file, resizing, *overrides, out=None):
    settings = [POOLED, *([f"training.progressive_resizing={resizing}"] if resizing else []), *overrides]
    return tenfold.train(dataset, recipe_file, epochs=4, overrides=settings, out=out, verbose=0)


def weights(run):
    return keras.saving.load_model(run.path / "model.keras").get_weights()


def test_at_a_scale_that_changes_nothing_the_training_is_the_same(dataset, recipe_file):
    parts = train(dataset, recipe_file, "{scale=0.99, share=0.6}")  # 10×10 stays 10×10
    whole = train(dataset, recipe_file, None)
    assert [row["epoch"] for row in parts.history] == [1, 2, 3, 4]
    for row, expected in zip(parts.history, whole.history, strict=True):
        assert row == pytest.approx(expected, rel=1e-3)
    for one, other in zip(weights(parts), weights(whole), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_the_first_epochs_see_smaller_images(dataset, recipe_file, monkeypatch):
    seen = []

    def spied(network, images, labels, **settings):
        varied = settings["augmentation"]
        amounts = varied.crop_padding, varied.elastic, varied.shift
        seen.append((images.shape[1:], settings["validation_data"][0].shape[1:], settings["initial_epoch"], amounts))
        return fit(network, images, labels, **settings)

    fit = tenfold.fit
    monkeypatch.setattr("tenfold.run.learning.fit", spied)
    varied = "augmentation={crop_padding=2, elastic=1.0, shift=0.1}"
    run = train(dataset, recipe_file, "{scale=0.5, share=0.5}", "averaging={networks=2}", varied)
    small, whole = ((5, 5, 1), (5, 5, 1), 0, (1, 0.5, 0.1)), ((10, 10, 1), (10, 10, 1), 2, (2, 1.0, 0.1))
    assert seen == [small, whole] * 2
    assert [row["epoch"] for row in run.history] == list(range(1, 9))
    assert load_recipe(run.path / "recipe.toml").training.small_epochs == 2


def test_what_smaller_images_taught_survives_an_interrupt(dataset, recipe_file, monkeypatch, tmp_path):
    def interrupt(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("tenfold.training.epoch_log.EpochLog.on_epoch_begin", interrupt)
    with pytest.raises(TrainingInterrupted, match="1 finished epoch"):
        train(dataset, recipe_file, "{scale=0.5}", out=tmp_path / "run")
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert model.input_shape == (None, 10, 10, 1)
    assert np.abs(model.get_layer("dense").get_weights()[1]).max() > 1e-3  # biases begin at 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "interrupted"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["network=[{layer='Flatten'}, {layer='Dense', units='classes', activation='softmax'}]"],
            "GlobalAveragePooling",
        ),
        (["training.early_stopping={}"], "training.early_stopping would take weights"),
        (["compile.ema_momentum=0.9"], "compile.ema_momentum would take weights"),
        (["training.progressive_resizing={scale=1.0}"], "scale"),
        (["training.progressive_resizing={scale=0.3}"], "images of 3×3 pixels; expected at least 4×4"),
    ],
)
def test_what_cannot_go_with_it_is_refused(dataset, recipe_file, overrides, message, tmp_path):
    with pytest.raises(RecipeError, match=message):
        train(dataset, recipe_file, "{}", *overrides, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
