"""Reading pictures: what a classifier needs to see is prepared, and what it finds becomes text with boxes."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from tenfold.classifier.classifier import Answers, Classifier, Prediction
from tenfold.classifier.pictures import decode_picture
from tenfold.classifier.polarity import is_negative
from tenfold.data.class_names import are_characters
from tenfold.data.image_file import resize_image
from tenfold.photo.normalisation import MNIST_SHAPE
from tenfold.photo.plain import Prepared, Steps, prepare_plain
from tenfold.photo.small import NEAR, fitted_if_nearer, is_in_mnist_form
from tenfold.types import Image, Images

UNKNOWN = "?"
"""What stands in a text for a character that is none of the classes."""


@dataclass(frozen=True)
class Character:
    """One character of a picture.

    Args:
        label: The name of its class; None if it is none of the classes.
        probability: Of the most probable class, 0 to 1.
        top: The most probable classes with their probabilities, most probable first.
        box: Left, top, width and height in pixels of the picture.
    """

    label: str | None
    probability: float
    top: tuple[tuple[str, float], ...]
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Reading:
    """What a picture says.

    Args:
        text: The characters' labels, "?" for those that are none of the classes; a line of the picture is a line.
        characters: In reading order.
        notes: Sentences on what was unusual about the picture.
        steps: Every stage from the picture to the network's input, named, as uint8 [height, width] or
            [height, width, 3]; empty unless asked for.
    """

    text: str
    characters: tuple[Character, ...]
    notes: tuple[str, ...]
    steps: Steps = field(default_factory=list)

    @property
    def probability(self) -> float | None:
        """That every character is right, if their probabilities hold and are independent; None without characters."""
        return prod(one.probability for one in self.characters) if self.characters else None


def read_picture(
    classifier: Classifier, picture: str | Path | bytes | PillowImage.Image, *, keep_steps: bool = False
) -> Reading:
    """Tell what is written in a picture.

    A model of handwritten characters in MNIST's form gets each character as its training images were made, however
    the photo was taken; other models get the whole picture, resized.

    Args:
        classifier: From `tenfold.load_classifier`.
        picture: A path, the bytes of an image file, or a Pillow image.
        keep_steps: Whether the reading holds every stage.

    Raises:
        ImageError: The picture cannot be read.
        ModelError: The network cannot be run.
    """
    return read_pictures(classifier, [decode_picture(picture)], keep_steps=keep_steps)[0]


def read_pictures(
    classifier: Classifier, pictures: Iterable[PillowImage.Image], *, keep_steps: bool = False
) -> list[Reading]:
    """Read several decoded pictures ("L" or "RGB") at once; see `read_picture`."""
    prepared = [_prepare(classifier, picture, keep_steps) for picture in pictures]
    images = [image for one in prepared for image in one.images]
    predictions = iter(classifier.predict_prepared(np.stack(images)) if images else [])
    return [_reading(one, [next(predictions) for _ in one.images]) for one in prepared]


def read_images(classifier: Classifier, images: Images) -> Answers:
    """What `read_picture` says of images of the network's own size, as arrays: how test images are evaluated.

    Few of many images are looked at one by one: those of characters that may not be in MNIST's form, and blank ones.

    Args:
        classifier: From `tenfold.load_classifier`.
        images: uint8 [n, height, width, channels] of the network's own `image_shape`.

    Raises:
        ModelError: The network cannot be run.
    """
    metadata, prepared = classifier.metadata, images.copy()
    if metadata.inverts_negatives:
        negative = is_negative(images, metadata.polarity)
        prepared[negative] = 255 - images[negative]
    answers = classifier.answers(prepared)
    if not reads_handwriting(classifier):
        return answers
    if (threshold := metadata.rejection_threshold) is not None:
        far = np.flatnonzero(answers.scores > NEAR * threshold)
        others = [position for position in far if not is_in_mnist_form(prepared[position], metadata.polarity)]
        pictures = [PillowImage.fromarray(images[position, ..., 0]) for position in others]
        with ThreadPoolExecutor(
            os.cpu_count()
        ) as threads:  # a hundredth of a second each, most of it outside Python's lock
            whole = threads.map(partial(prepare_whole, classifier, keep_steps=False), pictures)
            for position, one in zip(others, whole, strict=True):
                prepared[position] = one.images[0]
        for values, again in zip(answers, classifier.answers(prepared[others]), strict=True):
            values[others] = again
    drawn = ~(images == images[:, :1, :1]).all(axis=(1, 2, 3))
    # Nothing is sure of a blank image; the order of the classes stays.
    certainty = np.where(drawn, 1, np.float32(1e-9))[:, np.newaxis]
    return answers._replace(calibrated=answers.calibrated * certainty, accepted=answers.accepted & drawn)


def reads_handwriting(classifier: Classifier) -> bool:
    """Whether a model's training images have MNIST's form: single characters on plain ground, 28×28, grey."""
    metadata = classifier.metadata
    plain = metadata.image_shape == MNIST_SHAPE and metadata.polarity != "none"
    return plain and metadata.mnist_form and are_characters(metadata.class_names)


def _prepare(classifier: Classifier, picture: PillowImage.Image, keep_steps: bool) -> Prepared:
    if shows_nothing(classifier, picture):
        return Prepared([], [], ("nothing found",), (0,), [("picture", np.asarray(picture))] if keep_steps else [])
    if is_whole(classifier, picture):
        return prepare_whole(classifier, picture, keep_steps)
    from tenfold.photo.handwriting import prepare_handwriting  # SciPy takes a while to load

    return prepare_handwriting(classifier, picture, keep_steps)


def shows_nothing(classifier: Classifier, picture: PillowImage.Image) -> bool:
    """Whether a picture for a model of handwriting has pixels that are all alike, so that nothing is written on it."""
    values = np.asarray(picture)
    return reads_handwriting(classifier) and bool((values == values[0, 0]).all())


def is_whole(classifier: Classifier, picture: PillowImage.Image) -> bool:
    """Whether the network sees the whole picture, as its training images were, and not what is written on it."""
    height, width, _ = classifier.image_shape
    return picture.size == (width, height) or not reads_handwriting(classifier)


def prepare_whole(classifier: Classifier, picture: PillowImage.Image, keep_steps: bool) -> Prepared:
    """The whole picture, resized, as an image for the network; a small character perhaps as a photo would give it."""
    height, width, channels = classifier.image_shape
    image: Image = resize_image(picture, (height, width), channels)
    plain = prepare_plain(image, classifier.metadata, picture, keep_steps)
    if not reads_handwriting(classifier):
        return plain
    return fitted_if_nearer(classifier, plain, PillowImage.fromarray(image[..., 0]), keep_steps)


def _reading(prepared: Prepared, predictions: list[Prediction]) -> Reading:
    characters = [
        Character(prediction.label, prediction.probability, prediction.top, box)
        for prediction, box in zip(predictions, prepared.boxes, strict=True)
    ]
    lines, start = [], 0
    for length in prepared.line_lengths:
        line = characters[start : start + length]
        lines.append("".join(UNKNOWN if one.label is None else one.label for one in line))
        start += length
    return Reading("\n".join(lines), tuple(characters), prepared.notes, prepared.steps)
