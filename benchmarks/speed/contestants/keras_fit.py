"""Keras: `keras.Model.fit` on TensorFlow, JAX or PyTorch, whichever KERAS_BACKEND names.

Done for all: images scaled to float32 once, before training; everything in memory; no progress bar; what is fastest of
`jit_compile` and `steps_per_execution`, measured with 3,000 images on 2 cores.

TensorFlow: oneDNN on, as it comes; its own choice of threads (one thread is 1.6 times as slow); 32 steps for each
execution (0.20 instead of 0.29 s for dense-128); XLA for dense networks (0.15 s; no difference for dense-512), not for
convolutions, which it makes 1.4 times as slow.

JAX: eight steps for each execution (0.04 instead of 0.06 s for dense-128, 3.2 instead of 4.6 s for cnn-32-64-128).

PyTorch: the number of threads tried out beforehand, uncounted; torch.compile for dense networks if g++ is there (0.19
instead of 0.37 s for dense-128), not for convolutions.

Tried without gain: on all, uint8 images with a Rescaling layer; on TensorFlow, a tf.data pipeline (cached, shuffled,
batched, prefetched) instead of arrays, from which Keras makes one itself.
"""

import shutil
from typing import Any

import keras
import numpy as np

from benchmarks.speed.contestants.keras_network import EpochTicks, accuracy_on_test_set, compiled_model
from benchmarks.speed.contestants.trial import Evaluate, Trial, run_trial

BACKEND = keras.backend.backend()


def train(trial: Trial) -> Evaluate:
    """Train, save, and give the function that measures accuracy."""
    task = trial.task
    images, targets = trial.train_images.astype(np.float32) / 255, trial.targets()
    trial.settings.update(compile_arguments(task))
    if BACKEND == "torch":
        with trial.untimed():
            trial.settings["threads"] = choose_torch_threads(task, images, targets)
    model = compiled_model(task, raw_pixels=False, **compile_arguments(task))
    test_images = trial.test_images.astype(np.float32) / 255

    def evaluate() -> float:
        return accuracy_on_test_set(model, test_images, trial.test_labels)

    trial.tick()
    model.fit(
        images,
        targets,
        batch_size=task["batch_size"],
        epochs=task["epochs"],
        verbose=0,
        callbacks=[EpochTicks(trial, evaluate)],
    )
    model.save(trial.folder / "model.keras")
    return evaluate


def compile_arguments(task: dict[str, Any]) -> dict[str, Any]:
    """What is best for this backend and kind of network."""
    dense = all(layer["layer"] in ("Flatten", "Dense", "Dropout") for layer in task["layers"])
    match BACKEND:
        case "tensorflow":
            return {"jit_compile": dense, "steps_per_execution": 32}
        case "jax":
            return {"jit_compile": True, "steps_per_execution": 8}
        case _:
            return {"jit_compile": dense and shutil.which("g++") is not None, "steps_per_execution": 1}


def choose_torch_threads(task: dict[str, Any], images: Any, targets: Any) -> int:
    """Set the number of threads with which steps of such a model are quickest."""
    from benchmarks.speed.contestants.torch_threads import use_fastest_thread_count

    model = compiled_model(task, raw_pixels=False, jit_compile=False)
    batch = images[: task["batch_size"]], targets[: task["batch_size"]]
    return use_fastest_thread_count(lambda: model.train_on_batch(*batch))


if __name__ == "__main__":
    run_trial(train, ("keras", {"jax": "jaxlib"}.get(BACKEND, BACKEND)))
