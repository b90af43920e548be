"""Finished runs are kept as long as the recipe and Tenfold are the same."""

import json
from pathlib import Path

import pytest

import tenfold
from benchmarks import accuracy
from tenfold.recipes.recipe import recipe_path

RUN = {"seed": 3, "accuracy": 0.99, "loss": 0.03, "seconds": 5.0, "parameters": 7, "count": 10_000}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "quick.json"
    path.write_text(json.dumps(accuracy.summary("quick", "mnist", [RUN], accuracy.circumstances("quick"))))
    return path


def test_runs_of_an_earlier_start_are_kept(written: Path) -> None:
    assert accuracy.begun(written, accuracy.circumstances("quick"))["runs"] == [RUN]


def test_nothing_is_kept_where_nothing_was_written(tmp_path: Path) -> None:
    assert "runs" not in accuracy.begun(tmp_path / "none.json", accuracy.circumstances("quick"))


def test_runs_with_other_settings_stay_as_they_are(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "quick.toml"
    monkeypatch.setattr(accuracy, "recipe_path", lambda name: changed)
    text = recipe_path("quick").read_text(encoding="utf-8")
    changed.write_text(f"# another comment\n{text}", encoding="utf-8")
    assert accuracy.begun(written, accuracy.circumstances("quick"))["runs"] == [RUN]
    for_clothes = text.replace("epochs = 8", "epochs = 9")
    changed.write_text(for_clothes, encoding="utf-8")
    assert accuracy.begun(written, accuracy.circumstances("quick"))["runs"] == [RUN]
    assert accuracy.circumstances("quick", "fashion-mnist") != accuracy.circumstances("quick")
    changed.write_text(text.replace("epochs = 3", "epochs = 4"), encoding="utf-8")
    with pytest.raises(SystemExit, match="another fingerprint"):
        accuracy.begun(written, accuracy.circumstances("quick"))


def test_runs_of_another_version_stay_as_they_are(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenfold.__version__", "99.0")
    with pytest.raises(SystemExit, match="another tenfold"):
        accuracy.begun(written, accuracy.circumstances("quick"))


def test_runs_of_another_machine_stay_as_they_are(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "machine", lambda: {"system": "another"})
    with pytest.raises(SystemExit, match="another machine"):
        accuracy.begun(written, accuracy.circumstances("quick"))


def test_a_finished_run_tells_its_outcome(tmp_path: Path) -> None:
    run = tenfold.train("mnist", "dense-128", epochs=1, fraction=0.005, seed=3, out=tmp_path / "run", verbose=0)
    found = accuracy.outcome(tenfold.load_run(run.path))
    assert (found["seed"], found["count"], found["parameters"]) == (3, 10_000, 784 * 128 + 128 + 128 * 10 + 10)
    assert found["accuracy"] == run.metrics.accuracy
    assert 0 < found["epoch_seconds"] <= found["training_seconds"] + 0.01 < found["seconds"]


def test_the_interval_over_seeds_is_students() -> None:
    # s = 0.01, t = 4.303 with two degrees of freedom: 4.303 × 0.01 / √3.
    assert accuracy.over_seeds([0.95, 0.96, 0.97]) == pytest.approx((0.96 - 0.02484, 0.96 + 0.02484), abs=1e-5)
    assert accuracy.over_seeds([0.5, 1.0])[1] == 1.0
    assert accuracy.over_seeds([0.99]) is None


def test_more_seeds_make_the_interval_over_images_no_narrower() -> None:
    one, three = (accuracy.summary("quick", "mnist", [RUN] * count, {}) for count in (1, 3))
    assert one["interval_over_images"] == three["interval_over_images"] == pytest.approx((0.9879, 0.9918), abs=1e-4)


def test_every_published_accuracy_is_of_the_recipe_as_it_stands() -> None:
    for path in accuracy.RESULTS.glob("*.json"):
        found = json.loads(path.read_text())
        assert found["fingerprint"] == accuracy.fingerprint(found["recipe"], found["data"]), path.stem
