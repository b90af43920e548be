"""What folders, tables and arrays are called that hold parts or versions of a data set rather than a class."""

import re
from collections.abc import Iterable
from typing import Literal

Part = Literal["train", "validation", "test"]

PART_WORDS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "训练", "訓練"), "train"),
    **dict.fromkeys(
        ("val", "valid", "validation", "validate", "dev", "eval", "evaluation", "验证", "驗證"), "validation"
    ),
    **dict.fromkeys(("test", "tests", "testing", "holdout", "测试", "測試"), "test"),
}
"""A word in a name → the part that it stands for."""

_DATA_WORDS = frozenset(
    ("set", "data", "dataset", "image", "img", "picture", "pic", "photo", "split", "part", "folder", "file", "sample")
) | frozenset(("集", "数据", "图片", "图像"))
_FILLERS = _DATA_WORDS | frozenset(("simple", "full", "all", "new", "final", "public", "private"))
_GLUED = re.compile(
    rf"(public|private)?({'|'.join(sorted(PART_WORDS, key=len, reverse=True))})"
    r"(sets?|data|datasets?|images?|imgs?|pictures?|pics|photos?|split|part|folder|集|数据|图片|图像)*"
)
_WORD = re.compile(r"[0-9]+(?:[xX×][0-9]+)?(?:px)?|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_VERSIONS = (
    frozenset(("raw", "original", "originals", "cropped", "crops", "augmented", "augmentation", "resized", "processed"))
    | frozenset(("preprocessed", "normalized", "normalised", "images", "imgs", "masks", "annotations", "thumbnails"))
    | frozenset(("labels", "unlabeled", "unlabelled", "pred", "prediction", "predictions"))
)
_MAY_BE_CLASSES = frozenset(("train", "valid", "raw", "original", "crops", "masks"))


def part_of(name: str) -> Part | None:
    """The part that a name stands for: TrainingSet, train_images and 01-train are "train"; None for others."""
    return parts_of([name]).get(name)


def parts_of(names: Iterable[str]) -> dict[str, Part]:
    """The parts among names that stand side by side; other names are left out.

    A name stands for a part if it has one word for a part, and its other words are numbers, say no more than "images"
    does, or are in all such names: seg_train beside seg_test.
    """
    parts = {name: part for name in names if (part := part_word(name))}
    rests = {name: _rest(name) for name in parts}
    shared = frozenset.intersection(*rests.values()) if len(set(parts.values())) > 1 else frozenset()
    return {name: part for name, part in parts.items() if rests[name] <= shared}


def parts_of_one_class(names: Iterable[str]) -> list[str]:
    """The first names that are alike but for the part in them: train_cats and test_cats; [] if there are none."""
    alike: dict[frozenset[str], list[str]] = {}
    for name in names:
        if part_word(name):
            alike.setdefault(_rest(name), []).append(name)
    return next((found for found in alike.values() if len(set(map(part_word, found))) > 1), [])


def part_word(name: str) -> Part | None:
    """The part that the only word for a part in a name stands for, whatever its other words are."""
    found = [PART_WORDS[word] for word in _words(name) if word in PART_WORDS]
    return found[0] if len(found) == 1 else None


def says_nothing(name: str) -> bool:
    """Whether all words of a name are such as "images" and "data"."""
    words = _words(name)
    return bool(words) and all(word.removesuffix("s") in _DATA_WORDS for word in words)


def is_version(name: str) -> bool:
    """Whether a name stands for one version of the pictures among several: raw, cropped, augmented."""
    words = _words(name)
    return bool(words) and words[0] in _VERSIONS and not _rest(" ".join(words[1:]))


def may_be_class(name: str) -> bool:
    """Whether the name of a part or version is also one of things that pictures show: a train, raw meat."""
    return name.strip().casefold() in _MAY_BE_CLASSES


def _rest(name: str) -> frozenset[str]:
    words = [word for word in _words(name) if word not in PART_WORDS and not word[0].isdigit()]
    return frozenset(word for word in words if word.removesuffix("s") not in _FILLERS)


def _words(name: str) -> list[str]:
    """The words of a name in lower case, cut at other characters, numbers and capitals: testSet2 has test, set, 2."""
    joined = re.sub(r"hold[-_. ]?out", "holdout", name, flags=re.IGNORECASE)
    words = []
    for word in (found.casefold() for found in _WORD.findall(joined)):
        glued = _GLUED.fullmatch(word)
        words += [glued[2]] if glued else [word]
    return words
