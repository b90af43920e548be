"""What folders are called that hold parts or versions of a data set rather than a class."""

import re
from typing import Literal

Part = Literal["train", "validation", "test"]

_PARTS: dict[str, Part] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_MORE_WORDS = re.compile(r"[-_. ]*(set|data|dataset|images?|imgs?|pictures?|pics|photos?|split|part|folder)s?")
_VERSIONS = frozenset(
    ("raw", "original", "originals", "cropped", "crops", "augmented", "augmentation", "resized", "processed")
) | frozenset(("preprocessed", "normalized", "normalised", "images", "imgs", "masks", "annotations", "thumbnails"))


def part_of(folder_name: str) -> Part | None:
    """The part that a folder is named after: TrainingSet, train_images and training are "train"; None for others."""
    text = folder_name.strip().casefold()
    for word, part in _PARTS.items():
        if text == word or (text.startswith(word) and _MORE_WORDS.fullmatch(text.removeprefix(word))):
            return part
    return None


def is_version(folder_name: str) -> bool:
    """Whether a folder is named like one version of the pictures among several: raw, cropped, augmented."""
    words = re.split(r"[-_. ]+", folder_name.strip().casefold())
    return words[0] in _VERSIONS and (len(words) == 1 or _MORE_WORDS.fullmatch("".join(words[1:])) is not None)
