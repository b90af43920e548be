import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tenfold
from tenfold.errors import RunError
from tenfold.run.evaluate import evaluate
from tenfold.run.run_folder import RunFolder
from tenfold.run.run_report import report

OLD_RUNS = Path(__file__).parent / "version_0_1_0"
"""Made by Tenfold 0.1.0, from three.npz."""


@pytest.fixture(scope="module")
def run(dataset, recipe_file, tmp_path_factory):
    """Trained on arrays, and moved since."""
    trained = tenfold.train(dataset, recipe_file, out=tmp_path_factory.mktemp("runs") / "one", verbose=0)
    moved = trained.path.with_name("two")
    shutil.move(trained.path, moved)
    return moved


def written(run):
    return {path.name: path.read_bytes() for path in (run / "report.html", *(run / "figures").iterdir())}


def test_the_report_of_a_moved_run_on_arrays_has_the_same_bytes(run):
    before = written(run)
    shutil.rmtree(run / "figures")
    (run / "report.html").unlink()
    report(str(run))
    assert written(run) == before
    assert len(before) == 8


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", None, "was not evaluated"),
        ("metrics.json", "{}", "holds no metrics"),
        ("pictures.npz", "PK", "pictures.npz: cannot be read"),
        ("history.csv", "epoch,loss\none,2\n", "history.csv: cannot be read"),
        ("run.json", '{"schema_version": 99}', "reads versions up to"),
    ],
)
def test_what_is_missing_or_damaged_is_named(run, tmp_path, name, content, message):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_text(content)
    with pytest.raises(RunError, match=message):
        report(str(copy))


def test_pictures_hold_what_the_report_shows(run, dataset):
    with np.load(run / "pictures.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["images"], dataset.test.images[arrays["index"]])
        np.testing.assert_array_equal(arrays["labels"], dataset.test.labels[arrays["index"]])
        answers = tenfold.load_classifier(run).answers(arrays["images"])
        np.testing.assert_allclose(arrays["probabilities"], answers.calibrated, atol=1e-6)
        assert (arrays["probabilities"][arrays["correct"]].argmax(1) == arrays["labels"][arrays["correct"]]).all()
        assert (arrays["probabilities"][arrays["wrong"]].argmax(1) != arrays["labels"][arrays["wrong"]]).all()
        assert len(arrays["random"]) == len(arrays["samples"]) == 15


@pytest.fixture
def old_runs(tmp_path, monkeypatch):
    shutil.copytree(OLD_RUNS, tmp_path / "old")
    monkeypatch.chdir(tmp_path / "old")


@pytest.mark.parametrize("name", ["finished", "ensemble"])
def test_a_run_of_version_0_1_0_is_evaluated_and_reported_and_its_record_stays(old_runs, name):
    document = Path(name, "run.json").read_bytes()
    metrics = json.loads(Path(name, "metrics.json").read_text())
    assert evaluate(name).accuracy == metrics["accuracy"] == tenfold.load_run(name).metrics.accuracy
    report(name)
    page = Path(name, "report.html").read_text()
    assert f"of the {metrics['count']} test images" in page
    wrong = metrics["count"] - metrics["correct"]
    assert page.count('<tr><td class="path">') == min(9, wrong)
    layers = json.loads(document)["parameters"] // json.loads(document)["networks"]
    assert f'<td class="number">{layers:,}</td>' in page  # of the recipe's network, in the line of the total
    assert Path(name, "run.json").read_bytes() == document


def test_an_interrupted_run_of_version_0_1_0_is_evaluated_and_has_no_report(old_runs, told):
    assert 0 < evaluate("interrupted").accuracy <= 1
    assert [note.code for note in told.notes if note.code != "data"] == ["not_trained_to_its_end"]
    assert tenfold.load_run("interrupted").record.status == "interrupted"
    with pytest.raises(RunError, match="was not evaluated"):
        report("interrupted")


@pytest.mark.parametrize("name", ["finished", "ensemble", "interrupted"])
def test_the_model_of_a_run_of_version_0_1_0_predicts(old_runs, name):
    reader = tenfold.load_classifier(name)
    with np.load("three.npz") as arrays:
        images = arrays["x_test"]
    assert reader.predict(images[0]).top[0][0] in reader.class_names


def test_paths_in_a_run_folder_are_those_of_the_design():
    folder = RunFolder(Path("run"))
    assert folder.pictures == Path("run/pictures.npz")
