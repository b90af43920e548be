import errno

import pytest

from tenfold.errors import RunError
from tenfold.files import atomic_path, cache_folder, check_room, read_json, write_text


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(KeyError), atomic_path(target) as temporary:
        temporary.write_text("half")
        assert target.read_text() == "before"
        raise KeyError
    assert target.read_text() == "before"
    write_text(target, "after\n")
    assert target.read_bytes() == b"after\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_the_temporary_name_lies_beside_and_ends_like_the_final_one(tmp_path):
    with atomic_path(tmp_path / "model.weights.h5") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.endswith("model.weights.h5")
        assert temporary.name.startswith(".")


def test_the_file_is_as_readable_as_any_other(tmp_path):
    write_text(tmp_path / "ours", "")
    (tmp_path / "other").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_default_is_the_users_cache_folder(monkeypatch):
    monkeypatch.delenv("TENFOLD_CACHE", raising=False)
    assert cache_folder().name in ("tenfold", "Cache")


def test_the_users_home_may_be_written_as_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TENFOLD_CACHE", "~/kept")
    assert cache_folder() == tmp_path / "kept"


def test_a_full_disk_is_told_with_the_name_that_the_file_was_to_have(tmp_path):
    with pytest.raises(OSError, match=r"No space left on device: '.*/a\.txt'"), atomic_path(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match=r"No space left on device: '.*/a\.txt'"):
        check_room(tmp_path / "a.txt", 2**80)
    check_room(tmp_path / "a.txt", 1)
    assert not list(tmp_path.iterdir())


def test_a_damaged_json_document_is_named(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"run\.json: cannot be read"):
        read_json(tmp_path / "run.json")
