import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.classifier.metadata import _PICTURES, Metadata
from tenfold.data.class_names import is_plain
from tenfold.errors import ModelError

METADATA = Metadata(
    class_names=("T-shirt/top", "鞋"),
    image_shape=(28, 20, 1),
    polarity="light-on-dark",
    recipe="quick",
    accuracy=0.9912,
    test_count=10_000,
    data="mnist",
    data_fingerprint="ab" * 32,
    tenfold_version="0.1.0",
    temperature=1.25,
    rejection_threshold=2.5,
    pixel_mean=33.3,
    ink_share=0.125,
)
LATER = ("temperature", "rejection_threshold", "pixel_mean", "ink_share", "stroke_width")


def test_properties_are_plain_text_and_json():
    assert METADATA.to_properties() == {
        "class_names": '["T-shirt/top", "鞋"]',
        "image_shape": "[28, 20, 1]",
        "polarity": "light-on-dark",
        "recipe": "quick",
        "accuracy": "0.9912",
        "test_count": "10000",
        "data": "mnist",
        "data_fingerprint": "ab" * 32,
        "tenfold_version": "0.1.0",
        "temperature": "1.25",
        "rejection_threshold": "2.5",
        "pixel_mean": "33.3",
        "ink_share": "0.125",
        "stroke_width": "null",
        "inverts_negatives": "true",
        "mnist_form": "true",
        "pictures": _PICTURES,
    }


def test_files_of_earlier_versions_are_not_calibrated_and_reject_nothing():
    properties = {key: value for key, value in METADATA.to_properties().items() if key not in LATER}
    metadata = Metadata.from_properties(properties)
    assert [getattr(metadata, key) for key in LATER] == [1.0, None, None, None, None]
    assert metadata.accuracy == METADATA.accuracy


@given(
    st.builds(
        Metadata,
        class_names=st.lists(st.text().filter(is_plain), min_size=2, unique=True).map(tuple),
        image_shape=st.tuples(st.integers(1, 500), st.integers(1, 500), st.sampled_from([1, 3])),
        polarity=st.sampled_from(["light-on-dark", "dark-on-light", "none"]),
        recipe=st.text(),
        accuracy=st.floats(0, 1),
        test_count=st.integers(0, 10**9),
        data=st.text(),
        data_fingerprint=st.text(),
        tenfold_version=st.text(),
        temperature=st.floats(0.01, 100),
        rejection_threshold=st.none() | st.floats(-1e9, 1e9),
        pixel_mean=st.none() | st.floats(0, 255),
        ink_share=st.none() | st.floats(0, 1),
        stroke_width=st.none() | st.floats(0, 100),
    )
)
def test_properties_give_the_metadata_back(metadata: Metadata):
    assert Metadata.from_properties(metadata.to_properties()) == metadata


def test_keys_of_later_versions_are_ignored():
    assert Metadata.from_properties({**METADATA.to_properties(), "later": "?"}) == METADATA


def test_missing_keys_are_named():
    properties = METADATA.to_properties()
    del properties["class_names"], properties["polarity"]
    with pytest.raises(ModelError, match=r"a\.onnx: its metadata lacks class_names, polarity\."):
        Metadata.from_properties(properties, source="a.onnx")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("class_names", "cat, dog", "a JSON list of at least two names"),
        ("class_names", '["cat"]', "a JSON list of at least two names"),
        ("class_names", '["cat", "cat"]', "names without control characters, each only once"),
        ("class_names", r'["cat", "\ud800"]', "names without control characters, each only once"),
        ("class_names", r'["cat", "\u001b[2J"]', "names without control characters, each only once"),
        ("class_names", "[1, 2]", "a JSON list of at least two names"),
        ("class_names", "[" * 100_000, "a JSON list of at least two names"),
        *(
            ("image_shape", wrong, "height and width of at most 1,048,576 pixels and 1 or 3 channels")
            for wrong in ("[28, 28]", "[0, 28, 1]", "[28, 28, 2]", "[28.0, 28, 1]", "[28, 28, 1.0]", "[28, 28, true]")
        ),
        ("image_shape", "[3000000000, 1, 1]", "height and width of at most 1,048,576 pixels"),
        ("polarity", "upside-down", "one of light-on-dark, dark-on-light, none"),
        ("accuracy", "99.1", "a number from 0 to 1"),
        ("accuracy", "NaN", "a number from 0 to 1"),
        ("temperature", "0", "a number from 0.01 to 100"),
        ("temperature", "null", "a number from 0.01 to 100"),
        ("temperature", "Infinity", "a number from 0.01 to 100"),
        ("rejection_threshold", "NaN", "a number, or null"),
        ("pixel_mean", "256", "a number from 0 to 255"),
        ("ink_share", "true", "a number from 0 to 1"),
        ("stroke_width", '"3"', "a number of pixels"),
        ("test_count", "-1", "a whole number of at least 0"),
        ("test_count", "true", "a whole number of at least 0"),
        ("inverts_negatives", "1", "true or false"),
    ],
)
def test_wrong_values_are_named(key: str, value: str, expected: str):
    with pytest.raises(ModelError, match=f"{key} in its metadata is .*expected {expected}"):
        Metadata.from_properties({**METADATA.to_properties(), key: value})


def test_the_file_says_how_pictures_become_images():
    said = METADATA.to_properties()["pictures"]
    for words in ("camera data", "transparency on white", "HAMMING", "BICUBIC", "order red, green, blue", "19595 red"):
        assert words in said


def test_accuracy_survives_exactly():
    assert json.loads(METADATA.to_properties()["accuracy"]) == METADATA.accuracy
