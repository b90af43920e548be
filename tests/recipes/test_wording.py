import pytest

from tenfold.recipes.recipe import load_recipe
from tenfold.recipes.wording import settings_in_words


def test_a_whole_recipe_in_words():
    assert settings_in_words(load_recipe("dense-128")) == {
        "optimizer": "adam",
        "learning rate": "0.001 throughout",
        "loss": "sparse categorical cross-entropy (labels are integers)",
        "training": "5 epochs, batches of 64, seed 0",
        "validation": "20 % of the training images, held back class by class",
    }


@pytest.mark.parametrize(
    ("override", "setting", "words"),
    [
        (
            "compile.optimizer={name='sgd', momentum=0.9, nesterov=true}",
            "optimizer",
            "sgd, momentum 0.9, nesterov",
        ),
        (
            "compile.schedule={name='cosine', final=0.1}",
            "learning rate",
            "from 0.001 down to 0.0001 along half a cosine",
        ),
        (
            "compile.schedule={name='cosine', warmup=0.1}",
            "learning rate",
            "up from 0 over the first 10 % of all steps, then from 0.001 down to 0 along half a cosine",
        ),
        (
            "compile.schedule={name='one-cycle'}",
            "learning rate",
            "one cycle: up from 4e-05 to 0.001 over the first 25 % of all steps, then down to 0",
        ),
        ("compile.schedule={name='step', epochs=1}", "learning rate", "0.001, times 0.1 after every 1 epoch"),
        ("compile.ema_momentum=0.99", "weights", "averaged over the steps, of which each keeps 99 %"),
        ("compile.loss=categorical_crossentropy", "loss", "categorical cross-entropy (labels are one-hot)"),
        ("training.fraction=0.25", "images", "25 % of the training images"),
        ("training.validation_split=0", "validation", "none: all training images are trained on"),
        ("training.class_weight=balanced", "class weights", "balanced: rare classes weigh more"),
        ("training.class_weight={a=2, b=0.5}", "class weights", "a 2, b 0.5"),
        (
            "training.least_steps=900",
            "training",
            "5 epochs or as many as make 900 steps, 200 at most, batches of 64, seed 0",
        ),
        (
            "training.progressive_resizing={}",
            "training",
            "5 epochs, batches of 64, seed 0; the first 2 epochs at 0.7 of the images' size",
        ),
        ("averaging={networks=3}", "prediction", "mean over 3 networks"),
        (
            "averaging={networks=3, shift=1, mirrored=true}",
            "prediction",
            "mean over 3 networks on an image and copies that are moved by 1 pixel each way and mirrored",
        ),
        ("averaging={mirrored=true}", "prediction", "mean over an image and copies that are mirrored"),
        ("training.early_stopping={}", "training", "at most 5 epochs, batches of 64, seed 0"),
        (
            "training.early_stopping={patience=2, min_delta=0.1}",
            "early stopping",
            "when val_loss has not improved by 0.1 for 2 epochs; the best epoch's weights are kept",
        ),
    ],
)
def test_settings_in_words(override, setting, words):
    assert settings_in_words(load_recipe("dense-128", [override]))[setting] == words


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            ["compile.loss=categorical_crossentropy", "training.strangers=0.1"],
            "all training images, and 10 % as many images of no class",
        ),
        (["training.redrawn=1"], "all training images, and a copy of each in another hand"),
        (
            ["training.redrawn=3", "training.fraction=0.5"],
            "50 % of the training images, and 3 copies of each in another hand",
        ),
    ],
)
def test_copies_in_another_hand_are_said(overrides, words):
    assert settings_in_words(load_recipe("dense-128", overrides))["images"] == words


def test_watching_the_test_set_is_said():
    assert "it selects nothing" in settings_in_words(load_recipe("dense-512"))["validation"]


def test_smoothing_is_said():
    recipe = load_recipe("dense-512-256", ["compile.label_smoothing=0.1"])
    assert settings_in_words(recipe)["loss"] == "categorical cross-entropy (labels are one-hot, smoothed by 0.1)"
