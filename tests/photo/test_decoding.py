import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image

from tenfold.data.image_file import resize_image
from tenfold.errors import ImageError
from tenfold.photo.decoding import decode_pictures

GREY, COLOUR = (4, 6, 1), (4, 6, 3)


def decoded_images(pictures: Any, shape: tuple[int, int, int]) -> tuple[list[np.ndarray], bool]:
    """What becomes of pictures, resized; and whether it was a single one."""
    decoded, single = decode_pictures(pictures, shape)
    return [resize_image(picture, shape[:2], shape[2]) for picture in decoded], single


def picture_to_image(picture: Any, shape: tuple[int, int, int]) -> np.ndarray:
    """What becomes of a single picture."""
    (image,), single = decoded_images(picture, shape)
    assert single
    return image


def drawing(height: int = 4, width: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)


def png(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(array).save(content, "PNG")
    return content.getvalue()


def test_every_kind_of_picture_gives_the_same_image(tmp_path: Path):
    array = drawing()
    path = tmp_path / "drawing.png"
    path.write_bytes(png(array))
    for picture in (
        path,
        str(path),
        png(array),
        bytearray(png(array)),
        Image.fromarray(array),
        array,
        array[..., None],
    ):
        np.testing.assert_array_equal(picture_to_image(picture, GREY), array[..., None])


@pytest.mark.parametrize(
    ("array_shape", "single"),
    [
        *(((9, 7), True), ((9, 7, 1), True), ((9, 7, 2), True), ((9, 7, 3), True), ((9, 7, 4), True)),
        *(((2, 9, 7), False), ((1, 4, 6), False)),
        *(((2, 9, 7, 1), False), ((2, 9, 7, 2), False), ((2, 9, 7, 3), False), ((2, 9, 7, 4), False)),
    ],
)
@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_arrays_of_every_shape(array_shape: tuple[int, ...], single: bool, shape: tuple[int, int, int]):
    images, found_single = decoded_images(np.full(array_shape, 200, np.uint8), shape)
    assert found_single == single
    assert np.shape(images) == (1 if single else array_shape[0], *shape)
    assert all(image.dtype == np.uint8 for image in images)
    if array_shape[-1] not in (2, 4):  # else it shines through
        assert (np.asarray(images) == 200).all()


def test_images_that_fit_keep_their_pixels():
    images = np.stack([drawing(), 255 - drawing()])
    np.testing.assert_array_equal(np.asarray(decoded_images(images, GREY)[0]), images[..., None])


def test_channels_keep_their_place():
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_array_equal(picture_to_image(red, COLOUR), red)
    assert (picture_to_image(red, GREY) == 76).all()  # 0.299 × 255
    assert (picture_to_image(drawing(), COLOUR) == drawing()[..., None]).all()


def test_fractions_and_truth_values_are_scaled():
    quarters = np.array([[0, 0.25, 0.5], [0.75, 1, 0]])
    expected = [[0, 64, 128], [191, 255, 0]]
    np.testing.assert_array_equal(picture_to_image(quarters, (2, 3, 1))[..., 0], expected)
    np.testing.assert_array_equal(picture_to_image(quarters * 255, (2, 3, 1))[..., 0], expected)
    np.testing.assert_array_equal(picture_to_image(quarters > 0.4, (2, 3, 1))[..., 0], [[0, 0, 255], [255, 255, 0]])
    np.testing.assert_array_equal(picture_to_image(np.array([[7, 255]]), (1, 2, 1))[..., 0], [[7, 255]])


@pytest.mark.parametrize("value", [-0.5, 256.0, np.nan, np.inf, -np.inf])
def test_other_values_are_refused(value: float):
    array = np.zeros((4, 6))
    array[1, 2] = value
    with pytest.raises(ImageError, match="expected 0…255 or 0…1"):
        picture_to_image(array, GREY)


def test_a_dark_picture_stays_dark():
    array = np.zeros((4, 6), np.uint8)
    array[1, 2] = 20
    assert picture_to_image(array, GREY)[1, 2, 0] == 20


def test_values_a_little_above_one_are_ambiguous():
    array = np.zeros((4, 6))
    array[1, 2] = 1.02  # as bicubic resizing of 0…1 leaves it
    with pytest.raises(ImageError, match=r"largest value is 1\.02: either 0…1 and a little more, or 0…255"):
        picture_to_image(array, GREY)
    assert picture_to_image(array.clip(0, 1), GREY)[1, 2, 0] == 255


@pytest.mark.parametrize(("array_shape", "shape"), [((3, 9, 7), GREY), ((3, 9, 7), COLOUR), ((3, 4, 6), COLOUR)])
def test_three_planes_are_ambiguous(array_shape: tuple[int, ...], shape: tuple[int, int, int]):
    with pytest.raises(ImageError, match=r"three grey images, or one in colour with its channels first"):
        decoded_images(np.zeros(array_shape, np.uint8), shape)


def test_three_planes_of_a_grey_networks_size_are_three_images():
    assert len(decoded_images(np.zeros((3, 4, 6), np.uint8), GREY)[0]) == 3


def test_grey_images_with_their_channel_first_are_told_how_to_turn():
    with pytest.raises(ImageError, match=r"with their channel first.*array\[:, 0\]"):
        decoded_images(np.zeros((5, 1, 9, 7), np.uint8), GREY)


def test_images_of_one_row_are_a_list():
    with pytest.raises(ImageError, match=r"images of a single row or column.*list\(array\)"):
        decoded_images(np.zeros((5, 1, 9, 3), np.uint8), GREY)
    assert len(decoded_images(list(np.zeros((5, 1, 9, 3), np.uint8)), GREY)[0]) == 5


def test_sixteen_bits_are_scaled_as_in_files():
    array = np.array([[0, 257, 65_535], [128 * 257, 2, 256]], np.uint16)
    expected = [[0, 1, 255], [128, 0, 1]]
    np.testing.assert_array_equal(picture_to_image(array, (2, 3, 1))[..., 0], expected)
    np.testing.assert_array_equal(picture_to_image(Image.fromarray(array), (2, 3, 1))[..., 0], expected)
    np.testing.assert_array_equal(picture_to_image(array.clip(0, 255), (2, 3, 1))[0, :, 0], [0, 255, 255])


@pytest.mark.parametrize("array_shape", [(), (6,), (0, 6), (4, 0, 1), (2, 4, 6, 5), (1, 2, 4, 6, 1)])
def test_other_shapes_are_refused(array_shape: tuple[int, ...]):
    with pytest.raises(ImageError, match=r"Found an array of shape .*; expected \[height, width\]"):
        decoded_images(np.zeros(array_shape, np.uint8), GREY)


@pytest.mark.parametrize("array_shape", [(24,), (5, 24)])
def test_images_in_rows_are_not_taken_for_one_wide_image(array_shape: tuple[int, ...]):
    with pytest.raises(ImageError, match=r"images in one row, or .*array\.reshape\(-1, 4, 6, 1\) for the first"):
        decoded_images(np.zeros(array_shape, np.uint8), GREY)


def test_an_empty_array_is_no_images():
    assert decoded_images(np.zeros((0, 9, 7), np.uint8), GREY) == ([], False)


def test_transparent_ground_is_white_however_the_picture_comes():
    array = np.zeros((4, 6, 4), np.uint8)
    array[1, 2] = 0, 0, 0, 255
    for picture in (array, png(array), Image.fromarray(array), Image.fromarray(array).convert("LA")):
        image = picture_to_image(picture, GREY)
        assert image[1, 2, 0] == 0
        assert (image != 255).sum() == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16"])
def test_pillow_images_of_every_mode(mode: str):
    white = Image.new("L", (30, 20), 255)
    image = Image.new("I;16", (30, 20), 65_535) if mode == "I;16" else white.convert("RGB").convert(mode)
    assert (picture_to_image(image, GREY) == 255).all()


def test_sixteen_bits_of_either_order_are_read_alike():
    values = np.random.default_rng(0).integers(0, 65_536, (4, 6))
    little = Image.frombytes("I;16", (6, 4), values.astype("<u2").tobytes())
    big = Image.frombytes("I;16B", (6, 4), values.astype(">u2").tobytes())
    expected = np.rint(values / 257)
    for image in (little, big):
        np.testing.assert_array_equal(picture_to_image(image, GREY)[..., 0], expected)


def test_damaged_camera_data_leave_the_pixels():
    content = io.BytesIO()
    Image.fromarray(drawing()).save(content, "PNG", exif=b"II*\x00")
    image = Image.open(io.BytesIO(content.getvalue()))
    np.testing.assert_array_equal(picture_to_image(image, GREY)[..., 0], drawing())


def test_pillow_images_of_numbers_are_read_as_arrays():
    for mode, array in (("F", drawing() / np.float32(255)), ("F", drawing().astype(np.float32)), ("I", drawing() * 1)):
        image = Image.fromarray(array.astype(np.int32) if mode == "I" else array)
        assert image.mode == mode
        np.testing.assert_array_equal(picture_to_image(image, GREY)[..., 0], drawing())
    with pytest.raises(ImageError, match="expected 0…255 or 0…1"):
        picture_to_image(Image.fromarray(np.full((4, 6), 70_000, np.int32)), GREY)


def test_a_pillow_image_is_turned_upright():
    array = drawing(6, 4)
    image = Image.fromarray(array)
    image.getexif()[0x0112] = 6  # the camera was held upright: turn by 90° clockwise
    for mode in ("L", "F", "I"):
        picture = image.convert(mode)
        picture.getexif()[0x0112] = 6
        np.testing.assert_array_equal(picture_to_image(picture, GREY)[..., 0], np.rot90(array, -1))


def test_a_pillow_image_of_a_truncated_file_is_refused():
    image = Image.open(io.BytesIO(png(drawing(200, 200))[:-9_000]))
    with pytest.raises(ImageError, match="A Pillow image of mode L cannot be read"):
        picture_to_image(image, GREY)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ImageError, match="Found a dict as an image; expected a path"):
        picture_to_image({}, GREY)
    with pytest.raises(ImageError, match=r"Image 1 of 2: Found an array of shape \[2, 9, 7\] inside a list"):
        decoded_images([drawing(), np.zeros((2, 9, 7), np.uint8)], GREY)
    with pytest.raises(ImageError, match="Image 0 of 1: Found a list as an image"):
        decoded_images([[drawing()]], GREY)
    assert len(decoded_images([drawing()[None], drawing()], GREY)[0]) == 2  # [1, height, width] is a single image


def test_a_bad_picture_among_several_is_named(tmp_path: Path):
    with pytest.raises(ImageError, match=r"none\.png: cannot be read"):
        decoded_images([drawing(), tmp_path / "none.png"], GREY)
    with pytest.raises(ImageError, match="Image 1 of 2: "):
        decoded_images([drawing(), b"no picture"], GREY)


@example(np.zeros((0, 7, 1), np.uint8))
@given(
    npst.arrays(
        st.sampled_from([np.uint8, np.int64, np.float32, np.float64, np.bool_]),
        npst.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9),
    )
)
def test_any_array_becomes_images_or_is_refused(array: np.ndarray):
    try:
        images, _ = decoded_images(array, GREY)
    except ImageError:
        return
    assert all(image.dtype == np.uint8 and image.shape == GREY for image in images)
