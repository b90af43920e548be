"""Writing a run's model: for Keras, and for ONNX Runtime."""

from pathlib import Path
from typing import Any

from tenfold.classifier.classifier import classifier_from
from tenfold.classifier.onnx_writer import complete_onnx, onnx_network
from tenfold.files import atomic_path, check_room
from tenfold.keras_on_jax import keras
from tenfold.run.parity import check_parity
from tenfold.run.plan import Plan
from tenfold.run.run_folder import RunFolder
from tenfold.training.muon import without_muon

_HDF5_BYTES = 500_000
"""More than a file of weights has beside the weights."""


def save_keras(model: Any, folder: RunFolder) -> None:
    """Save a model for Keras, and its weights alone."""
    without_muon(model)
    with atomic_path(folder.keras_model) as path:
        model.save(path, overwrite=True)
    # HDF5 tells of a full disk in several tracebacks.
    check_room(folder.weights, _HDF5_BYTES + 4 * model.count_params())
    with atomic_path(folder.weights) as path:
        # A compiled model would put its optimiser's state in as well.
        keras.Model(model.inputs, model.outputs, name=model.name).save_weights(path, overwrite=True)


def save_uncalibrated_onnx(model: Any, plan: Plan, folder: RunFolder) -> float | None:
    """Save a model that was not trained to the end for ONNX Runtime; gives what `check_parity` gives."""
    content = complete_onnx(onnx_network(model, plan.metadata), plan.metadata)
    classifier = classifier_from(content, folder.onnx_model)
    difference = check_parity(model, classifier, plan.dataset.test.images, folder.recipe)
    write_model_file(folder.onnx_model, content)
    return difference


def write_model_file(path: Path, content: bytes) -> None:
    """Write an ONNX file, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
