"""Keras: `keras.Model.fit` on TensorFlow, JAX or PyTorch, whichever KERAS_BACKEND names."""

from typing import Any

import keras
import numpy as np
from benchmarks.speed.contestants.keras_network import EpochTicks, compiled_model, test_accuracy
from benchmarks.speed.contestants.trial import Evaluate, Trial, run_trial

COMPILE: dict[str, dict[str, Any]] = {
    "tensorflow": {"jit_compile": False, "steps_per_execution": 32},
    "jax": {"jit_compile": True, "steps_per_execution": 1},
    "torch": {"jit_compile": False, "steps_per_execution": 1},
}


def train(trial: Trial) -> Evaluate:
    """Train, save, and give the function that measures accuracy."""
    task = trial.task
    images = trial.train_images.astype(np.float32) / 255
    model = compiled_model(task, raw_pixels=False, **COMPILE[keras.backend.backend()])
    trial.tick()
    model.fit(
        images,
        trial.targets(),
        batch_size=task["batch_size"],
        epochs=task["epochs"],
        verbose=0,
        callbacks=[EpochTicks(trial)],
    )
    model.save(trial.folder / "model.keras")
    return lambda: test_accuracy(model, trial.test_images.astype(np.float32) / 255, trial.test_labels)


if __name__ == "__main__":
    run_trial(train, ("keras", {"jax": "jaxlib"}.get(keras.backend.backend(), keras.backend.backend())))
