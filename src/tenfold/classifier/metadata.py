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
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, get_args

import numpy as np

from tenfold.data.class_names import is_plain
from tenfold.data.sizes import MOST_PIXELS
from tenfold.errors import ModelError
from tenfold.types import Greys, Images

Polarity = Literal["light-on-dark", "dark-on-light", "none"]

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

    def to_properties(self) -> dict[str, str]:
        """The pairs of strings that stand in the file."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in values.items()
        }

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


def grey_levels(images: Images) -> Greys:
    """The mean of each pixel's channels, 0…255.

    Args:
        images: uint8 [n, height, width, channels].
    """
    # Whole channels added up: nine times as quick as a mean over the last axis of colour images.
    channels = np.stack([images[..., channel] for channel in range(images.shape[3])])
    greys: Greys = channels.mean(axis=0, dtype=np.float32)
    return greys


def polarity(images: Images) -> Polarity:
    """Tell light ink on dark ground from dark ink on light ground.

    The ground of an image is the median of its border (the outermost pixels, grey). An image counts if at
    least three quarters of its border lie within 32 grey levels of the ground, and the mean of the other
    pixels differs from the ground by at least 2 levels: upwards is light on dark, downwards dark on light. A
    polarity holds for the data if at least three quarters of the images have it. Photos without a plain
    ground, and data of both kinds, have none.

    Args:
        images: uint8 [n, height, width, channels], the training images; at most 10,000 of them, evenly
            spaced, are looked at.
    """
    grey = grey_levels(images[:: -(-len(images) // 10_000)])
    inside = np.zeros(grey.shape[1:], dtype=bool)
    inside[1:-1, 1:-1] = True
    if not inside.any():
        return "none"
    border, rest = grey[:, ~inside], grey[:, inside]
    ground = np.median(border, axis=1, keepdims=True)
    plain = (np.abs(border - ground) <= 32).mean(axis=1) >= 0.75
    difference = rest.mean(axis=1) - ground[:, 0]
    if (plain & (difference >= 2)).mean() >= 0.75:
        return "light-on-dark"
    if (plain & (difference <= -2)).mean() >= 0.75:
        return "dark-on-light"
    return "none"


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
}
