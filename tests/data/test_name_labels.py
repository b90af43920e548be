from pathlib import Path

import pytest

from tenfold.data.name_labels import label_in_name, labels_from_names, offer
from tenfold.errors import DataError


@pytest.mark.parametrize(
    ("file_name", "label"),
    [
        ("cat.0.jpg", "cat"),
        ("cat_12.png", "cat"),
        ("cat-3.png", "cat"),
        ("cat (4).png", "cat"),
        ("cat_12_flipped.png", "cat"),
        ("7_0001.png", "7"),
        ("golden_retriever_12.jpg", "golden_retriever"),
        ("n02085620_10074.JPEG", "n02085620"),
        ("model_3d_12.png", "model_3d"),
        ("猫_1.png", "猫"),
        ("cat.png", None),
        ("cat12.png", None),
        ("0001.png", None),
        ("_1.png", None),
    ],
)
def test_a_label_stands_before_the_first_number_set_off(file_name, label):
    assert label_in_name(file_name) == label


def paths(*names):
    return [Path("data", name) for name in names]


def test_every_picture_gets_its_label():
    assert labels_from_names(paths("b.1.png", "a.0.png", "a.1.png", "b.0.png"), Path("data")) == ["b", "a", "a", "b"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.0.png", "a.1.png", "b.png"], r"data: 1 of 3 pictures have no label in their names, such as b\.png"),
        (["a.0.png", "a.1.png", "b.0.png"], r"labels that only one picture has: a \(2\), b \(1\)"),
        (["cat.0.png", "cat.1.png", "Cat.0.png", "Cat.1.png"], "differ in upper and lower case only: Cat, cat"),
    ],
)
def test_names_that_are_no_labels_are_refused_and_not_offered(names, message):
    with pytest.raises(DataError, match=message):
        labels_from_names(paths(*names), Path("data"))
    assert offer(paths(*names)) == ""


def test_labels_are_offered_in_natural_order():
    names = [f"{label}_{number}.png" for label in (10, 2) for number in (1, 2)]
    assert offer(paths(*names)).startswith(" The names of the files seem to hold labels (2, 10):")
    assert offer(paths("a.0.png", "a.1.png")) == ""
