import json

import pytest

import tenfold
from tenfold.errors import RunError


@pytest.fixture(scope="module")
def run(dataset, recipe_file, tmp_path_factory):
    return tenfold.train(dataset, recipe_file, out=tmp_path_factory.mktemp("runs") / "one", verbose=0)


def test_a_run_that_is_loaded_is_the_one_that_was_trained(run):
    loaded = tenfold.load_run(run.path)
    assert loaded == run
    assert (loaded.metrics, loaded.history, loaded.recipe) == (run.metrics, run.history, run.recipe)
    assert loaded.seconds["total"] >= loaded.seconds["training"] > 0
    assert len(loaded.seconds["epochs"]) == len(loaded.history) == 3


def test_the_record_says_what_was_found(run):
    metrics = json.loads((run.path / "metrics.json").read_text())
    results = run.record.results
    assert (results.accuracy, results.count, results.loss) == (metrics["accuracy"], metrics["count"], metrics["loss"])
    assert list(results.interval) == metrics["interval"]
    assert run.record.data.train_counts == [90, 90, 90]
    assert sum(layer.parameters for layer in run.record.network.layers) == run.record.network.parameters


def test_there_is_no_such_run():
    with pytest.raises(RunError, match="There is no run 'mine'"):
        tenfold.load_run("mine")
