import json

import pytest

from benchmarks.ablation import measure, results_of, table, train, variants
from tenfold.recipes.recipe import load_recipe


def run(accuracy):
    return {"accuracy": accuracy, "loss": 0.05, "seconds": 3.0}


@pytest.mark.parametrize("name", variants())
def test_every_variant_is_a_recipe_that_differs(name):
    recipes = [load_recipe(name, settings) for settings in variants()[name].values()]
    assert all(recipes.count(recipe) == 1 for recipe in recipes)


def test_results_are_gone_on_with(tmp_path):
    path, measured = tmp_path / "quick.json", {"as it stands": {}}
    path.write_text(json.dumps(results_of(path, "quick", ["a=1"]) | {"variants": measured}))
    assert results_of(path, "quick", ["a=1"])["variants"] == measured


@pytest.mark.parametrize("change", [{"settings": []}, {"fingerprint": "of another quick.toml"}, {"tenfold": "0.0.1"}])
def test_results_of_other_circumstances_are_not_overwritten(tmp_path, change):
    path = tmp_path / "quick.json"
    path.write_text(json.dumps(results_of(path, "quick", ["a=1"]) | change))
    with pytest.raises(SystemExit, match=f"another {next(iter(change))}. Move it away"):
        results_of(path, "quick", ["a=1"])


def test_what_was_measured_is_not_measured_again():
    known = run(0.5)
    document = {"recipe": "no such recipe", "variants": {"a": {"settings": ["b=1"], "runs": {"0": known}}}}
    assert measure(document, "a", ["b=1"], seed=0) is known


def test_another_trainer_may_train():
    document = {"recipe": "quick", "variants": {}}
    assert measure(document, "a", ["training.epochs=2"], 4, lambda recipe: run(recipe.training.epochs)) == run(2)
    assert document["variants"]["a"] == {"settings": ["training.epochs=2"], "runs": {"4": run(2)}}


def test_a_training_that_diverged_is_no_result():
    settings = ["training.fraction=0.005", "training.validation_split=0.2", "compile.optimizer.learning_rate=1e30"]
    with pytest.raises(SystemExit, match="The training was diverged"):
        train(load_recipe("dense-128", settings))


def test_the_table_has_means_and_ranges():
    two = {"settings": [], "runs": {"0": run(0.98), "1": run(0.99)}}
    document = {"recipe": "quick", "settings": [], "variants": {"as it stands": two}}
    document |= {"date": "2026-11-25", "machine": {"cores": 2, "processor": "x86_64"}}
    assert table(document, "quick").splitlines()[-1] == "| as it stands | 0.9850 | 0.9800 – 0.9900 | 2 | 0.0500 | 3.0 |"
    del two["runs"]["1"]
    assert table(document, "quick").splitlines()[-1] == "| as it stands | 0.9800 | – | 1 | 0.0500 | 3.0 |"
