import os

import numpy as np
import pytest

from tenfold.data import cache
from tenfold.data.cache import load_pictures, pictures_folder, pictures_key, remove_oldest, store_pictures
from tenfold.data.options import ReadOptions
from tenfold.files import cache_folder

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 4, 3, 1)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_WORTH_FILES", 2)
    paths = [tmp_path / name for name in ("a.png", "b.png")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_what_was_stored_is_loaded():
    store_pictures("key", IMAGES, ("ein Satz – 一句话", "two"))
    images, notes = load_pictures("key", 2)
    assert np.array_equal(images, IMAGES)
    assert notes == ("ein Satz – 一句话", "two")
    store_pictures("key", IMAGES[:1], ())
    assert load_pictures("key", 1)[1] == ()


def test_nothing_stored_is_none():
    assert load_pictures("key", 2) is None


@pytest.mark.parametrize("position", [0, 200, -1])
def test_damage_counts_as_absent(position):
    store_pictures("key", IMAGES, ("note",))
    path = pictures_folder() / "key.npz"
    content = bytearray(path.read_bytes())
    if position == 200:
        position = content.index(IMAGES.tobytes())
    content[position] ^= 1
    path.write_bytes(content if position != -1 else content[:-30])
    assert load_pictures("key", 2) is None


def test_another_number_of_images_counts_as_absent():
    store_pictures("key", IMAGES, ())
    assert load_pictures("key", 3) is None


def test_key_stays_while_nothing_changes(files):
    assert pictures_key(files, ReadOptions()) == pictures_key(files, ReadOptions())


def test_key_tells_every_change(files):
    keys = {pictures_key(files, options) for options in (ReadOptions(), ReadOptions((8, 8)), ReadOptions(gray=True))}
    keys.add(pictures_key(files[::-1], ReadOptions()))
    assert len(keys) == 4
    files[0].write_bytes(b"other")
    keys.add(pictures_key(files, ReadOptions()))
    assert len(keys) == 5


def test_key_tells_files_of_equal_size_and_time_that_were_swapped(files, tmp_path):
    for path in files:
        os.utime(path, ns=(0, 0))
    before = pictures_key(files, ReadOptions())
    files[0].rename(tmp_path / "c")
    files[1].rename(files[0])
    (tmp_path / "c").rename(files[1])
    assert [path.stat().st_mtime_ns for path in files] == [0, 0]
    assert pictures_key(files, ReadOptions()) != before


def test_small_folders_and_missing_files_are_not_kept(files, monkeypatch):
    monkeypatch.setattr(cache, "_WORTH_FILES", 3)
    assert pictures_key(files, ReadOptions()) is None
    monkeypatch.setattr(cache, "_WORTH_BYTES", 10)
    assert pictures_key(files, ReadOptions()) is not None
    assert pictures_key([*files, files[0].with_name("none.png")], ReadOptions()) is None


def test_the_files_that_were_unused_longest_are_removed(tmp_path):
    for age, name in enumerate(("new.npz", "middle.npz", "old.npz", ".half-written.npz")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "other.txt").touch()
    remove_oldest(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle.npz", "new.npz", "other.txt"]


def test_using_an_entry_makes_it_new():
    store_pictures("key", IMAGES, ())
    path = pictures_folder() / "key.npz"
    os.utime(path, (0, 0))
    load_pictures("key", 2)
    assert path.stat().st_mtime > 1e9


def test_too_large_data_is_not_kept(monkeypatch):
    monkeypatch.setattr(cache, "_MAX_BYTES", 10)
    store_pictures("key", IMAGES, ())
    assert not pictures_folder().exists()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TENFOLD_CACHE", str(tmp_path / "file" / "cache"))
    store_pictures("key", IMAGES, ())
    assert load_pictures("key", 2) is None


def test_what_others_keep_in_the_same_folder_stays(monkeypatch):
    monkeypatch.setattr(cache, "_MAX_BYTES", 4000)
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / "mine.npz").write_bytes(bytes(10_000))
    os.utime(cache_folder() / "mine.npz", (0, 0))
    store_pictures("key", IMAGES, ())
    assert (cache_folder() / "mine.npz").exists()
    assert load_pictures("key", 2) is not None


def test_an_entry_that_may_only_be_read_is_read(monkeypatch):
    def refuse(path):
        raise PermissionError(1, "Operation not permitted", path)

    store_pictures("key", IMAGES, ())
    monkeypatch.setattr(os, "utime", refuse)
    assert load_pictures("key", 2) is not None
