import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tenfold.data.pixel_values import image_array, pixel_bytes, square_shape
from tenfold.errors import DataError


def converted(values: object, dtype: type = np.float32) -> tuple[list[int], tuple[str, ...]]:
    (pixels,), notes = pixel_bytes({"x": np.array(values, dtype)}, "a.npz")
    assert pixels.dtype == np.uint8
    return pixels.tolist(), notes


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_bytes_stay(dtype):
    assert converted([0, 7, 255], dtype) == ([0, 7, 255], ())


def test_fractions_are_scaled_and_said_so():
    assert converted([0, 0.5, 1]) == ([0, 128, 255], ("Pixel values 0…1 were scaled to 0…255.",))
    assert converted([True, False], np.bool_)[0] == [255, 0]
    assert converted([0, 1], np.uint8)[0] == [0, 255]


@given(arrays(np.uint8, 20))
def test_scaling_down_and_up_again_gives_the_same_bytes(values):
    values[0] = 255
    for dtype in (np.float16, np.float32, np.float64):
        (pixels,), _ = pixel_bytes({"x": (values / 255).astype(dtype)}, "a")
        if dtype != np.float16:
            assert np.array_equal(pixels, values)
        assert np.abs(pixels.astype(int) - values).max() <= 1


@pytest.mark.parametrize(
    ("values", "dtype", "pixels", "full"),
    [
        ([0, 8, 16], np.float32, [0, 128, 255], "16"),
        ([0, 5, 15], np.uint8, [0, 85, 255], "15"),
        ([0, 9, 20], np.uint8, [0, 74, 165], "31"),
        ([0, 257, 65_535], np.uint16, [0, 1, 255], "65,535"),
        ([0, 819, 4_000], np.uint16, [0, 51, 249], "4,095"),
    ],
)
def test_other_depths_are_scaled_and_said_so(values, dtype, pixels, full):
    assert converted(values, dtype) == (pixels, (f"Pixel values 0…{full} were scaled to 0…255.",))


def test_sixteen_bits_may_hold_bytes():
    assert converted([0, 200], np.uint16) == ([0, 200], ())


def test_black_stays_black():
    assert converted([0, 0]) == ([0, 0], ())


@pytest.mark.parametrize(
    ("train", "test", "pixels"),
    [
        ([0, 200], [0, 60], ([0, 200], [0, 60])),
        ([0, 0.5, 1], [0, 1], ([0, 128, 255], [0, 255])),
        ([0, 31], [0, 15], ([0, 255], [0, 123])),
        ([0, 200], [0, 0], ([0, 200], [0, 0])),
    ],
)
def test_one_rule_for_all_parts(train, test, pixels):
    parts, _ = pixel_bytes({"x_train": np.array(train), "x_test": np.array(test)}, "a")
    assert tuple(part.tolist() for part in parts) == pixels


def test_fractions_are_0_to_1_whatever_the_other_part_has():
    parts, notes = pixel_bytes({"x_train": np.array([0, 200]), "x_test": np.array([0, 0.2, 1])}, "a")
    assert [part.tolist() for part in parts] == [[0, 200], [0, 51, 255]]
    assert notes == ("Pixel values 0…1 of x_test were scaled to 0…255.",)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ([0, 1], r"0 to 255 \(x_train\), 0 to 1 \(x_test\)\. Expected one .*Multiply the pixels of x_test by 255"),
        ([0, 16], r"Multiply the pixels of x_test by 15\.9375"),
        ([-1, 1], r"run from 0 to 255 \(x_train\), -1 to 1 \(x_test\)"),
    ],
)
def test_parts_of_different_ranges_are_refused(test, message):
    with pytest.raises(DataError, match=message):
        pixel_bytes({"x_train": np.array([0, 255]), "x_test": np.array(test)}, "a")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0, 2.5]], r"a\.npz: pixel values are fractions from 0 to 2\.5; expected 0…1"),
        (
            [[-1, 1]],
            r"a\.npz: pixel values run from -1 to 1; .* from −1…1, images = \(images \+ 1\) \* 127\.5, or save",
        ),
        ([[-1, 2]], r"a\.npz: pixel values run from -1 to 2; expected 0…255 or 0…1\. Undo the normalisation, or save"),
        ([[0, 65535]], "run from 0 to 65535"),
        ([[0], [np.nan]], r"a\.npz, x: image 1 .* NaN"),
        ([[np.inf], [0]], r"a\.npz, x: image 0 .* infinite"),
    ],
)
def test_other_ranges_are_refused(values, message):
    with pytest.raises(DataError, match=message):
        converted(values)


def test_images_of_two_ranges_in_one_array_are_refused():
    images = np.random.default_rng(0).integers(0, 256, (100, 9)).astype(np.float32)
    images[1] /= 255
    assert pixel_bytes({"x": images}, "a.npz")[1] == ()  # a dark one
    images[40:] /= 255
    with pytest.raises(DataError, match=r"a\.npz, x: 61 of 100 images have fractions 0…1, .*; image 1 "):
        pixel_bytes({"x": images}, "a.npz")


def test_eight_bits_beside_twelve_are_refused():
    parts = {"x_train": np.array([0, 1_000], np.uint16), "x_test": np.array([0, 250], np.uint16)}
    with pytest.raises(DataError, match=r"Multiply the pixels of x_test by 4\.01"):
        pixel_bytes(parts, "a.npz")


def test_text_is_refused():
    with pytest.raises(DataError, match=r"a\.npz, x: holds values of type <U1; expected numbers"):
        converted(["a"], np.str_)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 6, 7), (5, 6, 7, 1)),
        ((5, 6, 7, 1), (5, 6, 7, 1)),
        ((5, 6, 7, 3), (5, 6, 7, 3)),
        ((5, 3, 6, 7), (5, 6, 7, 3)),
        ((5, 1, 6, 7), (5, 6, 7, 1)),
        ((5, 784), (5, 28, 28, 1)),
        ((5, 3072), (5, 32, 32, 3)),
    ],
)
def test_shapes(shape, expected):
    assert image_array(np.zeros(shape, np.uint8), "x").shape == expected


def test_channels_first_keeps_its_channels():
    values = np.zeros((1, 3, 4, 5), np.uint8)
    values[0, 2] = 9
    assert (image_array(values, "x")[..., 2] == 9).all()


@pytest.mark.parametrize("shape", [(5,), (5, 6, 7, 4), (5, 1, 6, 7, 1), (5, 10), (5, 0)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(DataError, match="expected"):
        image_array(np.zeros(shape, np.uint8), "x")


@pytest.mark.parametrize(
    ("shape", "found"), [((20, 0, 10), "0×10"), ((20, 10, 0, 3), "10×0"), ((20, 1, 0, 10), "0×10")]
)
def test_images_without_pixels_are_refused(shape, found):
    with pytest.raises(DataError, match=f"x: has the shape .* {found} .* hold no pixels; expected at least 1×1"):
        image_array(np.zeros(shape, np.uint8), "x")


@given(st.integers(1, 100), st.sampled_from([1, 3]))
def test_squares_are_recognised(side, channels):
    assert square_shape(side * side * channels, "x") == (side, side, channels)
