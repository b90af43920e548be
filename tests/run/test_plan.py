import numpy as np

from tenfold.recipes.recipe import load_recipe
from tenfold.run.plan import training_splits


def test_the_validation_cut_is_stratified_and_watching_the_test_set_cuts_nothing(dataset):
    training = load_recipe("dense-128").training
    train, validation = training_splits(dataset, training)
    assert np.bincount(validation.labels).tolist() == [18, 18, 18]
    assert len(train) == 216
    half, _ = training_splits(dataset, training.model_copy(update={"fraction": 0.5, "validation_split": 0}))
    assert np.bincount(half.labels).tolist() == [45, 45, 45]
    watched = load_recipe("dense-512").training
    assert training_splits(dataset, watched) == (dataset.train, dataset.test)
