from benchmarks.speed.results import Spread, load_results, save_result, summary


def run(number, epochs, start, accuracy=0.9):
    return {
        "round": number,
        "first_epoch_seconds": start / 2,
        "epoch_seconds": epochs,
        "seconds_to_saved_model": start,
        "peak_memory_bytes": 100 + number,
        "accuracy": accuracy,
    }


def test_epochs_of_all_rounds_count_and_first_starts_stand_apart():
    found = summary([run(0, [1.0, 3.0], 20.0), run(1, [2.0, 9.0], 8.0), run(2, [2.0, 2.0], 6.0)])
    assert found["epoch_seconds"] == Spread(2.0, 1.0, 9.0)
    assert found["cold_seconds_to_saved_model"] == Spread(20.0, 20.0, 20.0)
    assert found["seconds_to_saved_model"] == Spread(7.0, 6.0, 8.0)
    assert found["cold_first_epoch_seconds"] == Spread(10.0, 10.0, 10.0)
    assert found["peak_memory_bytes"] == Spread(101, 100, 102)


def test_a_failed_round_leaves_the_others():
    found = summary([{"round": 0, "error": "no memory"}, run(1, [2.0], 8.0)])
    assert found["epoch_seconds"] == Spread(2.0, 2.0, 2.0)
    assert found["cold_seconds_to_saved_model"] is None


def test_results_come_back_in_the_given_order(tmp_path):
    for name in ("a", "b", "c"):
        save_result({"task": {"name": name}}, tmp_path / "speed")
    assert [one["task"]["name"] for one in load_results(tmp_path / "speed", ["c", "a", "missing"])] == ["c", "a", "b"]
