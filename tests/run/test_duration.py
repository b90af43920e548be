import pytest

from tenfold.errors import RecipeError
from tenfold.run.duration import duration_in_words, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("3m", 180), ("1h30m", 5400), ("45", 45), (" 1 H 2 m 3 s ", 3723), ("1.5m", 90), ("0.5", 0.5)],
)
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "m", "3x", "-3m", "0s", "3 minutes", "nan", "1,5m", "90 90", "1h30", "3m30", 40 * "9" + "x"],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(RecipeError, match="expected such as 90s, 3m or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.0028, "3 ms"), (0.0096, "0.01 s"), (0.031, "0.03 s"), (4.24, "4.2 s")),
        *((9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (185.0, "3 min 5 s")),
    ],
)
def test_durations_are_told(seconds, words):
    assert duration_in_words(seconds) == words
