"""Changing single settings of a recipe by their path, as `--set training.epochs=3` does."""

import tomllib
from typing import Any

from tenfold.errors import RecipeError


def apply_override(content: dict[str, Any], override: str) -> None:
    """Set one value inside a recipe's tables, in place. Tables on the way that are missing get created.

    Args:
        content: The recipe's content, as read from TOML, not yet checked.
        override: "path=value", such as "training.epochs=3" or "network.0.filters=16". The value is TOML; a
            bare word counts as a string. An empty value takes the setting away, so that its default holds.

    Raises:
        RecipeError: It has no "=", or its path leads through a single value or past the end of a list.
    """
    key, equals, text = override.partition("=")
    path = [part.strip() for part in key.split(".")]
    if not equals or not all(path):
        raise RecipeError(f"--set {override}: expected path=value, such as training.epochs=3.")
    target: Any = content
    for depth, part in enumerate(path[:-1]):
        where = f"--set {override}: {'.'.join(path[:depth])}"
        target = target.setdefault(part, {}) if isinstance(target, dict) else target[list_position(target, part, where)]
    _assign(target, path[-1], text.strip(), f"--set {override}: {'.'.join(path[:-1])}")


def list_position(target: Any, part: str, where: str) -> int:
    """The position in a list that a part of a path stands for, such as the 0 of "network.0.filters".

    Args:
        target: What the path has led to so far.
        part: The part that comes next.
        where: The path so far, to begin a message with.

    Raises:
        RecipeError: It is no list, or has no such position.
    """
    if not isinstance(target, list):
        raise RecipeError(f"{where} is a single value and has no part {part!r}.")
    if not part.isdecimal() or int(part) >= len(target):
        positions = f"0 to {len(target) - 1}" if target else "none, it is empty"
        raise RecipeError(f"{where} is a list of {len(target)}; {part!r} is none of its positions ({positions}).")
    return int(part)


def _assign(target: Any, key: str, text: str, where: str) -> None:
    if isinstance(target, dict):
        if text:
            target[key] = _toml_value(text)
        else:
            target.pop(key, None)
        return
    position = list_position(target, key, where)
    if not text:
        raise RecipeError(f"{where} is a list; expected a value for its position {key}.")
    target[position] = _toml_value(text)


def _toml_value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    # A line break in the text would smuggle in further keys; such a text can only be meant as a string.
    return parsed["value"] if len(parsed) == 1 else text
