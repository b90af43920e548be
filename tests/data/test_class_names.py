import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.data.class_names import (
    are_digits,
    is_plain,
    kinds_that_turn,
    label_names,
    natural_order,
    number_classes,
    shortened,
    suggestion,
)
from tenfold.errors import DataError


def test_numbers_sort_as_numbers():
    names = ["class 10", "Class 2", "b", "a", "10", "9", "猫", "class 1x", "２"]
    assert sorted(names, key=natural_order)[:2] == ["9", "10"]
    assert sorted(["class 10", "Class 2", "class 1x"], key=natural_order) == ["class 1x", "Class 2", "class 10"]


@given(st.lists(st.text(max_size=6), max_size=6))
def test_any_names_can_be_sorted(names):
    assert sorted(sorted(names, key=natural_order, reverse=True), key=natural_order) == sorted(names, key=natural_order)


@pytest.mark.parametrize(
    "names",
    [
        ["zero", "One", "two"],
        ["digit_6", "digit_9"],
        ["Digit6", "Digit9"],
        ["6_six", "9_nine"],
        ["A_upper", "b_lower"],
        ["4a", "5f", "30"],
        ["2", "3", "jack", "queen", "king", "ace"],
        ["+", "-"],
    ],
)
def test_characters_are_known_by_many_names(names):
    assert kinds_that_turn(names).startswith("digits or letters (")


def test_opposites_turn_into_one_another_and_things_do_not():
    assert kinds_that_turn(["arrow_left", "arrow_right"]) == kinds_that_turn(["turn Right", "turn Left"])
    assert kinds_that_turn(["thumbs up", "thumbs down", "fist"]) == "directions (up, down)"
    for names in (
        ["cat", "dog"],
        ["T-shirt/top", "Trouser"],
        ["class 1", "class 2"],
        ["h264", "mp3"],
        ["left hand", "left foot"],
        ["I", "fist"],
    ):
        assert kinds_that_turn(names) == ""


def test_classes_are_numbered_in_natural_order():
    names, train, test = number_classes(["10", "2", "10"], ["2"], "x")
    assert names == ("2", "10")
    assert train.tolist() == [1, 0, 1]
    assert train.dtype == np.int32
    assert test.tolist() == [0]
    assert number_classes(["a"], None, "x")[2] is None


def test_a_stated_order_is_kept_with_its_empty_classes():
    names, train, _ = number_classes(["no", "yes"], None, "x", ("yes", "no", "maybe"))
    assert names == ("yes", "no", "maybe")
    assert train.tolist() == [1, 0]


def test_a_class_of_the_test_part_alone_is_refused():
    with pytest.raises(DataError, match=r"x: the test part has the class 'Cats', .*Did you mean 'cat'\?.*cat, dog"):
        number_classes(["cat", "dog"], ["cat", "Cats"], "x")


def test_names_that_differ_in_case_only_are_refused_but_letters_are_not():
    with pytest.raises(DataError, match="x: the classes 'Cat', 'cat' differ in upper and lower case only"):
        number_classes(["cat", "Cat", "dog"], None, "x")
    assert number_classes(["a", "A", "b"], None, "x")[0] == ("A", "a", "b")


def test_a_label_that_is_none_of_the_class_names_is_refused():
    with pytest.raises(DataError, match=r"x: the label 'dogs' is none of its class names. Did you mean 'dog'\?"):
        number_classes(["cat", "dogs"], None, "x", ("cat", "dog"))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DataError, match=r"y: labels are bytes that are no UTF-8"):
        label_names(np.array(["é".encode("latin-1")]), "y")
    assert label_names(np.array(["é".encode()]), "y") == ["é"]


@pytest.mark.parametrize("text", ["上衣\u3000长", "می\u200cخواهم", "👩\u200d🔬", "a\u00a0b", ""])
def test_text_of_every_script_is_plain(text):
    assert is_plain(text)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "\x1b[2J", "\ud800", "a\u2028b", "\x7f", "\u202e9"])
def test_what_breaks_lines_or_files_is_not_plain(text):
    assert not is_plain(text)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array([3, 10], np.uint8), ["3", "10"]),
        (np.array([[3], [10]], np.int64), ["3", "10"]),
        (np.array([3.0, 10.0]), ["3", "10"]),
        (np.array([True, False]), ["1", "0"]),
        (np.array(["b ", "猫"]), ["b", "猫"]),
        (np.array([b"b", b"c"]), ["b", "c"]),
        (np.array([[0, 0, 1], [1, 0, 0]]), ["2", "0"]),
        (np.array([[0.0, 1.0], [1.0, 0.0]]), ["1", "0"]),
        (np.array(["e\u0301"]), ["é"]),
    ],
)
def test_labels_of_every_kind(values, names):
    assert label_names(values, "y") == names


def test_numbers_with_names():
    assert label_names(np.array([1, 0]), "y", ("yes", "no")) == ["no", "yes"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([0, -1]), "label 1 .* is -1; expected whole numbers from 0 upwards"),
        (np.array([0, 0.5]), r"label 1 .* is 0\.5"),
        (np.array([np.nan, 0]), "label 0 .* is nan"),
        (np.array([0, np.inf]), "label 1 .* is inf"),
        (np.array(["a", " "]), "label 1 is empty"),
        (np.array([[0, 2], [1, 0]]), "no one-hot rows"),
        (np.zeros((2, 2, 2)), "expected one for each image"),
        (np.array(3), "expected one for each image"),
        (np.array([1j]), "complex128; expected whole numbers or text"),
    ],
)
def test_labels_that_make_no_sense_are_refused(values, message):
    with pytest.raises(DataError, match=message):
        label_names(values, "y")


def test_labels_beyond_the_names_are_refused():
    with pytest.raises(DataError, match="label 1 .* is 2; expected whole numbers from 0 to 1, as there are 2"):
        label_names(np.array([0, 2]), "y", ("yes", "no"))


def test_suggestion_and_shortening():
    assert suggestion("fashion", ["mnist", "Fashion-MNIST"]) == ". Did you mean 'Fashion-MNIST'?"
    assert suggestion("zebra", ["mnist"]) == "."
    assert shortened(["a", "b"]) == "a, b"
    assert shortened(["a", "b", "c"], most=2) == "a, b, … (3 in all)"


@pytest.mark.parametrize(
    ("names", "expected"),
    [("0123456789", True), ("31", True), (("0", "10"), False), (("1", "l"), False), (("1", "²"), False)],
)
def test_digits_are_told_from_numbers_and_letters(names, expected):
    assert are_digits(tuple(names)) is expected
