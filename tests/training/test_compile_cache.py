import os
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from tenfold.training import compile_cache as module
from tenfold.training.compile_cache import compile_cache, compile_cache_bytes, compile_cache_folder, programs_are_kept

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
    "jax_compilation_cache_max_size",
)
FIVE_PROGRAMS = """
import sys, jax, jax.numpy as jnp
from tenfold.training.compile_cache import compile_cache
with compile_cache():
    print([float(jax.jit(lambda x, n=n: x * 2 + n)(jnp.ones(()))) for n in range(5)])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", str(tmp_path / "compiled"))
    return tmp_path / "compiled"


def programs(folder):
    return {path: path.read_bytes() for path in folder.glob("*/*-cache")}


def triple():
    """A new function each time, so that nothing but the disk remembers its program."""
    return jax.jit(lambda x: 3 * x + 1)(jnp.arange(4))


def settings():
    return {name: getattr(jax.config, name) for name in SETTINGS}


def test_a_program_is_kept_and_taken_from_disk(folder):
    with compile_cache():
        assert programs_are_kept()
        first = triple()
    kept = programs(folder)
    assert any("lambda" in path.name for path in kept)
    assert compile_cache_bytes(folder) == sum(map(len, kept.values()))
    hits = []
    jax.monitoring.register_event_listener(lambda event, **_: hits.append(event))
    with compile_cache():
        second = triple()
    assert "/jax/compilation_cache/cache_hits" in hits
    assert "/jax/compilation_cache/cache_misses" not in hits
    assert programs(folder) == kept
    assert first.tolist() == second.tolist() == [1, 4, 7, 10]


def test_jax_is_as_before_afterwards_also_after_an_error(folder):
    before = settings()
    with pytest.raises(KeyError), compile_cache():
        assert settings() != before
        raise KeyError
    assert settings() == before
    triple()
    assert programs(folder) == {}


def test_a_cache_of_the_users_own_is_left_alone(folder, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "own"))
    try:
        before = settings()
        with compile_cache():
            assert settings() == before
    finally:
        jax.config.update("jax_compilation_cache_dir", None)
    assert not folder.exists()


@pytest.mark.parametrize("word", ["off", "none", "OFF", "0"])
def test_the_variable_switches_it_off(monkeypatch, word):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", word)
    assert compile_cache_folder() is None
    before = settings()
    with compile_cache():
        assert settings() == before


def test_without_the_variable_it_lies_beside_the_decoded_pictures(monkeypatch, tmp_path):
    monkeypatch.delenv("TENFOLD_COMPILE_CACHE")
    monkeypatch.setenv("TENFOLD_CACHE", str(tmp_path))
    assert compile_cache_folder() == tmp_path / "compiled"


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:40], lambda whole: bytes(len(whole))])
def test_an_entry_that_was_cut_off_is_replaced(folder, damage):
    with compile_cache():
        triple()
    whole = programs(folder)
    for path, content in whole.items():
        path.write_bytes(damage(content))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with compile_cache():
            assert triple().tolist() == [1, 4, 7, 10]
    assert all(programs(folder)[path] != damage(whole[path]) for path in whole if "lambda" in path.name)


def test_an_entry_that_is_cut_off_meanwhile_is_compiled_anew_without_a_word(folder):
    with compile_cache():
        triple()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with compile_cache():
            for path, content in programs(folder).items():
                path.write_bytes(content[:40])
            assert triple().tolist() == [1, 4, 7, 10]


def test_a_folder_that_cannot_be_made_costs_one_warning(folder):
    folder.write_text("in the way")
    with pytest.warns(UserWarning, match="TENFOLD_COMPILE_CACHE") as found, compile_cache():
        assert triple().tolist() == [1, 4, 7, 10]
        assert not programs_are_kept()
    assert len(found) == 1


def test_the_longest_unused_goes_first_whatever_machine_it_is_for(folder, monkeypatch):
    old, new = folder / "other" / "old-cache", folder / "other" / "new-cache"
    old.parent.mkdir(parents=True)
    for path, time in ((old, 1_000_000_000), (new, 1_700_000_000)):
        path.write_bytes(bytes(600))
        os.utime(path, (time, time))
    monkeypatch.setattr(module, "_MAX_BYTES", 1000)
    with compile_cache():
        pass
    assert new.exists()
    assert not old.exists()


def test_two_processes_at_once_do_not_disturb_each_other(folder):
    command = [sys.executable, "-c", FIVE_PROGRAMS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for process in processes:
        out, err = process.communicate()
        assert (out, err) == (f"{[2.0 + n for n in range(5)]}\n", "")
    assert len(programs(folder)) >= 5


def test_other_instructions_of_the_processor_get_a_folder_of_their_own(folder, monkeypatch):
    with compile_cache():
        pass
    monkeypatch.setattr(module, "_processor_features", lambda: "flags : none")
    with compile_cache():
        pass
    assert len(list(Path(folder).iterdir())) == 2
