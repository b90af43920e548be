"""A task's network and optimiser as a compiled Keras model, for `tenfold.fit` and for Keras's own `fit` alike."""

from typing import Any

import keras

from benchmarks.speed.contestants.trial import Evaluate, Trial


def compiled_model(task: dict[str, Any], raw_pixels: bool, **compile_arguments: Any) -> Any:
    """Build the network from Keras's own names, with Keras's own initial weights.

    Args:
        task: As `Trial.task`.
        raw_pixels: Whether the model takes uint8 0…255 and scales them itself, or takes float32 0…1.
        compile_arguments: Go to `keras.Model.compile`.
    """
    keras.utils.set_random_seed(task["seed"])
    inputs = keras.Input(task["image_shape"], dtype="uint8" if raw_pixels else "float32")
    outputs = keras.layers.Rescaling(1 / 255)(inputs) if raw_pixels else inputs
    for settings in task["layers"]:
        arguments = {key: value for key, value in settings.items() if key != "layer"}
        outputs = getattr(keras.layers, settings["layer"])(**arguments)(outputs)
    model = keras.Model(inputs, outputs)
    optimizer = {key: value for key, value in task["optimizer"].items() if key != "name"}
    model.compile(
        optimizer=keras.optimizers.get({"class_name": task["optimizer"]["name"], "config": optimizer}),
        loss=task["loss"],
        metrics=["accuracy"],
        **compile_arguments,
    )
    return model


class EpochTicks(keras.callbacks.Callback):
    """Notes the time at the end of each epoch, and the accuracy if it is watched."""

    def __init__(self, trial: Trial, evaluate: Evaluate) -> None:
        super().__init__()
        self._trial, self._evaluate = trial, evaluate

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras and by Tenfold when all batches of an epoch are done."""
        self._trial.end_epoch(self._evaluate)


def accuracy_on_test_set(model: Any, images: Any, labels: Any) -> float:
    """Share of right predictions, 0 to 1."""
    probabilities = model.predict(images, batch_size=500, verbose=0)
    return float((probabilities.argmax(axis=1) == labels).mean())
