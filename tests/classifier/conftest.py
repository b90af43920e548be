from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from tenfold.classifier.classifier import load_onnx
from tenfold.classifier.metadata import Metadata
from tenfold.classifier.onnx_writer import write_onnx
from tenfold.keras_on_jax import keras
from tenfold.models.architectures import build_model
from tenfold.recipes.layers import AnyLayer

NETWORK = TypeAdapter(list[AnyLayer])


def metadata_for(model: Any) -> Metadata:
    return Metadata(
        class_names=tuple(f"class {number}" for number in range(model.output_shape[-1])),
        image_shape=model.input_shape[1:],
        polarity="none",
        recipe="test",
        accuracy=0.5,
        test_count=10,
        data="test data",
        data_fingerprint="0" * 64,
        tenfold_version="0.1.0",
    )


def scramble(model: Any) -> None:
    random = np.random.default_rng(0)
    for variable in model.variables:
        values = random.normal(0, 1, variable.shape) / np.sqrt(np.prod(variable.shape[:-1]) or 1)
        if "variance" in variable.path:
            values = random.uniform(0.5, 2, variable.shape)
        if variable.dtype.startswith("float"):
            variable.assign(values)


@pytest.fixture
def make_metadata() -> Callable[[Any], Metadata]:
    return metadata_for


@pytest.fixture
def random_weights(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Gives every weight a random value, also biases and statistics, which start as zeros and ones."""
    # JAX compiles a program for each shape that Keras draws: seconds, for values that are not kept.
    for initializer in (keras.initializers.GlorotUniform, keras.initializers.HeNormal):
        monkeypatch.setattr(initializer, "__call__", keras.initializers.Zeros().__call__)
    return scramble


@pytest.fixture
def network_model(random_weights: Callable[[Any], None]) -> Callable[..., Any]:
    """A Keras model with random weights from a recipe's layers."""

    def build(network: list[dict[str, Any]], image_shape: tuple[int, int, int], classes: int = 3) -> Any:
        model = build_model(NETWORK.validate_python(network), image_shape, classes)
        random_weights(model)
        return model

    return build


@pytest.fixture
def assert_parity(tmp_path: Path) -> Callable[[Any], None]:
    """Write a model, load it, and compare its probabilities with Keras's."""

    def check(model: Any, softmax: bool = False) -> None:
        images = np.random.default_rng(1).integers(0, 256, (3, *model.input_shape[1:]), dtype=np.uint8)
        expected = model(images.astype(model.inputs[0].dtype))
        if softmax:
            expected = keras.ops.softmax(expected)
        write_onnx(model, tmp_path / "model.onnx", metadata_for(model))
        found = load_onnx(tmp_path / "model.onnx").probabilities(images)
        np.testing.assert_allclose(found, np.asarray(expected), rtol=0, atol=1e-5)

    return check
