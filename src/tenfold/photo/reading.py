"""What a picture says: its characters with their boxes, and their text."""

from dataclasses import dataclass, field
from math import prod

from tenfold.classifier.classifier import Prediction
from tenfold.photo.plain import Prepared, Steps

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


def make_reading(prepared: Prepared, predictions: list[Prediction]) -> Reading:
    """Join a prepared picture with the predictions for its images."""
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
