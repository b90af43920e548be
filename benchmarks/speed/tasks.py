"""What is trained: the recipes of the tutorials, and the same kinds of network on other sizes of everything."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.speed.data import IMAGE_SHAPES, training_count
from tenfold.recipes.recipe import Recipe, load_recipe

CLASSES = 10
RECIPES = ("dense-512", "dense-128", "dense-512-256", "dense-512-one-hot", "cnn-32-64-128", "fashion-cnn-64-64")

Layer = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One network trained on one data set in one way.

    Args:
        name: Short and unique; also the name of the result's file.
        group: What the task is compared with: "recipes", "batch", "pictures", "images" or "width".
        data: A name in `data.IMAGE_SHAPES`.
        images: Training images, each used once an epoch.
        layers: Keras's names and arguments, from input to output; the last one gives probabilities.
        optimizer: Keras's name and all arguments.
        loss: Keras's name.
        batch_size: Images for each step; the last, smaller batch is used too.
        epochs: The first one is told apart, since it includes compiling.
    """

    name: str
    group: str
    data: str
    images: int
    layers: tuple[Layer, ...]
    optimizer: dict[str, Any]
    loss: str
    batch_size: int
    epochs: int

    @property
    def dense_only(self) -> bool:
        """Whether the network is a plain row of dense layers."""
        return {layer["layer"] for layer in self.layers} == {"Flatten", "Dense"}

    @property
    def convolutional(self) -> bool:
        """Whether the network has convolutions."""
        return any(layer["layer"] == "Conv2D" for layer in self.layers)

    def content(self, data: Path, seed: int) -> dict[str, Any]:
        """What a contestant reads, as JSON."""
        return asdict(self) | {
            "data": str(data),
            "image_shape": IMAGE_SHAPES[self.data],
            "classes": CLASSES,
            "seed": seed,
        }


def all_tasks() -> list[Task]:
    """Every task of the benchmark, the recipes first."""
    return [
        *(_from_recipe(name) for name in RECIPES),
        *_batch_sizes(),
        *_larger_pictures(),
        *(_small(f"images-{count}", "images", dense(128), images=count) for count in (6_000, 24_000, 60_000, 240_000)),
        *(_small(f"width-dense-{units}", "width", dense(units)) for units in (128, 512, 2048)),
        *(_small(f"width-conv-{filters}", "width", convolutions(filters), images=6_000) for filters in (8, 16, 32, 64)),
    ]


def chosen_tasks(names: Iterable[str]) -> list[Task]:
    """The tasks with these names or of these groups, in the benchmark's order; all if none is named.

    Raises:
        KeyError: There is no such task or group.
    """
    wanted, tasks = set(names), all_tasks()
    if unknown := wanted - {task.name for task in tasks} - {task.group for task in tasks}:
        raise KeyError(", ".join(sorted(unknown)))
    return [task for task in tasks if not wanted or wanted & {task.name, task.group}]


def dense(units: int) -> tuple[Layer, ...]:
    """One hidden layer."""
    return ({"layer": "Flatten"}, _dense(units, "relu"), _dense(CLASSES, "softmax"))


def convolutions(filters: int, padding: str = "valid") -> tuple[Layer, ...]:
    """Three 3×3 convolutions, each with twice the filters of the one before; pooling after the first two."""

    def convolution(times: int) -> Layer:
        return {
            "layer": "Conv2D",
            "filters": filters * times,
            "kernel_size": 3,
            "padding": padding,
            "activation": "relu",
        }

    pooling: Layer = {"layer": "MaxPooling2D", "pool_size": 2}
    hidden = (convolution(1), pooling, convolution(2), pooling, convolution(4))
    return (*hidden, {"layer": "Flatten"}, _dense(CLASSES, "softmax"))


def _dense(units: int, activation: str) -> Layer:
    return {"layer": "Dense", "units": units, "activation": activation}


def _batch_sizes() -> list[Task]:
    return [
        _small(f"{name}-batch-{size}", "batch", layers, batch_size=size)
        for name, layers in (("dense-512", dense(512)), ("cnn-32-64-128", convolutions(32)))
        for size in (32, 128, 512)
    ]


def _larger_pictures() -> list[Task]:
    return [
        _small("colour-32x32", "pictures", convolutions(32, "same"), data="colour-32", images=10_000),
        _small("grey-64x64", "pictures", convolutions(16, "same"), data="grey-64", images=6_000),
    ]


def _small(name: str, group: str, layers: tuple[Layer, ...], **changes: Any) -> Task:
    """A task of `recipes/dense-128`'s kind: Adam, integer labels; fewer images, so that it is quick."""
    settings = {"data": "mnist", "images": 12_000, "batch_size": 128} | changes
    optimizer = load_recipe("dense-128").compile.optimizer.model_dump()
    return Task(name, group, layers=layers, optimizer=optimizer, loss=_SPARSE, epochs=3, **settings)


_SPARSE = "sparse_categorical_crossentropy"


def _from_recipe(name: str) -> Task:
    """A recipe's network, optimiser, loss and batch size, on as many images as it trains on."""
    recipe: Recipe = load_recipe(name)
    layers = tuple(
        {key: CLASSES if value == "classes" else value for key, value in layer.model_dump(exclude_none=True).items()}
        for layer in recipe.network
    )
    data = str(recipe.data)
    return Task(
        name,
        "recipes",
        data,
        round(training_count(data) * (1 - recipe.training.validation_split)),
        layers,
        recipe.compile.optimizer.model_dump(),
        recipe.compile.loss,
        recipe.training.batch_size,
        # Keras on TensorFlow trains convolutions in fast and in slow spells of several epochs.
        epochs=4 if any(layer["layer"] == "Conv2D" for layer in layers) else 3,
    )
