from pathlib import Path

import pytest

from benchmarks.speed.data import IMAGE_SHAPES
from benchmarks.speed.tasks import RECIPES, all_tasks, chosen_tasks


def test_names_are_unique():
    names = [task.name for task in all_tasks()]
    assert len(names) == len(set(names))


def test_recipes_are_taken_over_as_they_are():
    task = chosen_tasks(["dense-512-256"])[0]
    assert [layer["layer"] for layer in task.layers] == ["Flatten", "Dense", "Dropout", "Dense", "Dense"]
    assert task.layers[-1]["units"] == 10
    assert (task.images, task.batch_size, task.loss) == (48_000, 128, "categorical_crossentropy")
    assert task.optimizer["name"] == "adam"
    assert task.optimizer["epsilon"] == 1e-7


def test_tasks_are_chosen_by_name_or_group_in_the_usual_order():
    assert [task.name for task in chosen_tasks(["recipes"])] == list(RECIPES)
    assert [task.name for task in chosen_tasks(["images-6000", "dense-128"])] == ["dense-128", "images-6000"]
    assert chosen_tasks([]) == all_tasks()


def test_an_unknown_task_is_named():
    with pytest.raises(KeyError, match="dense-129"):
        chosen_tasks(["dense-128", "dense-129"])


def test_what_contestants_read_tells_shape_and_classes():
    task = chosen_tasks(["colour-32x32"])[0]
    content = task.content(Path("images.npz"), seed=3)
    assert content["image_shape"] == IMAGE_SHAPES["colour-32"] == (32, 32, 3)
    assert (content["data"], content["classes"], content["seed"]) == ("images.npz", 10, 3)
