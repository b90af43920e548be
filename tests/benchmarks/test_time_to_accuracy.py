import pytest

from benchmarks.time_to_accuracy import tenfold_seconds, time_of_peer, time_of_tenfold


def test_what_comes_after_the_saved_model_is_told_apart():
    stages = {"training": 3.0, "saving": 0.1, "evaluation": 0.5, "figures": 1.0, "report": 0.25, "total": 7.7}
    assert tenfold_seconds(7.75, stages) == {"seconds": 6.0, "seconds_to_finished_run": 7.75}


def test_tenfold_is_told_by_its_medians():
    runs = [
        {"accuracy": accuracy, "seconds": seconds, "seconds_to_finished_run": seconds + 1}
        for accuracy, seconds in ((0.991, 5.0), (0.989, 30.0), (0.993, 6.0))
    ]
    found = time_of_tenfold(runs, target=0.99)
    assert (found["seconds"], found["seconds_to_finished_run"], found["runs_that_reached"]) == (6.0, 7.0, 2)


@pytest.mark.parametrize(("target", "epochs", "seconds", "reached"), [(0.98, 1, 11.0, True), (0.999, 2, 21.0, False)])
def test_a_peer_gets_the_fewest_epochs_that_reach_the_target(target, epochs, seconds, reached):
    reached_epochs = [{"seconds": 10.0, "accuracy": 0.985}, {"seconds": 20.0, "accuracy": 0.99}]
    found = time_of_peer([{"reached": reached_epochs, "seconds_to_saved_model": 21.0}] * 3, target)
    assert (found["epochs"], found["seconds"], found["reached"]) == (epochs, seconds, reached)
