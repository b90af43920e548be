"""Durations as people write them."""

import re

from tenfold.errors import RecipeError

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
_PART = r"(\d+(?:\.\d+)?)\s*([hms]?)\s*"


def parse_duration(text: str) -> float:
    """Seconds from "90s", "3m", "1h30m" or a plain number of seconds.

    Raises:
        RecipeError: It is none of these, or no time at all.
    """
    lower = text.strip().lower()
    seconds = sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, lower))
    if not re.fullmatch(f"({_PART})+", lower) or not seconds:
        raise RecipeError(f"The time limit is {text!r}; expected such as 90s, 3m or 1h30m.")
    return seconds


def duration_in_words(seconds: float) -> str:
    """Such as "4.2 s", "48 s" or "3 min 5 s"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
