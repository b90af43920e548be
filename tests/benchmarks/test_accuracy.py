"""Finished runs are kept as long as the recipe and Tenfold are the same."""

import json
from pathlib import Path

import pytest

from benchmarks import accuracy
from tenfold.recipes.recipe import recipe_path

RUN = {"seed": 3, "accuracy": 0.99, "loss": 0.03, "seconds": 5.0, "parameters": 7, "count": 10_000}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "quick.json"
    path.write_text(json.dumps(accuracy.summary("quick", "mnist", [RUN], accuracy.circumstances("quick"))))
    return path


def test_runs_of_an_earlier_start_are_kept(written: Path) -> None:
    assert accuracy.begun(written, "quick") == [RUN]


def test_nothing_is_kept_where_nothing_was_written(tmp_path: Path) -> None:
    assert accuracy.begun(tmp_path / "none.json", "quick") == []


def test_runs_with_other_settings_are_not_kept(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "quick.toml"
    monkeypatch.setattr(accuracy, "recipe_path", lambda name: changed)
    text = recipe_path("quick").read_text(encoding="utf-8")
    changed.write_text(f"# another comment\n{text}", encoding="utf-8")
    assert accuracy.begun(written, "quick") == [RUN]
    changed.write_text(text.replace("epochs = 3", "epochs = 4"), encoding="utf-8")
    assert accuracy.begun(written, "quick") == []


def test_runs_of_another_version_are_not_kept(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenfold.__version__", "99.0")
    assert accuracy.begun(written, "quick") == []


def test_runs_of_another_machine_are_not_kept(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "machine", lambda: {"system": "another"})
    assert accuracy.begun(written, "quick") == []


def test_every_published_accuracy_is_of_the_recipe_as_it_stands() -> None:
    for path in accuracy.RESULTS.glob("*.json"):
        assert json.loads(path.read_text())["fingerprint"] == accuracy.fingerprint(path.stem), path.stem
