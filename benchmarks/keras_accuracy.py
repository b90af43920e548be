"""What plain Keras reaches with a tutorial's network: `keras.Model.fit`, no part of Tenfold's engine.

    KERAS_BACKEND=tensorflow python benchmarks/keras_accuracy.py dense-128 --seeds 10

Network and settings are read from the recipe. As in the tutorials, images are scaled before training, and validation
data is the last part of the training data. The result is added to benchmarks/results/keras_accuracy.json.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

import keras
import numpy as np

from tenfold.data.load import load_dataset
from tenfold.recipes.recipe import Recipe, load_recipe
from tenfold.run.provenance import machine

RESULTS = Path(__file__).parent / "results" / "keras_accuracy.json"


def build(recipe: Recipe, shape: tuple[int, int, int], classes: int) -> Any:
    """The recipe's network and optimiser, from Keras's own names."""
    model = keras.Sequential([keras.Input(shape)])
    for layer in recipe.network:
        arguments = layer.model_dump(exclude={"layer"}, exclude_none=True)
        if arguments.get("units") == "classes":
            arguments["units"] = classes
        model.add(getattr(keras.layers, layer.layer)(**arguments))
    optimizer = recipe.compile.optimizer.model_dump()
    if optimizer["name"] == "muon":
        sys.exit(f"{recipe.name}: Keras's Muon is for matrices, Tenfold's for convolutions. Name another recipe.")
    settings = recipe.compile
    varied = settings.label_smoothing or settings.ema_momentum or settings.schedule.name != "constant"
    if recipe.augmentation or recipe.averaging or varied:
        sys.exit(f"{recipe.name}: varies images, labels or the rate, or averages. Expected a recipe of a tutorial.")
    model.compile(
        optimizer=keras.optimizers.get({"class_name": optimizer.pop("name"), "config": optimizer}),
        loss=recipe.compile.loss,
        metrics=["accuracy"],
    )
    return model


def accuracy_after_training(name: str, seed: int) -> float:
    """Train once; accuracy on the test set after the last epoch."""
    recipe = load_recipe(name)
    data = load_dataset(str(recipe.data))
    classes = len(data.class_names)
    one_hot = recipe.compile.loss == "categorical_crossentropy"
    labels = [np.eye(classes, dtype="float32")[y] if one_hot else y for y in (data.train.labels, data.test.labels)]
    images = [x.astype("float32") / 255 for x in (data.train.images, data.test.images)]
    keras.utils.set_random_seed(seed)
    model = build(recipe, data.image_shape, classes)
    settings = recipe.training
    model.fit(
        images[0],
        labels[0],
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        validation_split=settings.validation_split,
        verbose=0,
    )
    return float(model.evaluate(images[1], labels[1], batch_size=1000, verbose=0)[1])


def save(name: str, accuracies: list[float]) -> None:
    """Put one recipe's accuracies into the file of results, in place of what was there."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[name] = {
        "accuracies": accuracies,
        "mean": round(mean(accuracies), 5),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "machine": machine(),
        "date": date.today().isoformat(),
    }
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Train every named recipe with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 … SEEDS-1")
    arguments = parser.parse_args()
    for name in arguments.recipes:
        accuracies = [round(accuracy_after_training(name, seed), 4) for seed in range(arguments.seeds)]
        save(name, accuracies)
        print(name, accuracies, round(mean(accuracies), 5), flush=True)


if __name__ == "__main__":
    main()
