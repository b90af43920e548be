"""A reader: pictures become what a network takes, and its predictions become labels and text."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL import Image as PillowImage

from tenfold.classifier.classifier import Answers, Classifier, Prediction, load_onnx
from tenfold.classifier.metadata import Metadata
from tenfold.classifier.polarity import is_negative
from tenfold.data.class_names import are_characters
from tenfold.data.image_file import resize_image
from tenfold.photo.decoding import Array, decode_picture, decode_pictures
from tenfold.photo.normalisation import MNIST_SHAPE
from tenfold.photo.plain import Prepared, prepare_plain
from tenfold.photo.reading import Reading, make_reading
from tenfold.photo.small import NEAR, fitted_if_nearer, is_in_mnist_form
from tenfold.types import Images, Probabilities, Scores

_NOTHING = Prediction(label=None, probability=0.0, top=())


def load_classifier(path: str | Path) -> "Reader":
    """Load a trained model for predictions.

    Args:
        path: A run folder (its `model.onnx` is taken), or an ONNX file that Tenfold wrote.

    Returns:
        The `Reader` of pictures with this model.

    Raises:
        ModelError: No such file, no model that Tenfold wrote, or a damaged one.
    """
    return Reader(load_onnx(path))


def read_picture(
    classifier: "Reader", picture: str | Path | bytes | PillowImage.Image, *, keep_steps: bool = False
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
    return classifier.read_pictures([decode_picture(picture)], keep_steps=keep_steps)[0]


class Reader:
    """Reads pictures with a trained network; `tenfold.load_classifier` makes it. Threads may share one.

    Each picture reaches the network as its training images were made: of a photo of handwriting, the characters on
    it; other things whole, resized.

    Args:
        classifier: The network, which takes prepared images only.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    @property
    def metadata(self) -> Metadata:
        """What the model's file says about itself."""
        return self.classifier.metadata

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        return self.classifier.class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels that the network takes."""
        return self.classifier.image_shape

    @property
    def reads_handwriting(self) -> bool:
        """Whether the training images have MNIST's form: single characters on plain ground, 28×28, grey."""
        plain = self.image_shape == MNIST_SHAPE and self.metadata.polarity != "none"
        return plain and self.metadata.mnist_form and are_characters(self.class_names)

    def probabilities(self, images: Images) -> Probabilities:
        """Compute what the network itself says of images that have its form already; see `Classifier.probabilities`."""
        return self.classifier.probabilities(images)

    def probabilities_and_scores(self, images: Images) -> tuple[Probabilities, Scores]:
        """Compute the same with the outlier scores; see `Classifier.probabilities_and_scores`."""
        return self.classifier.probabilities_and_scores(images)

    @overload
    def predict(self, images: str | Path | bytes | PillowImage.Image) -> Prediction: ...
    @overload
    def predict(self, images: list[Any] | tuple[Any, ...]) -> list[Prediction]: ...
    @overload
    def predict(self, images: Array) -> Prediction | list[Prediction]: ...

    def predict(self, images: Any) -> Prediction | list[Prediction]:
        """Tell what one picture or many show.

        A picture shows one thing: `tenfold.read_picture` reads rows and lines of characters. If there is nothing on a
        photo of handwriting, or several characters, the label is None.

        Args:
            images: One picture: a path, the bytes of an image file, a Pillow image, an array [height, width]
                or [height, width, channels]. Many: a list of these, an array [n, height, width] or
                [n, height, width, channels]. Arrays hold whole numbers 0…255 or fractions 0…1; colour is red, green,
                blue (OpenCV's arrays are blue, green, red: turn them round by array[..., ::-1]).

        Returns:
            A `Prediction` for one picture, a list of them for many.

        Raises:
            ImageError: A picture cannot be read.
            ModelError: The network cannot be run.
        """
        pictures, single = decode_pictures(images, self.image_shape)
        prepared = [self._prepare(picture, one_character=True) for picture in pictures]
        predictions = [found[0] if found else _NOTHING for found in self._predict(prepared)]
        return predictions[0] if single else predictions

    def read_pictures(self, pictures: Iterable[PillowImage.Image], *, keep_steps: bool = False) -> list[Reading]:
        """Read several decoded pictures ("L" or "RGB") at once; see `tenfold.read_picture`."""
        prepared = [self._prepare(picture, keep_steps=keep_steps) for picture in pictures]
        return [make_reading(*pair) for pair in zip(prepared, self._predict(prepared), strict=True)]

    def answers(self, images: Images) -> Answers:
        """What `predict` says of images of the network's own size, as arrays: how test images are evaluated.

        Few of many images are looked at one by one: those of characters that may not be in MNIST's form, and blank
        ones.

        Args:
            images: uint8 [n, height, width, channels] of the network's own `image_shape`.

        Raises:
            ModelError: The network cannot be run.
        """
        metadata, prepared = self.metadata, images.copy()
        if metadata.inverts_negatives:
            negative = is_negative(images, metadata.polarity)
            prepared[negative] = 255 - images[negative]
        answers = self.classifier.answers(prepared)
        if not self.reads_handwriting:
            return answers
        if (threshold := metadata.rejection_threshold) is not None:
            far = np.flatnonzero(answers.scores > NEAR * threshold)
            others = [position for position in far if not is_in_mnist_form(prepared[position], metadata.polarity)]
            pictures = [PillowImage.fromarray(images[position, ..., 0]) for position in others]
            # A hundredth of a second each, most of it outside Python's lock.
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                for position, one in zip(others, threads.map(self._prepare_whole, pictures), strict=True):
                    prepared[position] = one.images[0]
            for values, again in zip(answers, self.classifier.answers(prepared[others]), strict=True):
                values[others] = again
        drawn = ~(images == images[:, :1, :1]).all(axis=(1, 2, 3))
        # Nothing is sure of a blank image; the order of the classes stays.
        certainty = np.where(drawn, 1, np.float32(1e-9))[:, np.newaxis]
        return answers._replace(calibrated=answers.calibrated * certainty, accepted=answers.accepted & drawn)

    def _prepare(
        self, picture: PillowImage.Image, *, one_character: bool = False, keep_steps: bool = False
    ) -> Prepared:
        """A decoded picture as images for the network.

        Args:
            picture: "L" or "RGB".
            one_character: Whether a photo of handwriting is to show a single character; else there is no image.
            keep_steps: Whether to keep every stage; not with `one_character`.
        """
        values = np.asarray(picture)
        if self.reads_handwriting and (values == values[0, 0]).all():
            return Prepared([], [], ("nothing found",), (0,), [("picture", values)] if keep_steps else [])
        height, width, _ = self.image_shape
        if picture.size == (width, height) or not self.reads_handwriting:
            return self._prepare_whole(picture, keep_steps)
        from tenfold.photo.handwriting import prepare_character, prepare_handwriting  # SciPy takes a while to load

        if one_character:
            return prepare_character(self.classifier, picture)
        return prepare_handwriting(self.classifier, picture, keep_steps)

    def _prepare_whole(self, picture: PillowImage.Image, keep_steps: bool = False) -> Prepared:
        """The whole picture, resized, as one image; a small character perhaps as a photo would give it."""
        height, width, channels = self.image_shape
        image = resize_image(picture, (height, width), channels)
        plain = prepare_plain(image, self.metadata, picture, keep_steps)
        if not self.reads_handwriting:
            return plain
        return fitted_if_nearer(self.classifier, plain, PillowImage.fromarray(image[..., 0]), keep_steps)

    def _predict(self, prepared: Sequence[Prepared]) -> list[list[Prediction]]:
        """For each picture, the predictions for its images, all of which run at once."""
        images = [image for one in prepared for image in one.images]
        predictions = iter(self.classifier.predict_prepared(np.stack(images)) if images else [])
        return [[next(predictions) for _ in one.images] for one in prepared]
