"""What a model file says about itself: enough to use it without the run that made it.

ONNX keeps pairs of strings beside the graph. Tenfold's keys, in the words of `Metadata`'s fields:

    class_names        JSON list, in the order of the outputs
    image_shape        JSON list: height, width, channels
    polarity           light-on-dark, dark-on-light or none
    recipe             name of the recipe
    accuracy           share of the test images that were recognised, 0 to 1; null if it was not measured
    test_count         how many test images there were
    data               name of the data set
    data_fingerprint   its SHA-256, see `Dataset.fingerprint`
    tenfold_version    the version that wrote the file

Files of earlier versions lack these:

    temperature            what calibrates the probabilities, see `tempered`; 1 if nothing was measured
    rejection_threshold    the score above which an image is none of the classes; null if there is no score
    pixel_mean             mean of the training images' pixels, 0 to 255
    ink_share              share of their pixels that is ink, 0 to 1; null for data without a polarity
    stroke_width           how wide their strokes are, in pixels; null for data without a polarity
    inverts_negatives      whether the network inverts images that are plainly negatives of the training images
    mnist_form             whether the training images have MNIST's form, which photos of characters are brought to
    pictures               how a picture becomes an image for the network, in words; the same for all models
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args

from tenfold.classifier.polarity import Polarity
from tenfold.data.class_names import is_plain
from tenfold.data.sizes import MOST_PIXELS
from tenfold.errors import ModelError

_PICTURES = (
    "upright by its camera data; transparency on white, or on black if all that is visible is nearly white; for one "
    "channel grey = (19595 red + 38470 green + 7471 blue + 32768) >> 16; stretched to the size, width first, by "
    "Pillow's HAMMING filter along an axis that shrinks, BICUBIC along one that grows; channels in the order red, "
    "green, blue"
)

_TEMPERATURES = (0.01, 100.0, "a number from 0.01 to 100")


@dataclass(frozen=True)
class Metadata:
    """A model file's description of itself.

    Args:
        class_names: One name for each output, in their order.
        image_shape: Height, width and channels of the images it takes.
        polarity: How ink and ground lay in the training images; see `polarity`.
        recipe: Name of the recipe that it was trained with.
        accuracy: Share of the test images that were recognised, 0 to 1; higher is better. None if it was not
            measured, as when training was interrupted.
        test_count: How many test images there were.
        data: Name of the data set.
        data_fingerprint: The data set's SHA-256.
        tenfold_version: The version of Tenfold that wrote the file.
        temperature: What calibrates the probabilities, above 0; 1 changes nothing.
        rejection_threshold: The score above which an image is none of the classes; None rejects nothing.
        pixel_mean: Mean of the training images' pixels, 0…255; None in files of earlier versions.
        ink_share: Share of their pixels that is ink, 0…1; None without a polarity.
        stroke_width: How wide their strokes are, in pixels; None without a polarity.
        inverts_negatives: Whether images that are plainly negatives of the training images are inverted, see
            `is_negative`. The graph does so itself, but in files of earlier versions.
        mnist_form: Whether the training images are characters of MNIST's size and place, so that photos of characters
            are brought to that form. Others are resized whole, as the training images were.
    """

    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    polarity: Polarity
    recipe: str
    accuracy: float | None
    test_count: int
    data: str
    data_fingerprint: str
    tenfold_version: str
    temperature: float = 1.0
    rejection_threshold: float | None = None
    pixel_mean: float | None = None
    ink_share: float | None = None
    stroke_width: float | None = None
    inverts_negatives: bool = True
    mnist_form: bool = True

    def to_properties(self) -> dict[str, str]:
        """The pairs of strings that stand in the file."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in values.items()
        } | {"pictures": _PICTURES}

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], source: str = "the model") -> "Metadata":
        """Read them back. Keys that are not known here (of a later version) are ignored.

        Args:
            properties: The pairs of strings.
            source: What the message calls the file.

        Raises:
            ModelError: A key is missing, or its value is not what it should be.
        """
        known = [field for field in fields(cls) if field.name in properties or field.default is MISSING]
        missing = [field.name for field in known if field.name not in properties]
        if missing:
            raise ModelError(
                f"{source}: its metadata lacks {', '.join(missing)}. Expected an ONNX file written by "
                "Tenfold, such as the model.onnx of a run folder."
            )
        return cls(**{field.name: _READERS[field.name](properties, field.name, source) for field in known})


def _text(properties: Mapping[str, str], key: str, source: str) -> str:
    return properties[key]


def _polarity(properties: Mapping[str, str], key: str, source: str) -> Any:
    if properties[key] not in get_args(Polarity):
        raise _wrong(properties, key, source, f"one of {', '.join(get_args(Polarity))}")
    return properties[key]


def _class_names(properties: Mapping[str, str], key: str, source: str) -> tuple[str, ...]:
    names = _json(properties, key)
    if not isinstance(names, list) or len(names) < 2 or not all(isinstance(name, str) for name in names):
        raise _wrong(properties, key, source, "a JSON list of at least two names")
    if len(set(names)) < len(names) or not all(map(is_plain, names)):
        raise _wrong(properties, key, source, "names without control characters, each only once")
    return tuple(names)


def _image_shape(properties: Mapping[str, str], key: str, source: str) -> tuple[int, int, int]:
    shape = _json(properties, key)
    if isinstance(shape, list) and [type(one) for one in shape] == [int] * 3:
        height, width, channels = shape
        if height > 0 and width > 0 and height * width <= MOST_PIXELS and channels in (1, 3):
            return height, width, channels
    expected = f"height and width of at most {MOST_PIXELS:,} pixels and 1 or 3 channels, such as [28, 28, 1]"
    raise _wrong(properties, key, source, expected)


def _number(low: float, high: float, expected: str) -> "Reader":
    """What reads a number from `low` to `high`, or null."""

    def read(properties: Mapping[str, str], key: str, source: str) -> float | None:
        if properties[key] == "null":
            return None
        value = _json(properties, key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise _wrong(properties, key, source, expected)
        return float(value)

    return read


def _temperature(properties: Mapping[str, str], key: str, source: str) -> float:
    value: float | None = _number(*_TEMPERATURES)(properties, key, source)
    if value is None:
        raise _wrong(properties, key, source, _TEMPERATURES[2])
    return value


def _count(properties: Mapping[str, str], key: str, source: str) -> int:
    value = _json(properties, key)
    if type(value) is not int or value < 0:
        raise _wrong(properties, key, source, "a whole number of at least 0")
    return value


def _flag(properties: Mapping[str, str], key: str, source: str) -> bool:
    value = _json(properties, key)
    if not isinstance(value, bool):
        raise _wrong(properties, key, source, "true or false")
    return value


def _json(properties: Mapping[str, str], key: str) -> Any:
    try:
        return json.loads(properties[key])
    except (ValueError, RecursionError):
        return None


def _wrong(properties: Mapping[str, str], key: str, source: str, expected: str) -> ModelError:
    found = properties[key] if len(properties[key]) <= 80 else properties[key][:80] + "…"
    return ModelError(
        f"{source}: {key} in its metadata is {found!r}; expected {expected}. Write the file again with Tenfold."
    )


Reader = Callable[[Mapping[str, str], str, str], Any]

_READERS: dict[str, Reader] = {
    "class_names": _class_names,
    "image_shape": _image_shape,
    "polarity": _polarity,
    "recipe": _text,
    "accuracy": _number(0, 1, "a number from 0 to 1"),
    "test_count": _count,
    "data": _text,
    "data_fingerprint": _text,
    "tenfold_version": _text,
    "temperature": _temperature,
    "rejection_threshold": _number(-1e9, 1e9, "a number, or null"),
    "pixel_mean": _number(0, 255, "a number from 0 to 255"),
    "ink_share": _number(0, 1, "a number from 0 to 1"),
    "stroke_width": _number(0, 1e9, "a number of pixels"),
    "inverts_negatives": _flag,
    "mnist_form": _flag,
}
