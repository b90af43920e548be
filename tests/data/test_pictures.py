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
    images, notes, _ = read_pictures(paths, ReadOptions(), ignore)
    assert images.shape == (20, 8, 8, 1)
    assert notes == ()
    for path, image in zip(paths, images, strict=True):
        assert np.array_equal(np.asarray(Image.open(path)), image[..., 0])


def test_mixed_sizes_follow_the_rule(tmp_path, draw):
    paths = [draw(tmp_path / f"{i}.png", size) for i, size in enumerate([(8, 9)] * 3 + [(20, 20)])]
    images, notes, _ = read_pictures(paths, ReadOptions(), ignore)
    assert images.shape == (4, 8, 9, 1)
    assert "1 of 4 images (20×20) were resized to 8×9" in notes[0]
    images, notes, _ = read_pictures(paths, ReadOptions(size=(5, 6)), ignore)
    assert images.shape == (4, 5, 6, 1)
    assert "All 4 images (8×9 to 20×20) were resized to 5×6" in notes[0]


def test_one_colour_image_makes_all_colour(tmp_path, draw):
    paths = [draw(tmp_path / "a.png"), draw(tmp_path / "b.png", colour=True)]
    images, notes, _ = read_pictures(paths, ReadOptions(), ignore)
    assert images.shape == (2, 8, 8, 3)
    assert (images[0] == images[0, ..., :1]).all()
    assert np.array_equal(images[1], np.asarray(Image.open(paths[1])))
    assert notes == ("All images were read as colour, since 1 of 2 has colour (--gray turns all of them grey).",)


def test_grey_on_request(tmp_path, draw):
    paths = [draw(tmp_path / "a.png"), draw(tmp_path / "b.png", colour=True)]
    images, notes, _ = read_pictures(paths, ReadOptions(gray=True), ignore)
    assert images.shape == (2, 8, 8, 1)
    assert np.array_equal(images[1, ..., 0], np.asarray(Image.open(paths[1]).convert("L")))
    assert notes == ("1 of 2 images had colour and were turned grey, as asked for.",)


def test_colour_files_without_colour_are_grey(tmp_path, draw):
    path = draw(tmp_path / "a.png")
    grey = Image.open(path)
    grey.convert("RGB").save(tmp_path / "b.png")
    images, notes, _ = read_pictures([tmp_path / "b.png"], ReadOptions(), ignore)
    assert np.array_equal(images[0, ..., 0], np.asarray(grey))
    assert notes == ()


@pytest.fixture
def damaged(tmp_path, draw):
    """Thirty pictures; number 7 is none, of number 20 the end is missing."""
    paths = [draw(tmp_path / f"{i}.png") for i in range(30)]
    paths[7].write_bytes(b"no picture")
    paths[20].write_bytes(paths[20].read_bytes()[:60])
    return paths


@pytest.mark.parametrize("size", [None, (8, 8)])
def test_all_bad_files_are_named(damaged, size):
    with pytest.raises(ImageError) as raised:
        read_pictures(damaged, ReadOptions(size), ignore)
    summary, first, second, hint = str(raised.value).splitlines()
    assert summary == "2 of 30 images cannot be used:"
    assert "7.png: no readable image" in first
    assert "20.png: damaged or truncated" in second
    assert hint.endswith("--skip-bad.")


@pytest.mark.parametrize("size", [None, (8, 8)])
def test_bad_files_are_left_out_on_request(damaged, size):
    good = [path for path in damaged if path.stem not in ("7", "20")]
    images, notes, bad = read_pictures(damaged, ReadOptions(size, skip_bad=True), ignore)
    assert np.array_equal(images, read_pictures(good, ReadOptions(size), ignore)[0])
    assert bad == {damaged[7], damaged[20]}
    (note,) = notes
    assert note.startswith("2 of 30 images cannot be used and are left out:")
    assert "20.png" in note


def test_many_bad_files_are_counted(tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(25)]
    with pytest.raises(ImageError, match=r"25 of 25 images cannot be used:\n(.*\n){20}  … and 5 more$"):
        read_pictures(paths, ReadOptions(skip_bad=True), ignore)


def test_the_content_decides_not_the_ending(tmp_path, draw):
    picture = Image.open(draw(tmp_path / "a.png"))
    picture.save(tmp_path / "a.jpg", "WEBP", lossless=True)
    images, _, _ = read_pictures([tmp_path / "a.jpg"], ReadOptions(), ignore)
    assert np.array_equal(images[0, ..., 0], np.asarray(picture))


def test_pictures_that_git_lfs_keeps_are_not_damaged(tmp_path):
    (tmp_path / "a.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ImageError, match=r"a\.png: not downloaded: .*git lfs pull") as refused:
        read_pictures([tmp_path / "a.png"], ReadOptions(), ignore)
    assert "--skip-bad" not in str(refused.value)


def test_grey_pictures_saved_with_losses_stay_grey(tmp_path, draw):
    paths = [draw(tmp_path / "a.png"), tmp_path / "b.png"]
    grey = np.asarray(Image.open(paths[0]))
    tinted = np.stack([grey // 2 + 8, grey // 2, grey // 2 + 3], axis=-1)
    Image.fromarray(tinted).save(paths[1])
    images, notes, _ = read_pictures(paths, ReadOptions(), ignore)
    # The same grey as `resize_image` gives at prediction.
    assert np.array_equal(images[1, ..., 0], np.asarray(Image.fromarray(tinted).convert("L")))
    assert notes == (
        "1 of 2 images has red, green and blue that differ by at most 8 levels, as those of grey pictures do that "
        "were saved with losses: read as grey.",
    )
    # Beside real colour, they keep their channels, as at prediction.
    draw(paths[0], colour=True)
    images, _, _ = read_pictures(paths, ReadOptions(), ignore)
    assert np.array_equal(images[1], tinted)


def test_sixteen_bits_are_noted(tmp_path, draw):
    Image.fromarray(np.full((8, 8), 65_535, np.uint16)).save(tmp_path / "b.png")
    images, notes, _ = read_pictures([draw(tmp_path / "a.png"), tmp_path / "b.png"], ReadOptions(), ignore)
    assert (images[1] == 255).all()
    assert notes == ("1 of 2 images has 16 bits per pixel: 0…65,535 was scaled to 0…255.",)


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
    first, first_notes, _ = read_pictures(paths, ReadOptions(), ignore)

    def decode_nothing(*arguments):
        raise AssertionError("decoded again")

    monkeypatch.setattr(pictures, "decode_image", decode_nothing)
    second, second_notes, _ = read_pictures(paths, ReadOptions(), ignore)
    assert np.array_equal(first, second)
    assert first_notes == second_notes != ()


def test_a_changed_picture_is_read_again(tmp_path, draw, kept):
    path = draw(tmp_path / "a.png", seed=1)
    before, _, _ = read_pictures([path], ReadOptions(), ignore)
    draw(path, seed=2)
    after, _, _ = read_pictures([path], ReadOptions(), ignore)
    assert not np.array_equal(before, after)


def test_a_damaged_cache_is_read_again(tmp_path, draw, kept):
    path = draw(tmp_path / "a.png")
    before, _, _ = read_pictures([path], ReadOptions(), ignore)
    (entry,) = cache.pictures_folder().glob("*.npz")
    entry.write_bytes(entry.read_bytes()[:-40])
    after, _, _ = read_pictures([path], ReadOptions(), ignore)
    assert np.array_equal(before, after)
    assert cache.load_pictures(entry.stem, 1) is not None


def test_what_was_left_out_is_not_remembered(damaged, kept, draw):
    _, _, bad = read_pictures(damaged, ReadOptions(skip_bad=True), ignore)
    assert not list(cache.pictures_folder().glob("*.npz"))
    with pytest.raises(ImageError, match="2 of 30"):
        read_pictures(damaged, ReadOptions(), ignore)
    for path in bad:
        draw(path)
    assert len(read_pictures(damaged, ReadOptions(skip_bad=True), ignore)[0]) == 30
