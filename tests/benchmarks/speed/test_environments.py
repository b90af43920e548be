import dataclasses

import pytest

from benchmarks.speed.data import data_file
from benchmarks.speed.environments import CONTESTANTS, ContestantError, run_contestant, variables
from benchmarks.speed.tasks import chosen_tasks

TENFOLD, SCIKIT_LEARN = CONTESTANTS[0], dataclasses.replace(CONTESTANTS[-1], environment=None)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    task = dataclasses.replace(chosen_tasks(["dense-128"])[0], images=1_000, epochs=3)
    return task.content(data_file("mnist", task.images, tmp_path_factory.mktemp("data")), seed=0)


@pytest.mark.parametrize(("contestant", "model"), [(TENFOLD, "model.keras"), (SCIKIT_LEARN, "model.pickle")])
def test_a_contestant_trains_in_a_process_of_its_own(contestant, model, content, tmp_path):
    run = run_contestant(contestant, content, tmp_path)
    assert len(run["epoch_seconds"]) == 2
    assert 0 < run["first_epoch_seconds"] < run["seconds_to_saved_model"]
    assert run["peak_memory_bytes"] > 50_000_000
    assert 0.7 < run["accuracy"] < 0.95
    assert run["versions"]["numpy"]
    assert (tmp_path / model).exists()


def test_a_failure_says_why(content, tmp_path):
    with pytest.raises(ContestantError, match="'quantum'"):
        run_contestant(TENFOLD, content | {"optimizer": {"name": "quantum"}}, tmp_path)


def test_settings_of_the_user_do_not_reach_a_contestant(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    found = variables(CONTESTANTS[2], tmp_path)
    assert found["KERAS_BACKEND"] == "tensorflow"
    assert "TF_ENABLE_ONEDNN_OPTS" not in found
    assert found["KERAS_HOME"] == str(tmp_path)
