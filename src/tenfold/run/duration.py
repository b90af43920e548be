"""Durations as people write them."""

import re

from tenfold.errors import RecipeError

_NUMBER = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(rf"(?:{_NUMBER}\s*h)?\s*(?:{_NUMBER}\s*m)?\s*(?:{_NUMBER}\s*s)?")
_SECONDS = re.compile(_NUMBER)


def parse_duration(text: str) -> float:
    """Seconds from "90s", "3m", "1h30m" or a plain number of seconds.

    Raises:
        RecipeError: It is none of these, or no time at all.
    """
    text = text.strip().lower()
    # "1h30" would be 90 minutes for one, an hour and 30 seconds for another: it is neither.
    found = _DURATION.fullmatch(f"{text}s" if _SECONDS.fullmatch(text) else text)
    hours, minutes, rest = (float(number or 0) for number in found.groups()) if found else (0, 0, 0)
    seconds = 3600 * hours + 60 * minutes + rest
    if not seconds:
        raise RecipeError(f"The time limit is {text!r}; expected such as 90s, 3m or 1h30m.")
    return seconds


def duration_in_words(seconds: float) -> str:
    """Such as "3 ms", "0.03 s", "4.2 s", "48 s" or "3 min 5 s"."""
    if seconds < 0.0095:
        return f"{1000 * seconds:.1g} ms"
    if seconds < 0.095:
        return f"{seconds:.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
