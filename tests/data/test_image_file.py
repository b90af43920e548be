import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tenfold.data import image_file
from tenfold.data.image_file import FORMATS, decode_image, image_size, resize_image, resize_images
from tenfold.errors import ImageError

NOISE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(decode_image(content))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(kind):
    image = decode_image(encoded(Image.fromarray(NOISE), kind))
    assert (image.mode, image.size) == ("RGB", (30, 20))


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PDF"])
def test_other_formats_are_refused(kind):
    with pytest.raises(ImageError, match=r"picture\.x: no readable image; expected PNG"):
        decode_image(encoded(Image.fromarray(NOISE), kind), name="picture.x")


def test_lossless_pixels_come_through_unchanged():
    assert np.array_equal(pixels(encoded(Image.fromarray(NOISE))), NOISE)
    grey = decode_image(encoded(Image.fromarray(NOISE[..., 0])))
    assert grey.mode == "L"
    assert np.array_equal(np.asarray(grey), NOISE[..., 0])


def test_sixteen_bits_are_scaled_over_their_whole_range():
    values = np.array([[0, 257, 32768, 65535]], np.uint16)
    assert pixels(encoded(Image.fromarray(values))).tolist() == [[0, 1, 128, 255]]
    assert pixels(encoded(Image.fromarray(values), "TIFF")).tolist() == [[0, 1, 128, 255]]


def test_whether_a_file_has_sixteen_bits_is_told():
    deep = np.array([[0, 65535]], np.uint16)
    for kind in ("PNG", "TIFF"):
        assert "deep" in decode_image(encoded(Image.fromarray(deep), kind)).info
        assert "deep" not in decode_image(encoded(Image.fromarray(NOISE), kind)).info
    # Pillow writes no colour of 16 bits: one red pixel, by hand.
    chunks = [(b"IHDR", struct.pack(">2I5B", 1, 1, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\xff\xff\0\0\0\0"))]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in [*chunks, (b"IEND", b"")]
    )
    image = decode_image(content)
    assert "deep" in image.info
    assert np.asarray(image).tolist() == [[[255, 0, 0]]]


def test_transparent_value_of_sixteen_bits_becomes_white():
    values = np.array([[0, 257]], np.uint16)
    with_transparency = encoded(Image.fromarray(values), transparency=0)
    image = Image.open(io.BytesIO(with_transparency))
    assert image.info["transparency"] == 0
    assert pixels(with_transparency).tolist() == [[255, 1]]


@pytest.mark.parametrize("mode", ["I", "F"])
def test_thirty_two_bits_are_refused(mode):
    content = encoded(Image.fromarray(np.full((2, 2), 7.0, np.float32)).convert(mode), "TIFF")
    with pytest.raises(ImageError, match=r"32-bit pixels.*8 or 16 bits"):
        decode_image(content)


def test_transparency_is_laid_on_white():
    rgba = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 51]]], np.uint8)
    assert pixels(encoded(Image.fromarray(rgba))).tolist() == [[[255] * 3, [10, 20, 30], [204] * 3]]
    grey = np.array([[[0, 0], [0, 255]]], np.uint8)
    image = decode_image(encoded(Image.fromarray(grey, "LA")))
    assert (image.mode, np.asarray(image).tolist()) == ("L", [[255, 0]])


def test_palettes_are_converted_with_their_transparency():
    palette = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    palette.putpalette([200, 100, 50, 1, 2, 3])
    assert pixels(encoded(palette)).tolist() == [[[200, 100, 50], [1, 2, 3]]]
    assert pixels(encoded(palette, transparency=1)).tolist() == [[[200, 100, 50], [255] * 3]]
    assert pixels(encoded(palette, "GIF", transparency=0)).tolist() == [[[255] * 3, [1, 2, 3]]]


def test_cmyk_becomes_colour():
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    for kind in ("JPEG", "TIFF"):
        assert np.abs(pixels(encoded(red, kind))[0, 0].astype(int) - [255, 0, 0]).max() <= 2


def test_one_bit_becomes_grey():
    bits = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    image = decode_image(encoded(bits))
    assert (image.mode, np.asarray(image).tolist()) == ("L", [[0, 255]])


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_is_undone_as_pillow_does(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(NOISE), exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert np.array_equal(pixels(content), np.asarray(expected))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_camera_orientation_is_applied(kind):
    upright = np.zeros((16, 32), np.uint8)
    upright[:8, :8] = 255  # top left
    turned = np.rot90(upright)  # as a camera on its side stores it
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90° clockwise to see it upright"
    image = decode_image(encoded(Image.fromarray(np.ascontiguousarray(turned)).convert("RGB"), kind, exif=exif))
    assert np.abs(np.asarray(image.convert("L")).astype(int) - upright).max() < 40


def test_damaged_camera_data_is_passed_over(recwarn):
    content = encoded(Image.fromarray(NOISE), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert np.array_equal(pixels(content), NOISE)
    assert not recwarn.list


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_the_first_frame_is_read(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("white", "black")]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert pixels(content).min() == 255


def test_phone_photos_of_several_pictures_are_read():
    content = encoded(Image.fromarray(NOISE), "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))])
    assert decode_image(content).size == (30, 20)


@given(kind=st.sampled_from(FORMATS), share=st.floats(0, 0.95))
def test_truncated_files_are_refused(kind, share):
    content = encoded(Image.fromarray(NOISE), kind)
    with pytest.raises(ImageError, match="cut"):
        decode_image(content[: int(share * len(content))], name="cut")


@given(kind=st.sampled_from(FORMATS), data=st.data())
def test_damage_gives_an_image_or_an_image_error(kind, data):
    content = bytearray(encoded(Image.fromarray(NOISE), kind))
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[position] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(bytes(content))
    except ImageError:
        return
    assert image.mode in ("L", "RGB")


@given(st.binary(max_size=200))
def test_any_bytes_give_an_image_error(content):
    with pytest.raises(ImageError):
        decode_image(content)


def test_bombs_are_refused_before_decoding(monkeypatch, recwarn):
    huge = encoded(Image.new("1", (20_000, 20_000)))
    assert len(huge) < 100_000
    with pytest.raises(ImageError, match=r"at most 80,000,000 are decoded"):
        decode_image(huge, name="bomb.png")
    large = encoded(Image.new("1", (9_500, 9_500)))  # Pillow only warns about this one
    with pytest.raises(ImageError, match=r"9,500×9,500 \(height×width\) pixels; at most 80,000,000"):
        decode_image(large)
    assert not recwarn.list


def test_large_files_are_refused_before_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(image_file, "MAX_FILE_BYTES", 1_000_000)
    path = tmp_path / "a.bmp"
    with path.open("wb") as file:
        file.truncate(2_000_000)
    with pytest.raises(ImageError, match=r"a\.bmp: 2 MB; at most 1 MB"):
        decode_image(path)


def test_only_regular_files_are_opened(tmp_path):
    with pytest.raises(ImageError, match="is a folder; expected an image file"):
        decode_image(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    for function in (decode_image, image_size):
        with pytest.raises(ImageError, match=r"pipe\.png: is a pipe"):
            function(tmp_path / "pipe.png")


def test_missing_and_impossible_paths(tmp_path):
    for path in (tmp_path / "none.png", Path("a\0b.png"), tmp_path / ("x" * 300)):
        with pytest.raises(ImageError, match="cannot be read"):
            decode_image(path)


def test_empty_file(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(ImageError, match=r"a\.png: the file is empty"):
        decode_image(tmp_path / "a.png")


def test_size_from_the_header_is_the_size_after_decoding(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 8
    for kind, options in (("PNG", {}), ("JPEG", {"exif": exif}), ("GIF", {})):
        path = tmp_path / f"a.{kind}"
        path.write_bytes(encoded(Image.fromarray(NOISE), kind, **options))
        image = decode_image(path)
        assert image_size(path) == (image.height, image.width)
    assert image_size(tmp_path / "a.JPEG") == (30, 20)


def moved_behind_the_pixels(png: bytes, kind: bytes) -> bytes:
    """A PNG whose chunk of this kind comes just before its end."""
    start = png.index(kind) - 4
    end = start + 12 + int.from_bytes(png[start : start + 4], "big")
    rest = png[:start] + png[end:]
    return rest[:-12] + png[start:end] + rest[-12:]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "PNG, exif last"])
def test_size_is_that_of_the_upright_picture(tmp_path, kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.fromarray(NOISE), kind.split(",")[0], exif=exif)
    if kind.endswith("last"):
        content = moved_behind_the_pixels(content, b"eXIf")
    path = tmp_path / "a"
    path.write_bytes(content)
    assert image_size(path) == (30, 20)
    image = decode_image(path)
    assert (image.height, image.width) == (30, 20)


def test_size_of_a_png_needs_no_pixels(tmp_path):
    content = encoded(Image.fromarray(NOISE))
    start = content.index(b"IDAT") + 4
    (tmp_path / "a.png").write_bytes(content[:start] + bytes(200) + content[start + 200 :])
    assert image_size(tmp_path / "a.png") == (20, 30)
    with pytest.raises(ImageError):
        decode_image(tmp_path / "a.png")


def test_size_of_a_damaged_header_names_the_file(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(Image.fromarray(NOISE))[:20])
    with pytest.raises(ImageError, match=r"a\.png"):
        image_size(path)


def test_shrinking_averages_areas():
    checks = np.indices((40, 40)).sum(axis=0) % 2 * 200
    small = resize_image(Image.fromarray(checks.astype(np.uint8)), (10, 10), 1)
    assert small.shape == (10, 10, 1)
    assert small.dtype == np.uint8
    assert np.abs(small[1:-1, 1:-1].astype(int) - 100).max() <= 3


def test_growing_interpolates():
    ramp = Image.fromarray(np.array([[0, 100, 200]], np.uint8))
    grown = resize_image(ramp, (2, 9), 1)[0, :, 0].astype(int)
    assert (np.diff(grown) >= 0).all()
    assert len(set(grown.tolist())) > 5


def test_one_axis_may_shrink_while_the_other_grows():
    image = Image.fromarray(np.tile(np.array([0, 200], np.uint8), (4, 20)))  # 4×40, stripes one pixel wide
    resized = resize_image(image, (8, 10), 1)
    assert resized.shape == (8, 10, 1)
    assert np.abs(resized[:, 1:-1].astype(int) - 100).max() <= 3


def test_grey_is_the_luma_of_bt_601():
    colours = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8))
    assert resize_image(colours, (1, 3), 1)[0, :, 0].tolist() == [76, 150, 29]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(0, 255))
def test_an_even_picture_stays_even_in_every_size(height, width, new_height, new_width, grey):
    image = Image.new("L", (width, height), grey)
    for channels in (1, 3):
        resized = resize_image(image, (new_height, new_width), channels)
        assert resized.shape == (new_height, new_width, channels)
        assert (resized == grey).all()


def test_arrays_are_resized_like_files():
    images = np.stack([NOISE, NOISE[::-1]])
    resized = resize_images(images, (9, 11), 1)
    expected = [resize_image(Image.fromarray(image), (9, 11), 1) for image in images]
    assert np.array_equal(resized, expected)
    assert resize_images(images, (20, 30), 3) is images
