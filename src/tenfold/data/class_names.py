"""Labels as files have them (names, numbers, one-hot rows) → class names and class numbers 0…classes-1."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from string import digits

import numpy as np

from tenfold.errors import DataError
from tenfold.types import Labels

_NUMBER_WORDS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
_WORDS_FOR_CHARACTERS = {
    "digit",
    "number",
    "letter",
    "character",
    "upper",
    "lower",
    "uppercase",
    "lowercase",
    "capital",
}
_WORD = re.compile(rf"(?:{'|'.join(_WORDS_FOR_CHARACTERS)})(?=\d)|[^\W_]+")  # digit0 is two words, h264 one
_OPPOSITES = (("left", "right"), ("up", "down"), ("north", "south"), ("east", "west"))

_NOT_PLAIN = ("Cc", "Cs", "Zl", "Zp")
_TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def natural_order(name: str) -> tuple[object, ...]:
    """Sort key that puts "class 2" before "class 10", regardless of upper and lower case."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return tuple(int(piece) if position % 2 else piece for position, piece in enumerate(pieces)), name


def are_characters(class_names: Sequence[str]) -> bool:
    """Whether most classes are single characters, or numbers."""
    characters = [name for name in class_names if len(name.strip()) == 1 or name.strip().isdigit()]
    return 2 * len(characters) > len(class_names)


def kinds_that_turn(class_names: Sequence[str]) -> str:
    """What the classes are, if a mirrored or turned image of one may show another; "" if they seem to be things.

    Characters are recognised by names such as 7, "b", "seven", "digit_7", "B upper", "7_seven" and the codes of ASCII
    in which NIST names its folders (4a, 5f); directions by opposites: left and right, up and down.
    """
    characters = [name for name in class_names if _is_character(name)]
    if len(characters) >= 2:
        return f"digits or letters ({', '.join(characters[:3])}{' …' if len(characters) > 3 else ''})"
    words = {word for name in class_names for word in _words(name)}
    opposites = next((pair for pair in _OPPOSITES if words.issuperset(pair)), None)
    return f"directions ({', '.join(opposites)})" if opposites else ""


def _words(name: str) -> list[str]:
    return _WORD.findall(name.casefold())


def _is_character(name: str) -> bool:
    if are_characters([name]) or re.fullmatch("[3-7][0-9a-f]", name.strip().casefold()):
        return True
    words = _words(name)
    characters = [word for word in words if len(word) == 1 or word.isdigit() or word in _NUMBER_WORDS]
    return bool(characters) and all(word in characters or word in _WORDS_FOR_CHARACTERS for word in words)


def are_digits(class_names: Sequence[str]) -> bool:
    """Whether every class is one of the digits 0 to 9."""
    return all(name in set(digits) for name in class_names)


def number_classes(
    train: Sequence[str], test: Sequence[str] | None, source: str, class_names: Sequence[str] | None = None
) -> tuple[tuple[str, ...], Labels, Labels | None]:
    """Number the classes in natural order of their names.

    Args:
        train: The class of each training image.
        test: The class of each test image, if there is a test part.
        source: What to call the data in messages.
        class_names: All classes in an order of their own, if the data states one.

    Returns:
        The class names, and int32 labels for both parts.

    Raises:
        DataError: A class occurs in the test part only, or is none of `class_names`; or names differ in case only.
    """
    if alike := differ_in_case(train):
        raise DataError(
            f"{source}: the classes {shortened(list(map(repr, alike)))} differ in upper and lower case only. Join "
            "them, or rename them if they are not one class."
        )
    names = tuple(class_names or sorted(set(train), key=natural_order))
    number = {name: position for position, name in enumerate(names)}
    if unknown := sorted(set(train) - set(names), key=natural_order):
        raise DataError(
            f"{source}: the label {unknown[0]!r} is none of its class names{suggestion(unknown[0], names)} They are "
            f"{shortened(names)}. Correct the label, or add the name."
        )
    if unknown := sorted(set(test or ()) - set(names), key=natural_order):
        quoted = [repr(name) for name in unknown]
        raise DataError(
            f"{source}: the test part has the class{'' if len(unknown) == 1 else 'es'} {shortened(quoted)}, which the "
            f"training part lacks{suggestion(unknown[0], names)} Its classes are {shortened(names)}."
        )
    labels = [None if part is None else _numbers(part, number) for part in (train, test)]
    assert labels[0] is not None
    return names, labels[0], labels[1]


def differ_in_case(names: Iterable[str]) -> list[str]:
    """The names that differ from another in upper and lower case only; but for A and a, which are two letters."""
    words = sorted({name for name in names if len(name) > 1}, key=natural_order)
    spellings = Counter(map(str.casefold, words))
    return [word for word in words if spellings[word.casefold()] > 1]


def label_names(values: np.ndarray, source: str, class_names: Sequence[str] | None = None) -> list[str]:
    """Write labels of any kind as text: the class's name if numbers have names, else the number itself.

    Args:
        values: [n] or [n, 1], text or whole numbers; or one-hot rows [n, classes] of zeros and ones.
        source: What to call the labels in messages.
        class_names: What the numbers 0, 1, … mean, if that is known.

    Raises:
        DataError: Another shape or type, empty, negative, fractional, NaN, or beyond the class names.
    """
    values = _flat(values, source)
    if values.dtype.kind in "US":
        texts = [name(text) for text in _texts(values, source)]
        if "" in texts:
            raise DataError(f"{source}: label {texts.index('')} is empty. Fill it in, or remove its image.")
        return texts
    if values.dtype.kind not in "iufb":
        raise DataError(f"{source}: labels are {values.dtype}; expected whole numbers or text.")
    limit = len(class_names) if class_names else np.inf
    right = (values >= 0) & (values < limit) & (values == np.floor(values))
    if not right.all():
        position = int(right.argmin())
        expected = f"0 to {limit - 1}, as there are {limit} class names" if class_names else "0 upwards"
        raise DataError(
            f"{source}: label {position} (counted from 0) is {values[position]}; "
            f"expected whole numbers from {expected}. Correct it, or remove its image."
        )
    return [class_names[number] if class_names else str(number) for number in values.astype(np.int64)]


def name(text: str) -> str:
    """A class name as it is shown: no space around it, accents composed the same way on every system."""
    return unicodedata.normalize("NFC", text.strip())


def is_plain(text: str) -> bool:
    """Whether a text can be printed on one line and written to a file.

    It has no control characters, no halves of UTF-16, and nothing that turns the order of what stands beside it.
    """
    return not any(unicodedata.category(one) in _NOT_PLAIN or one in _TURNING for one in text)


def suggestion(word: str, known: Iterable[str]) -> str:
    """A full stop and, if one is similar, a question that offers the nearest known word."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f". Did you mean {by_lower[close[0]]!r}?" if close else "."


def shortened(names: Sequence[str], most: int = 12) -> str:
    """The names with commas between them; of many, the first few."""
    rest = f", … ({len(names):,} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _numbers(part: Sequence[str], number: dict[str, int]) -> Labels:
    return np.fromiter((number[name] for name in part), np.int32, len(part))


def _texts(values: np.ndarray, source: str) -> list[str]:
    if values.dtype.kind == "U":
        return [str(text) for text in values]
    try:
        return [text.decode() for text in values.tolist()]
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: labels are bytes that are no UTF-8 ({error}). Store them as text.") from error


def _flat(values: np.ndarray, source: str) -> np.ndarray:
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "iufb":
        if len(values) and not (((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all()):
            raise DataError(f"{source}: labels have the shape {list(values.shape)} but are no one-hot rows.")
        numbers: np.ndarray = values.argmax(axis=1)
        return numbers
    if values.ndim != 1:
        raise DataError(f"{source}: labels have the shape {list(values.shape)}; expected one for each image.")
    return values
