import numpy as np

from benchmarks import distillation
from benchmarks.ablation import planned
from benchmarks.distillation import learn_from, taught, variants
from tenfold.evaluation.calibration import tempered
from tenfold.recipes.recipe import load_recipe
from tenfold.run.building import build

SETTINGS = [
    *("training.epochs=1", "training.fraction=0.005", "training.validation_split=0.2"),
    "compile.loss=categorical_crossentropy",
]


def test_a_network_learns_what_the_teacher_says(monkeypatch):
    recipe = load_recipe("tiny", SETTINGS)
    plan, _ = planned(recipe)
    always_seven = np.tile(np.eye(10, dtype=np.float32)[7], (len(plan.train), 1))
    monkeypatch.setattr(distillation, "teachers_probabilities", lambda seed: always_seven)
    seen = []
    monkeypatch.setattr(distillation, "learn_from", lambda model, plan, labels: seen.append(labels) or 1.0)
    for share in (0.0, 0.5):
        assert taught(recipe, share)["seconds"] == 1.0
    labels, both = seen
    np.testing.assert_array_equal(labels.argmax(1), plan.train.labels)
    np.testing.assert_allclose(2 * both - labels, tempered(always_seven, 3.0), atol=1e-6)
    assert list(variants()) == ["labels", "labels and the teacher", "the teacher"]


def test_the_seconds_are_those_of_the_epochs():
    recipe = load_recipe("tiny", SETTINGS)
    plan, _ = planned(recipe)
    model = build(recipe, plan.dataset, plan.images_per_epoch)
    assert learn_from(model, plan, np.eye(10, dtype=np.float32)[plan.train.labels]) > 0
    assert int(model.optimizer.iterations) == -(-len(plan.train) // recipe.training.batch_size)
