"""The part of a run that needs Keras: build, compile, fit, and save the model."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tenfold.classifier.classifier import load_classifier
from tenfold.classifier.metadata import Metadata
from tenfold.classifier.model_file import MAX_FILE_BYTES
from tenfold.classifier.onnx_writer import write_onnx
from tenfold.data.dataset import Dataset, Split
from tenfold.errors import NonFiniteLossError, RecipeError
from tenfold.files import atomic_path
from tenfold.keras_on_jax import keras
from tenfold.models.architectures import build_model
from tenfold.recipes.recipe import Recipe
from tenfold.recipes.settings import EarlyStopping
from tenfold.run.run_folder import RunFolder
from tenfold.training.compilation import compile_model
from tenfold.training.epoch_log import EpochLog
from tenfold.training.fit import fit
from tenfold.training.moving_averages import recompute_moving_averages
from tenfold.types import Images, Verbose

Status = Literal["trained", "interrupted", "diverged"]

_LARGEST_MODEL_BYTES = 0.9 * MAX_FILE_BYTES


@dataclass(frozen=True)
class Learned:
    """A trained model, how its training went epoch by epoch, and how it ended."""

    model: Any
    log: EpochLog
    status: Status
    message: str = ""


def build(recipe: Recipe, dataset: Dataset, training_images: int) -> Any:
    """Build and compile a recipe's model for a data set, with initial weights that follow from the seed.

    Raises:
        RecipeError: The network does not fit the images, or is too large to ship.
    """
    training = recipe.training
    keras.utils.set_random_seed(training.seed)
    model = build_model(recipe.network, dataset.image_shape, len(dataset.class_names), name=recipe.name)
    parameters = model.count_params()
    if 4 * parameters > _LARGEST_MODEL_BYTES:
        raise RecipeError(
            f"The network has {parameters:,} parameters for images of {'×'.join(map(str, dataset.image_shape))}; at "
            f"most {int(_LARGEST_MODEL_BYTES / 4):,} can be shipped. Use smaller images (--size) or more pooling."
        )
    steps_per_epoch = -(-training_images // training.batch_size)
    compile_model(model, recipe.compile, steps_per_epoch, training.epochs)
    return model


def learn(
    model: Any,
    recipe: Recipe,
    train: Split,
    validation: Split | None,
    class_weight: dict[int, float] | None,
    verbose: Verbose,
    log: EpochLog,
) -> Learned:
    """Fit a model as its recipe says; what was learnt so far survives Ctrl-C, SIGTERM and a diverging loss."""
    training = recipe.training
    encode = _one_hot if recipe.compile.loss == "categorical_crossentropy" else _integers
    classes = model.output_shape[1]
    try:
        fit(
            model,
            train.images,
            encode(train.labels, classes),
            batch_size=training.batch_size,
            epochs=training.epochs,
            verbose=verbose,
            callbacks=[log, *_early_stopping(training.early_stopping)],
            validation_data=validation and (validation.images, encode(validation.labels, classes)),
            class_weight=class_weight,
            seed=training.seed,
            augmentation=recipe.augmentation,
        )
        if recipe.compile.ema_momentum:
            recompute_moving_averages(model, train.images, training.batch_size)
        return Learned(model, log, "trained")
    except KeyboardInterrupt:
        return Learned(model, log, "interrupted")
    except NonFiniteLossError as error:
        return Learned(model, log, "diverged", str(error))


def _one_hot(labels: Any, classes: int) -> Any:
    return np.eye(classes, dtype=np.uint8)[labels]


def _integers(labels: Any, classes: int) -> Any:
    return labels


def _early_stopping(settings: EarlyStopping | None) -> list[Any]:
    if settings is None:
        return []
    return [
        keras.callbacks.EarlyStopping(**settings.model_dump(), restore_best_weights=True, start_from_epoch=0, verbose=0)
    ]


def save_model(model: Any, folder: RunFolder, metadata: Metadata) -> None:
    """Save a model three times: for Keras, its weights alone, and for ONNX Runtime."""
    with atomic_path(folder.keras_model) as path:
        model.save(path, overwrite=True)
    with atomic_path(folder.weights) as path:
        # A compiled model would put its optimiser's state in as well.
        keras.Model(model.inputs, model.outputs, name=model.name).save_weights(path, overwrite=True)
    write_onnx(model, folder.onnx_model, metadata)


def onnx_difference(model: Any, folder: RunFolder, images: Images) -> float:
    """The largest difference between a model's probabilities and those of the ONNX file saved from it.

    It should be far below 1e-5; `run.json` records it.
    """
    expected = np.asarray(model(images, training=False))
    return float(np.abs(load_classifier(folder.onnx_model).probabilities(images) - expected).max())
