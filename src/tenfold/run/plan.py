"""What a run is going to do, settled and checked before Keras is loaded."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from string import digits
from typing import TYPE_CHECKING

import numpy as np

import tenfold
from tenfold.classifier.polarity import may_invert_negatives, polarity
from tenfold.data.class_names import are_characters
from tenfold.data.dataset import Dataset, Split
from tenfold.data.inspection import imbalance
from tenfold.data.sizes import were_resized
from tenfold.data.split import stratified_cut
from tenfold.errors import DataError
from tenfold.events import sink
from tenfold.files import printable
from tenfold.messages import Note
from tenfold.recipes.augmentation import refuse_label_changing, refuse_other_copies
from tenfold.recipes.recipe import Recipe
from tenfold.recipes.settings import MOST_REDRAWN, Training
from tenfold.run.loading import load_with_progress
from tenfold.run.stopwatch import Stopwatch
from tenfold.training.class_weights import class_weights
from tenfold.types import Images

if TYPE_CHECKING:
    from tenfold.classifier.metadata import Metadata

_SMALLEST_WRITING = 8
"""Pixels along the shorter side: in fewer, nothing can be written."""


@dataclass(frozen=True)
class Plan:
    """A recipe, the data that it is trained on, and a clock that runs.

    Args:
        recipe: Every setting, and where the data came from.
        dataset: All data.
        train: What the model learns from.
        strangers: Images of no class that it learns from as well, if any.
        validation: What is evaluated after each epoch, if anything.
        class_weight: Weight of each class in the loss, by its number.
        started: When the run began.
        watch: Seconds by stage.
        predicted_seconds: How long the run will take in all, where it has a time limit.
        time_limit_notes: What was chosen to keep to it, and why.
    """

    recipe: Recipe
    dataset: Dataset
    train: Split
    validation: Split | None
    class_weight: dict[int, float] | None
    started: datetime
    watch: Stopwatch
    predicted_seconds: float | None = None
    time_limit_notes: tuple[Note, ...] = ()
    strangers: Images | None = None

    @property
    def images_per_epoch(self) -> int:
        """How many images the model learns from in an epoch, strangers included."""
        return len(self.train) + (0 if self.strangers is None else len(self.strangers))

    @cached_property
    def metadata(self) -> "Metadata":
        """What an ONNX model that is trained on these images says of itself, before it is calibrated and evaluated."""
        # These load ONNX Runtime, which reading the data need not wait for.
        from tenfold.classifier.appearance import ink, pixel_mean
        from tenfold.classifier.metadata import Metadata
        from tenfold.photo.small import has_mnist_form

        dataset, images = self.dataset, self.train.images
        found_polarity = polarity(images)
        ink_share, stroke_width = ink(images, found_polarity) or (None, None)
        return Metadata(
            class_names=dataset.class_names,
            image_shape=dataset.image_shape,
            polarity=found_polarity,
            recipe=self.recipe.name,
            accuracy=None,
            test_count=0,
            data=dataset.name,
            data_fingerprint=dataset.fingerprint,
            tenfold_version=tenfold.__version__,
            pixel_mean=pixel_mean(images),
            ink_share=ink_share,
            stroke_width=stroke_width,
            inverts_negatives=may_invert_negatives(images, found_polarity),
            # Files of another size would be read as photos, where they were resized whole for training.
            mnist_form=has_mnist_form(images, found_polarity) and not were_resized(dataset.notes),
        )


def make_plan(data: str | Path | Dataset | None, recipe: Recipe, watch: Stopwatch) -> Plan:
    """Load the data and cut it as the recipe says.

    Raises:
        DataError: The data is wrong, or does not suit the recipe.
        RecipeError: The recipe's augmentation would change what the images show, or its settings exclude each other.
    """
    started = datetime.now(UTC)
    with watch.stage("data"):
        recipe, dataset = _load_data(data, recipe)
        _check_variations(recipe, dataset)  # before minutes of drawing
        train, validation, strangers = learning_material(dataset, recipe.training)
        recipe = with_settled_epochs(recipe, len(train) + (0 if strangers is None else len(strangers)))
    if recipe.training.class_weight is None and not recipe.training.strangers:
        dataset = _with_imbalance_told(dataset, train)
    weights = class_weights(recipe.training, train.labels, dataset.class_names)
    return Plan(recipe, dataset, train, validation, weights, started, watch, strangers=strangers)


def _with_imbalance_told(dataset: Dataset, train: Split) -> Dataset:
    """The data set with a note or warning about unequal classes, which the user is told."""
    for finding in imbalance(train, dataset.class_names):
        warns = finding.severity == "warning"
        sink().note(Note("data", "{text}", {"text": finding.message}, "warning" if warns else "note"))
        if warns:
            dataset = replace(dataset, warnings=(*dataset.warnings, finding.message))
        else:
            dataset = replace(dataset, notes=(*dataset.notes, finding.message))
    return dataset


def _check_variations(recipe: Recipe, dataset: Dataset) -> None:
    if recipe.augmentation:
        refuse_label_changing(recipe.augmentation, dataset.class_names, dataset.image_shape)
    if recipe.averaging:
        refuse_other_copies(recipe.averaging, recipe.augmentation, dataset.class_names, dataset.image_shape)


def learning_material(dataset: Dataset, training: Training) -> tuple[Split, Split | None, Images | None]:
    """What a recipe trains on, what it evaluates after each epoch, and the images of no class, if any.

    Raises:
        DataError: The data does not suit the recipe.
    """
    train, validation = training_splits(dataset, training)
    strangers = drawn_strangers(train, dataset, training)
    return with_redrawn(train, dataset, training), validation, strangers


def with_settled_epochs(recipe: Recipe, images: int) -> Recipe:
    """The recipe with as many epochs as its `least_steps` ask for with so many training images."""
    settled = {"epochs": recipe.training.epochs_for(images), "least_steps": None}
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=settled)})


def with_redrawn(train: Split, dataset: Dataset, training: Training) -> Split:
    """Training images, and as many copies of them in another hand as a recipe asks for.

    Raises:
        DataError: They are no handwriting in grey, light on dark.
    """
    if not training.redrawn:
        return train
    check_handwriting(train, dataset, "redrawn")
    from tenfold.photo.redrawing import redraw, shown_characters  # SciPy takes a while to load

    copies = range(1, training.redrawn + 1)
    images, characters = [train.images], shown_characters(train.labels, dataset.class_names)
    for copy in copies:
        title = f"Writing again, {copy} of {len(copies)}"
        with sink().progress(title) as progress:
            images.append(redraw(train.images, characters, training.seed * MOST_REDRAWN + copy - 1, progress))
    times = len(images)
    return Split(np.concatenate(images), np.tile(train.labels, times), train.files * times)


def drawn_strangers(train: Split, dataset: Dataset, training: Training) -> Images | None:
    """Images of no class, as many as a recipe asks for; None for none.

    Raises:
        DataError: The classes are not digits in grey, light on dark: what is drawn may be one of them.
    """
    if not training.strangers:
        return None
    check_handwriting(train, dataset, "strangers")
    if others := [name for name in dataset.class_names if name not in set(digits)]:
        raise DataError(
            f"{dataset.name}: training.strangers draws what is no digit, letters among it; found the class "
            f"{others[0]!r}, expected digits alone. Set training.strangers=0."
        )
    from tenfold.photo.strangers import draw_strangers  # SciPy takes a while to load

    count = max(1, round(training.strangers * len(train) * (1 + training.redrawn)))
    with sink().progress("Drawing what is no digit") as progress:
        return draw_strangers(count, train.images, training.seed, progress)


def check_handwriting(train: Split, dataset: Dataset, setting: str) -> None:
    """Characters in grey, light on dark, are what can be written again.

    Raises:
        DataError: It is something else.
    """
    height, width, channels = dataset.image_shape
    ink, found = polarity(train.images), ""
    if channels != 1:
        found = f"{channels} channels, expected grey images"
    elif ink != "light-on-dark":
        found = f"polarity {ink}, expected light ink on dark ground"
    elif not are_characters(dataset.class_names):
        other = next(name for name in dataset.class_names if not are_characters([name]))
        found = f"the class {other!r}, expected single letters or digits"
    elif min(height, width) < _SMALLEST_WRITING:
        found = f"{height}×{width} pixels, expected at least {_SMALLEST_WRITING}×{_SMALLEST_WRITING}"
    if found:
        raise DataError(
            f"{dataset.name}: training.{setting} is for handwriting; found {found}. Set training.{setting}=0."
        )


def _load_data(data: str | Path | Dataset | None, recipe: Recipe) -> tuple[Recipe, Dataset]:
    """The data, and the recipe that says which data it was."""
    if isinstance(data, Dataset):
        for warning in data.warnings:
            sink().note(Note("data", "{text}", {"text": warning}, "warning"))
        return recipe.model_copy(update={"data": None}), data
    source = recipe.data if data is None else str(data)
    if source is not None and printable(source) != source:
        raise DataError(f"{printable(source)}: the name is not valid UTF-8, so that no recipe can hold it. Rename it.")
    if source is None:
        raise DataError(f"The recipe {recipe.name} names no data. Say what to train on, such as mnist or a folder.")
    dataset = load_with_progress(source, recipe.read_options)
    return recipe.model_copy(update={"data": source}), dataset


def training_splits(dataset: Dataset, training: Training) -> tuple[Split, Split | None]:
    """What a recipe trains on, and what it evaluates after each epoch.

    The validation images are cut from the training images class by class; with `watch_test_set` they are the test
    images, as in some tutorials, and nothing is selected by them.
    """
    train = dataset.train
    if training.fraction < 1:
        _, kept = stratified_cut(train.labels, training.fraction, training.seed, purpose="training.fraction")
        train = train.take(kept)
    if training.watch_test_set:
        return train, dataset.test
    if not training.validation_split:
        return train, None
    kept, cut = stratified_cut(
        train.labels,
        training.validation_split,
        training.seed,
        groups=train.groups,
        purpose="training.validation_split",
    )
    return train.take(kept), train.take(cut)
