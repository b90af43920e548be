from benchmarks.speed.environments import CONTESTANTS
from benchmarks.speed.schedule import entrants, estimated_seconds, turns
from benchmarks.speed.tasks import chosen_tasks


def names(contestants):
    return [one.name for one in contestants]


def test_contestants_alternate_round_by_round():
    order = turns(CONTESTANTS[:3], rounds=2)
    assert [(number, one.name) for number, one in order] == [
        (0, "tenfold"),
        (0, "tenfold-pure"),
        (0, "keras-tensorflow"),
        (1, "tenfold"),
        (1, "tenfold-pure"),
        (1, "keras-tensorflow"),
    ]


def test_everyone_takes_part_where_it_can():
    plain, dropout, convolution = (chosen_tasks([name])[0] for name in ("dense-128", "dense-512-256", "cnn-32-64-128"))
    everyone = set(names(CONTESTANTS))
    assert set(names(entrants(plain, CONTESTANTS))) == everyone
    assert set(names(entrants(dropout, CONTESTANTS))) == everyone - {"scikit-learn"}
    assert set(names(entrants(convolution, CONTESTANTS))) == everyone - {"scikit-learn", "tenfold-pure"}


def test_outside_the_recipes_the_next_best_take_part():
    for name in ("dense-512-batch-32", "colour-32x32"):
        taking_part = names(entrants(chosen_tasks([name])[0], CONTESTANTS))
        assert taking_part == ["tenfold", "keras-tensorflow", "keras-jax", "pytorch"]


def test_the_estimate_grows_with_turns_and_with_work():
    dense, convolution = chosen_tasks(["dense-128"])[0], chosen_tasks(["cnn-32-64-128"])[0]
    assert estimated_seconds(dense, turns=6) == 2 * estimated_seconds(dense, turns=3)
    assert estimated_seconds(convolution, turns=3) > estimated_seconds(dense, turns=3)
