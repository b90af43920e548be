import json
from dataclasses import replace

import numpy as np
import pytest

import tenfold
from tenfold.data.dataset import Split
from tenfold.evaluation.calibration import fit_temperature, tempered
from tenfold.photo.redrawing import redraw
from tenfold.recipes.recipe import load_recipe
from tenfold.run.calibrate import _parts, redrawn_images, rejection_threshold
from tenfold.run.plan import make_plan, training_splits
from tenfold.run.stopwatch import Stopwatch


def test_the_threshold_is_the_conformal_quantile():
    scores = np.random.default_rng(0).permutation(np.arange(199, dtype=np.float32))
    assert rejection_threshold(scores) == 197  # rank 198 of 199: ⌈0.99 · 200⌉
    assert rejection_threshold(np.arange(99, dtype=np.float32)) == 98
    assert rejection_threshold(np.arange(98, dtype=np.float32)) is None


def test_of_new_images_at_most_the_wanted_share_is_rejected():
    random = np.random.default_rng(1)
    rates = [
        (random.lognormal(size=2000) > rejection_threshold(random.lognormal(size=199).astype(np.float32))).mean()
        for _ in range(300)
    ]
    assert np.mean(rates) == pytest.approx(0.01, abs=0.0015)  # (200 - 198) / 200


def test_without_validation_images_the_threshold_comes_from_training_images(dataset, recipe_file):
    run = tenfold.train(dataset, recipe_file, overrides=["training.validation_split=0"], verbose=0)
    calibration = json.loads((run.path / "run.json").read_text())["calibration"]
    assert calibration["temperature"] == 1
    assert calibration["threshold_from"] == "training"
    classifier = tenfold.load_classifier(run.path)
    assert classifier.metadata.rejection_threshold == calibration["rejection_threshold"]
    predictions = classifier.predict(dataset.test.images)
    assert calibration["rejected_test_images"] == np.mean([one.label is None for one in predictions]) <= 0.1
    other = dataset.test.images.copy()
    other[:, ::2], other[:, 1::2] = 255, 0  # many bars
    rejected = [one for one in classifier.predict(other) if one.label is None]
    assert len(rejected) > 0.5 * len(other)
    assert rejected[0].top[0][1] == rejected[0].probability


def test_both_halves_of_the_training_images_have_all_classes_whatever_their_order(dataset):
    for labels in (np.arange(400) % 2, np.arange(400) % 10, np.sort(np.arange(400) % 4)):
        split = Split(np.zeros((400, 8, 8, 1), np.uint8), labels.astype(np.int32))
        fitted, held_out = _parts(split, None)
        assert len(fitted) == len(held_out) == 200
        assert set(fitted.labels) == set(held_out.labels) == set(labels)
    few = Split(np.zeros((60, 8, 8, 1), np.uint8), np.repeat(np.arange(20, dtype=np.int32), 3))
    assert all(len(set(part.labels)) == 20 for part in _parts(few, None))
    many = Split(np.zeros((60_000, 1, 1, 1), np.uint8), (np.arange(60_000) % 12).astype(np.int32))
    assert all(len(set(part.labels)) == 12 for part in _parts(many, many))


def test_validation_images_are_drawn_in_four_hands_where_a_recipe_trains_on_such(dataset, recipe_file):
    strokes = np.zeros_like(dataset.train.images)
    strokes[:, 2:8, 4:6] = 255
    digits = replace(dataset, train=replace(dataset.train, images=strokes), class_names=("0", "1", "7"))
    for setting, times in (("training.redrawn=1", 4), ("training.redrawn=0", 0)):
        plan = make_plan(digits, load_recipe(recipe_file, [setting]), Stopwatch())
        assert plan.validation is not None
        assert redrawn_images(plan) == times * len(plan.validation)


def test_validation_images_set_the_temperature_and_few_set_no_threshold(dataset, recipe_file, capsys):
    run = tenfold.train(dataset, recipe_file, verbose=2)
    _, validation = training_splits(dataset, run.recipe.training)
    classifier = tenfold.load_classifier(run.path)
    expected = fit_temperature(classifier.probabilities(validation.images), validation.labels)
    assert classifier.metadata.temperature == pytest.approx(expected, rel=1e-3)
    assert classifier.metadata.rejection_threshold is None  # 68 images are too few for 1 %
    shown = " ".join(capsys.readouterr().err.split())
    assert "even one that shows none of the classes: a rejection threshold needs 99 images; found 68." in shown
    prediction = classifier.predict(dataset.test.images[0])
    calibrated = tempered(classifier.probabilities(dataset.test.images[:1]), classifier.metadata.temperature)
    assert prediction.probability == pytest.approx(calibrated.max())


def test_few_validation_images_set_no_temperature(dataset, recipe_file):
    run = tenfold.train(dataset, recipe_file, overrides=["training.validation_split=0.1"], epochs=1, verbose=0)
    calibration = json.loads((run.path / "run.json").read_text())["calibration"]
    assert calibration["temperature"] == 1


def test_with_other_hands_in_training_the_validation_images_are_taken_in_other_hands(tmp_path):
    overrides = ["training.redrawn=1", "training.validation_split=0.2", "training.fraction=0.01"]
    run = tenfold.train("mnist", "dense-128", epochs=1, overrides=overrides, out=tmp_path / "run", verbose=0)
    _, validation = training_splits(tenfold.load_dataset("mnist"), run.recipe.training)
    classifier = tenfold.load_classifier(run.path)
    characters = [str(label) for label in validation.labels]
    images = np.concatenate([redraw(validation.images, characters, seed, spoilt=0) for seed in range(4)])
    expected = fit_temperature(classifier.probabilities(images), np.tile(validation.labels, 4))
    assert classifier.metadata.temperature == pytest.approx(expected, rel=1e-3)
    _, scores = classifier.probabilities_and_scores(images)
    # Of 480 images, the one of rank 477 = ⌈0.99 · 481⌉ sets it.
    assert np.sort(scores)[476] == pytest.approx(classifier.metadata.rejection_threshold, abs=1e-3)
