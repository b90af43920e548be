from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.data.options import ReadOptions
from tenfold.data.sizes import MAX_CHOSEN_SIDE, bring_to_one_shape, common_size, has_colour, parse_size, size_notes
from tenfold.errors import DataError


def ignore(done: int, total: int) -> None:
    pass


@pytest.mark.parametrize(
    ("text", "size"), [("32", (32, 32)), ("32x24", (32, 24)), (" 8 × 9 ", (8, 9)), ("1X1024", (1, 1024))]
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "32x", "32x32x3", "-3", "3.5", "big", "٣", "32 24"])
def test_other_sizes_are_refused(text):
    with pytest.raises(DataError, match="HEIGHTxWIDTH"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0", "32x0", "2000"])
def test_impossible_sizes_are_refused(text):
    with pytest.raises(DataError, match="1 to 1,024 pixels"):
        parse_size(text)


def test_the_size_of_most_images_is_chosen():
    assert common_size(Counter({(28, 28): 6, (20, 30): 4})) == (28, 28)
    assert common_size(Counter({(28, 28): 5, (20, 30): 5})) == (20, 30)


def test_without_a_majority_the_median_is_chosen():
    assert common_size(Counter({(10, 40): 1, (20, 30): 1, (90, 20): 1})) == (20, 30)


def test_large_sizes_shrink_in_proportion():
    assert common_size(Counter({(480, 640): 1})) == (72, 96)
    assert common_size(Counter({(1, 9600): 1})) == (1, 96)


@given(st.dictionaries(st.tuples(st.integers(1, 500), st.integers(1, 500)), st.integers(1, 50), min_size=1, max_size=8))
def test_the_chosen_size_lies_within_the_bounds(counts):
    height, width = common_size(Counter(counts))
    assert 1 <= height <= MAX_CHOSEN_SIDE
    assert 1 <= width <= MAX_CHOSEN_SIDE
    if max(counts.values()) * 2 > sum(counts.values()) and max(max(counts, key=counts.get)) <= MAX_CHOSEN_SIDE:
        assert (height, width) == max(counts, key=counts.get)


def test_notes_say_how_many_images_were_resized_and_why():
    counts = Counter({(28, 28): 8, (14, 14): 1, (56, 56): 1})
    assert size_notes(counts, (28, 28), ReadOptions()) == (
        "2 of 10 images (14×14 to 56×56) were resized to 28×28 (height×width), the size of most images "
        "(--size chooses another).",
    )
    (asked,) = size_notes(counts, (9, 7), ReadOptions(size=(9, 7)))
    assert asked.startswith("All 10 images (14×14 to 56×56) were resized to 9×7")
    assert "as asked for; some are stretched" in asked
    assert size_notes(Counter({(28, 28): 3}), (28, 28), ReadOptions()) == ()
    (capped,) = size_notes(Counter({(480, 640): 3}), (72, 96), ReadOptions())
    assert "so that no side is longer than 96" in capped
    assert "stretched" not in capped


def test_arrays_of_two_sizes_get_one_shape():
    large, small = np.zeros((3, 12, 12, 1), np.uint8), np.zeros((1, 6, 6, 3), np.uint8)
    (first, second), notes = bring_to_one_shape([large, small], ReadOptions(), ignore)
    assert (first.shape, second.shape) == ((3, 12, 12, 1), (1, 12, 12, 1))
    assert "1 of 4 images (6×6)" in notes[0]
    assert "channels are equal" in notes[1]


def test_channels_that_hardly_differ_are_grey():
    tinted = np.full((2, 4, 4, 3), 100, np.uint8)
    tinted[1, 2, 3] = 100, 104, 108
    assert not has_colour(tinted)
    (grey,), notes = bring_to_one_shape([tinted], ReadOptions(), ignore)
    assert grey.shape == (2, 4, 4, 1)
    assert grey[1, 2, 3, 0] == round(0.299 * 100 + 0.587 * 104 + 0.114 * 108)
    assert notes[0].startswith("All have red, green and blue that differ by at most 8 levels")
    tinted[1, 2, 3] = 100, 104, 109
    assert has_colour(tinted)


def test_colour_is_found_in_the_last_of_many_images():
    images = np.zeros((1203, 2, 2, 3), np.uint8)
    images[1202, 1, 1, 0] = 200
    assert has_colour(images)


def test_colour_is_kept_unless_grey_is_wanted():
    colour = np.zeros((2, 4, 4, 3), np.uint8)
    colour[1, 2, 3, 2] = 9
    assert has_colour(colour)
    (kept,), notes = bring_to_one_shape([colour], ReadOptions(), ignore)
    assert kept is colour
    assert notes == ()
    (grey,), notes = bring_to_one_shape([colour], ReadOptions(gray=True), ignore)
    assert grey.shape == (2, 4, 4, 1)
    assert notes == ("Colour was turned into grey, as asked for.",)


def test_progress_ends_at_the_number_of_images():
    steps = []
    parts = [np.zeros((1500, 2, 2, 1), np.uint8), np.zeros((3, 2, 2, 1), np.uint8)]
    bring_to_one_shape(parts, ReadOptions(size=(3, 3)), lambda done, total: steps.append((done, total)))
    assert steps[-1] == (1503, 1503)
    assert (1000, 1503) in steps
    assert steps == sorted(steps)
