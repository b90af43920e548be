import dataclasses

import pytest

from benchmarks.speed.floor import floor_seconds, operations_per_epoch
from benchmarks.speed.tasks import chosen_tasks


def test_operations_of_a_dense_network():
    task = dataclasses.replace(chosen_tasks(["dense-128"])[0], images=10)
    # Three products for the second layer, two for the first, which passes no gradient on.
    assert operations_per_epoch(task) == 2 * 10 * (2 * 784 * 128 + 3 * 128 * 10)


def test_the_floor_is_that_of_the_fastest_product():
    task = dataclasses.replace(chosen_tasks(["dense-128"])[0], images=10)
    assert floor_seconds(task, {"numpy": 1.0, "jax": 2.0}) == pytest.approx(operations_per_epoch(task) / 2e9)
