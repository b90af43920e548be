import numpy as np
import pytest
from PIL import Image

from tenfold.data import cache, pictures
from tenfold.data.options import ReadOptions
from tenfold.data.pictures import read_pictures
from tenfold.errors import ImageError


def ignore(done: int, total: int) -> None:
    pass


def test_images_come_in_the_order_of_the_paths(tmp_path, draw):
    paths = [draw(tmp_path / f"{i}.png", seed=i) for i in range(20)]
    images, notes = read_pictures(paths, ReadOptions(), ignore)
    assert images.shape == (20, 8, 8, 1)
    assert notes == ()
    for path, image in zip(paths, images, strict=True):
        assert np.array_equal(np.asarray(Image.open(path)), image[..., 0])


def test_mixed_sizes_follow_the_rule(tmp_path, draw):
    paths = [draw(tmp_path / f"{i}.png", size) for i, size in enumerate([(8, 9)] * 3 + [(20, 20)])]
    images, notes = read_pictures(paths, ReadOptions(), ignore)
    assert images.shape == (4, 8, 9, 1)
    assert "1 of 4 images (20×20) were resized to 8×9" in notes[0]
    images, notes = read_pictures(paths, ReadOptions(size=(5, 6)), ignore)
    assert images.shape == (4, 5, 6, 1)
    assert "All 4 images (8×9 to 20×20) were resized to 5×6" in notes[0]


def test_one_colour_image_makes_all_colour(tmp_path, draw):
    paths = [draw(tmp_path / "a.png"), draw(tmp_path / "b.png", colour=True)]
    images, notes = read_pictures(paths, ReadOptions(), ignore)
    assert images.shape == (2, 8, 8, 3)
    assert (images[0] == images[0, ..., :1]).all()
    assert np.array_equal(images[1], np.asarray(Image.open(paths[1])))
    assert notes == ("All images were read as colour, since 1 of 2 have colour (--gray turns all of them grey).",)


def test_grey_on_request(tmp_path, draw):
    paths = [draw(tmp_path / "a.png"), draw(tmp_path / "b.png", colour=True)]
    images, notes = read_pictures(paths, ReadOptions(gray=True), ignore)
    assert images.shape == (2, 8, 8, 1)
    assert np.array_equal(images[1, ..., 0], np.asarray(Image.open(paths[1]).convert("L")))
    assert notes == ("1 of 2 images had colour and were turned grey, as asked for.",)


def test_colour_files_without_colour_are_grey(tmp_path, draw):
    path = draw(tmp_path / "a.png")
    grey = Image.open(path)
    grey.convert("RGB").save(tmp_path / "b.png")
    images, notes = read_pictures([tmp_path / "b.png"], ReadOptions(), ignore)
    assert np.array_equal(images[0, ..., 0], np.asarray(grey))
    assert notes == ()


@pytest.mark.parametrize("options", [ReadOptions(), ReadOptions((8, 8))])
def test_the_first_bad_file_is_named(tmp_path, draw, options):
    paths = [draw(tmp_path / f"{i}.png") for i in range(30)]
    for i in (7, 20):
        paths[i].write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"7\.png: no readable image"):
        read_pictures(paths, options, ignore)


def test_progress_counts_both_passes(tmp_path, draw):
    paths = [draw(tmp_path / f"{i}.png") for i in range(3)]
    for options, total in ((ReadOptions(), 6), (ReadOptions((8, 8)), 3)):
        steps = []
        read_pictures(paths, options, lambda done, total, steps=steps: steps.append((done, total)))
        assert steps == [(done, total) for done in range(1, total + 1)]


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setattr(cache, "_WORTH_FILES", 1)


def test_the_second_start_reads_the_cache(tmp_path, draw, kept, monkeypatch):
    paths = [draw(tmp_path / "a.png", (9, 9)), draw(tmp_path / "b.png"), draw(tmp_path / "c.png")]
    first, first_notes = read_pictures(paths, ReadOptions(), ignore)

    def decode_nothing(*arguments):
        raise AssertionError("decoded again")

    monkeypatch.setattr(pictures, "decode_image", decode_nothing)
    second, second_notes = read_pictures(paths, ReadOptions(), ignore)
    assert np.array_equal(first, second)
    assert first_notes == second_notes != ()


def test_a_changed_picture_is_read_again(tmp_path, draw, kept):
    path = draw(tmp_path / "a.png", seed=1)
    before, _ = read_pictures([path], ReadOptions(), ignore)
    draw(path, seed=2)
    after, _ = read_pictures([path], ReadOptions(), ignore)
    assert not np.array_equal(before, after)


def test_a_damaged_cache_is_read_again(tmp_path, draw, kept):
    path = draw(tmp_path / "a.png")
    before, _ = read_pictures([path], ReadOptions(), ignore)
    (entry,) = cache.pictures_folder().glob("*.npz")
    entry.write_bytes(entry.read_bytes()[:-40])
    after, _ = read_pictures([path], ReadOptions(), ignore)
    assert np.array_equal(before, after)
    assert cache.load_pictures(entry.stem, 1) is not None
