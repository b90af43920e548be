import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from tenfold.events import Silence, events_to

# Shared machines are slow at times; how long an example takes says nothing about whether it is right.
settings.register_profile("tenfold", deadline=None)
settings.load_profile("tenfold")


@pytest.fixture(scope="session", autouse=True)
def _compile_cache(tmp_path_factory):
    """All tests share what JAX has compiled, and leave the developer's own cache alone."""
    of_worker = tmp_path_factory.getbasetemp()
    of_session = of_worker.parent if "PYTEST_XDIST_WORKER" in os.environ else of_worker
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TENFOLD_COMPILE_CACHE", str(of_session / "compiled"))
        yield


def write_brightness_model(path: Path, image_shape: tuple[int, int, int], class_names: tuple[str, ...]) -> Path:
    """Tells dark (class 0) from light (class 1): logits 4 - 8 b, 8 b - 4 and -12 … for a mean brightness b of 0…1."""
    from tenfold.classifier.metadata import Metadata
    from tenfold.classifier.onnx_writer import write_onnx
    from tenfold.keras_on_jax import keras

    values = int(np.prod(image_shape))
    model = keras.Sequential(
        [
            keras.Input(image_shape, dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(len(class_names), activation="softmax", kernel_initializer="zeros"),
        ]
    )
    kernel = np.zeros((values, len(class_names)), np.float32)
    kernel[:, 0], kernel[:, 1] = -8 / values, 8 / values
    model.layers[-1].set_weights([kernel, np.float32([4, -4] + [-12] * (len(class_names) - 2))])
    metadata = Metadata(
        class_names=class_names,
        image_shape=image_shape,
        polarity="none",
        recipe="test",
        accuracy=0.5,
        test_count=10,
        data="test data",
        data_fingerprint="0" * 64,
        tenfold_version="0.1.0",
    )
    write_onnx(model, path, metadata)
    return path


@pytest.fixture(scope="session")
def brightness_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ONNX file of a model for grey images, 4 high and 6 wide: "dark", "light" or "never"."""
    path = tmp_path_factory.mktemp("brightness") / "model.onnx"
    return write_brightness_model(path, (4, 6, 1), ("dark", "light", "never"))


@pytest.fixture(scope="session")
def colour_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for colour images, 5 high and 3 wide."""
    path = tmp_path_factory.mktemp("colour") / "model.onnx"
    return write_brightness_model(path, (5, 3, 3), ("dark", "light"))


class Told(Silence):
    """Remembers notes and lines."""

    def __init__(self):
        self.notes = []
        self.lines = []

    def note(self, note):
        self.notes.append(note)

    def line(self, text):
        self.lines.append(text)

    @property
    def text(self):
        return "\n".join([*map(str, self.notes), *self.lines])


@pytest.fixture
def told():
    """What library code tells a surface during the test."""
    sink = Told()
    with events_to(sink):
        yield sink
