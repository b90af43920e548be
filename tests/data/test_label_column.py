from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tenfold.data.label_column import find_label_column, headed_column, named_column
from tenfold.data.load import load_dataset
from tenfold.data.sheet import Sheet
from tenfold.errors import DataError

HEADERLESS = Sheet(Path("a.csv"), ("column 1", "column 2", "column 3"), False, ",", [(1, "1,2,3")])
HEADED = Sheet(Path("a.csv"), ("id", " Kind", "2"), True, ",", [(2, "1,2,3")])


def table(values: np.ndarray) -> Sheet:
    rows = [(number, ",".join(f"{value:g}" for value in row)) for number, row in enumerate(values, 1)]
    return Sheet(Path("a.csv"), tuple(f"column {i + 1}" for i in range(values.shape[1])), False, ",", rows)


def test_columns_are_named_by_heading_or_number():
    assert named_column(HEADED, "kind") == 1
    assert named_column(HEADED, "2") == 2  # a heading comes first
    assert named_column(HEADED, "1") == 0
    assert named_column(HEADERLESS, "3") == 2


@pytest.mark.parametrize("asked", ["0", "4", "label", "-1", ""])
def test_a_column_that_is_not_there_is_refused(asked):
    with pytest.raises(DataError, match=r"there is no column .*its headings are id,  Kind, 2; .* from 1 to 3"):
        named_column(HEADED, asked)
    with pytest.raises(DataError, match=r"there is no column .*it has no headings; give a number from 1 to 3"):
        named_column(HEADERLESS, asked)


def test_the_heading_that_is_unlike_all_others_is_that_of_the_labels():
    def headed(*headings: str) -> int | None:
        return headed_column(Sheet(Path("a.csv"), headings, True, ",", [(2, "1,2,3,4")]), range(len(headings)))

    assert headed("letter", "px1", "px2", "px3") == 0
    assert headed("0", "1", "2", "y") == 3
    assert headed("a", "Class", "b", "c") == 1
    assert headed("a", "b", "c", "d") is None
    assert headed("p1", "p2", "p3", "p4") is None
    assert headed("", "p1", "p2", "p3") is None  # the index that pandas writes


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("change", [lambda x: x, lambda x: 255 - x, lambda x: x // 128, lambda x: x[:, 9:19, 9:19]])
@pytest.mark.parametrize("classes", [2, 10])
def test_labels_are_told_from_pixels(name, change, classes):
    split = load_dataset(name).test
    chosen = np.flatnonzero(split.labels < classes)[:150]
    pixels, labels = change(split.images[chosen]).reshape(len(chosen), -1), split.labels[chosen]
    assert find_label_column(table(np.column_stack([labels, pixels])), tuple(range(pixels.shape[1] + 1))) == 0
    last = pixels.shape[1]
    assert find_label_column(table(np.column_stack([pixels, labels])), tuple(range(last + 1))) == last


def test_labels_between_the_pixels_are_asked_for():
    digits = load_digits()
    values = np.insert(digits.data, 20, digits.target, axis=1)
    with pytest.raises(DataError, match=r"unclear: .* a column between the first and the last looks more like labels"):
        find_label_column(table(values), tuple(range(65)))


def test_words_are_labels():
    sheet = Sheet(Path("a.csv"), ("1", "2", "3", "4"), False, ",", [(1, "0,9,cat,3"), (2, "0,9,dog,3")])
    assert find_label_column(sheet, (0, 1, 2, 3)) == 2


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (
            np.column_stack([np.arange(40) % 2, np.full((40, 3), 9), np.arange(40) % 3]),
            "both the first and the last column look like labels",
        ),
        (np.random.default_rng(0).integers(0, 256, (40, 5)), "neither the first nor the last column looks like labels"),
        (
            np.column_stack([np.arange(40) % 2 + 0.5, np.full((40, 4), 9)]),
            "neither the first nor the last column looks like labels",
        ),
    ],
)
def test_what_is_unclear_is_asked(values, found):
    with pytest.raises(DataError, match=rf"unclear: .* {found}\. Name the right one: --label NUMBER \(1 to 5\)"):
        find_label_column(table(values), (0, 1, 2, 3, 4))
