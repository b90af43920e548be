"""A small data set and a small recipe, so that whole runs take seconds."""

import numpy as np
import pytest

from tenfold.data.dataset import Dataset, Split

RECIPE = """
name = "small"
network = [
    { layer = "Conv2D", filters = 4, kernel_size = 3, activation = "relu" },
    { layer = "MaxPooling2D" },
    { layer = "Flatten" },
    { layer = "Dropout", rate = 0.1 },
    { layer = "Dense", units = "classes", activation = "softmax" },
]
[compile]
optimizer = { name = "adam", learning_rate = 0.01 }
[training]
epochs = 3
batch_size = 50
validation_split = 0.25
"""


def bars(count, seed):
    """Noise with a bright bar in one of three places."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 3).astype(np.int32)
    images = random.integers(0, 160, (count, 10, 10, 1)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 * label : 3 * label + 2] += 90
    return Split(images, labels)


@pytest.fixture(scope="session")
def dataset():
    return Dataset("bars", bars(270, 0), bars(90, 1), ("top", "middle", "bottom"))


@pytest.fixture(scope="session")
def npz_file(dataset, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    train, test = dataset.train, dataset.test
    np.savez(path, x_train=train.images, y_train=train.labels, x_test=test.images, y_test=test.labels)
    return path


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
