import zlib
from dataclasses import replace

import numpy as np
import pytest

from tenfold.data.dataset import Split
from tenfold.data.load import load_dataset
from tenfold.errors import DataError
from tenfold.events import events_to
from tenfold.photo.redrawing import redraw
from tenfold.photo.strangers import draw_strangers
from tenfold.recipes.recipe import load_recipe
from tenfold.recipes.settings import MOST_REDRAWN
from tenfold.run.plan import drawn_strangers, learning_material, make_plan, training_splits, with_redrawn
from tenfold.run.stopwatch import Stopwatch
from tenfold.terminal import TerminalSink


def test_the_validation_cut_is_stratified_and_watching_the_test_set_cuts_nothing(dataset):
    training = load_recipe("dense-128").training
    train, validation = training_splits(dataset, training)
    assert np.bincount(validation.labels).tolist() == [18, 18, 18]
    assert len(train) == 216
    half, _ = training_splits(dataset, training.model_copy(update={"fraction": 0.5, "validation_split": 0}))
    assert np.bincount(half.labels).tolist() == [45, 45, 45]
    watched = load_recipe("dense-512").training
    assert training_splits(dataset, watched) == (dataset.train, dataset.test)


def test_the_validation_cut_separates_no_groups(dataset):
    groups = (np.arange(len(dataset.train)) // 9).astype(np.int32)
    grouped = replace(dataset, train=replace(dataset.train, groups=groups))
    train, validation = training_splits(grouped, load_recipe("dense-128").training)
    assert np.bincount(validation.labels).tolist() == [18, 18, 18]
    assert not set(train.groups) & set(validation.groups)
    half = load_recipe("dense-128").training.model_copy(update={"fraction": 0.5})
    train, validation = training_splits(grouped, half)
    assert not set(train.groups) & set(validation.groups)


@pytest.mark.parametrize(("name", "validation_sum"), [("mnist", 1883219532), ("fashion-mnist", 960637167)])
def test_the_tutorials_validation_images_are_for_ever_the_same(name, validation_sum):
    validation = training_splits(load_dataset(name), load_recipe("dense-128").training)[1]
    assert zlib.crc32(validation.images.tobytes() + validation.labels.tobytes()) == validation_sum


@pytest.mark.parametrize(
    ("counts", "kind"), [((300, 25, 100), "warnings"), ((100, 25, 100), "notes"), ((50, 25, 50), None)]
)
def test_unequal_classes_are_told_with_the_setting_to_try(dataset, capsys, counts, kind):
    labels = np.repeat(np.arange(3, dtype=np.int32), counts)
    images = np.random.default_rng(0).integers(0, 256, (len(labels), 10, 10, 1), np.uint8)
    unequal = replace(dataset, train=Split(images, labels))
    with events_to(TerminalSink()):
        plan = make_plan(unequal, load_recipe("dense-128"), Stopwatch())
    told = {"warnings": plan.dataset.warnings, "notes": plan.dataset.notes}
    assert [name for name, messages in told.items() if messages] == ([kind] if kind else [])
    shown = capsys.readouterr().err
    assert ("--set training.class_weight=balanced" in shown) == bool(kind)
    assert shown.startswith({"warnings": "Warning: The class 'top' has", "notes": "Note: The class", None: ""}[kind])
    weighted = load_recipe("dense-128", ["training.class_weight=balanced"])
    assert make_plan(unequal, weighted, Stopwatch()).dataset.warnings == ()


def test_copies_in_another_hand_follow_the_images_themselves():
    mnist = load_dataset("mnist")
    train = mnist.train.take(np.arange(30))
    training = load_recipe("dense-128").training.model_copy(update={"redrawn": 2, "seed": 3})
    characters = [str(label) for label in train.labels]
    more = with_redrawn(train, mnist, training)
    assert more.labels.tolist() == train.labels.tolist() * 3
    np.testing.assert_array_equal(more.images[:30], train.images)
    np.testing.assert_array_equal(more.images[30:60], redraw(train.images, characters, 3 * MOST_REDRAWN))
    np.testing.assert_array_equal(more.images[60:], redraw(train.images, characters, 3 * MOST_REDRAWN + 1))


@pytest.mark.parametrize("data", ["fashion-mnist", "negatives", "colour"])
def test_only_handwriting_is_written_again(data, dataset):
    training = load_recipe("dense-128").training.model_copy(update={"redrawn": 1})
    mnist = load_dataset("fashion-mnist" if data == "fashion-mnist" else "mnist")
    images = mnist.train.images[:50]
    if data == "negatives":
        images = 255 - images
    if data == "colour":
        mnist = dataset
    with pytest.raises(DataError, match=r"training\.redrawn=0"):
        with_redrawn(Split(images, mnist.train.labels[:50], ()), mnist, training)


def test_strangers_are_a_share_of_all_copies_and_no_training_images():
    mnist = load_dataset("mnist")
    changed = {"fraction": 0.005, "redrawn": 1, "strangers": 0.25, "seed": 4}
    training = load_recipe("dense-128").training.model_copy(update=changed)
    train, validation, strangers = learning_material(mnist, training)
    plain, held_back = training_splits(mnist, training)
    np.testing.assert_array_equal(validation.images, held_back.images)
    assert len(train) == 2 * len(plain)
    np.testing.assert_array_equal(strangers, draw_strangers(len(plain) // 2, plain.images, 4))


def test_classes_that_are_no_digits_have_no_strangers(dataset):
    training = load_recipe("dense-128").training.model_copy(update={"strangers": 0.1})
    mnist = load_dataset("mnist")
    letters = replace(mnist, class_names=(*"012345678", "J"))
    for data, train, found in ((letters, mnist.train, "the class 'J'"), (dataset, dataset.train, "polarity none")):
        with pytest.raises(DataError, match=rf"found {found}.*training\.strangers=0"):
            drawn_strangers(train, data, training)
    small = replace(mnist.train, images=mnist.train.images[:, ::4, ::4])
    tiny = replace(mnist, train=small, test=replace(mnist.test, images=mnist.test.images[:, ::4, ::4]))
    with pytest.raises(DataError, match="found 7×7 pixels, expected at least 8×8"):
        drawn_strangers(small, tiny, training)
