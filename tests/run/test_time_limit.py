from dataclasses import replace

import pytest

import tenfold
from tenfold.errors import RecipeError
from tenfold.events import events_to
from tenfold.recipes.auto import LEVELS, auto_recipe
from tenfold.recipes.recipe import load_recipe
from tenfold.recipes.wording import counted
from tenfold.record import read_record
from tenfold.run.evaluate import evaluate
from tenfold.run.plan import make_plan
from tenfold.run.stopwatch import Stopwatch
from tenfold.run.time_limit import automatic, within_time_limit
from tenfold.terminal import TerminalSink
from tenfold.training.pace import Pace


class StandingWatch(Stopwatch):
    """A clock that moves only when it is told to: what is chosen does not depend on this machine."""

    passed = 0.0

    def total(self):
        return self.passed


def plan_for(dataset, recipe, overrides=()):
    return make_plan(dataset, load_recipe(recipe, overrides), StandingWatch())


def pace(compile_seconds=1.0, epoch_seconds=0.001):
    """A machine of this pace for every network; nothing is measured."""
    return lambda *arguments: Pace(compile_seconds, epoch_seconds)


def said_by(plan):
    return [str(note) for note in plan.time_limit_notes]


def level_of(plan):
    dataset = plan.dataset
    for level in LEVELS:
        recipe = auto_recipe(level, len(plan.train), dataset.image_shape, dataset.class_names, [])
        if recipe.network == plan.recipe.network:
            return level
    raise AssertionError("no level has this network")


def test_with_time_enough_auto_takes_the_heaviest_and_all_epochs(dataset):
    plan = automatic(plan_for(dataset, "auto"), [], limit_seconds=100_000, pace_of=pace())
    assert level_of(plan) is LEVELS[0]
    assert plan.recipe.training.epochs == 200
    assert 0 < plan.predicted_seconds < 100_000


def test_auto_falls_back_to_a_lighter_network_where_epochs_are_too_few(dataset, capsys):
    heavy, light = LEVELS
    hopeless, demanding = replace(heavy, least_epochs=10**12), replace(heavy, name="medium", least_epochs=10**5)
    overrides = ["training.epochs=10000000000000"]
    with events_to(TerminalSink()):
        plan = automatic(
            plan_for(dataset, "auto", overrides),
            overrides,
            limit_seconds=1_000,
            levels=(hopeless, demanding, light),
            pace_of=pace(epoch_seconds=0.02),
        )
    assert level_of(plan) is light
    quick, first, second, third, why, last = capsys.readouterr().err.splitlines()
    assert quick.startswith("quick: 2 convolutions with 16 to 32 filters, ")
    assert first == "heavy: needs at least 1,000,000,000,000 epochs, for which there is no time"
    assert second.startswith("medium: 4 convolutions with 32 to 64 filters, ") and second.endswith(
        ", too few for it, which needs 100,000"
    )
    assert third.startswith("light: 2 convolutions with 24 to 48 filters, ")
    assert why.startswith("Chosen: light, muon, batches of 32, ")
    assert why.endswith(f"; for 270 images of 10×10, 3 classes, {counted(plan.recipe.training.epochs, 'epoch')}.")
    assert last.startswith("Predicted to take ")
    assert said_by(plan) == [quick, first, second, third, why, last]


def test_where_nothing_else_fits_there_is_quick(dataset):
    levels = (replace(LEVELS[-1], least_epochs=10**12),)
    plan = automatic(plan_for(dataset, "auto"), ["training.seed=5"], 100, levels=levels, pace_of=pace())
    assert plan.recipe.network == load_recipe("quick", data="own").network
    assert (plan.recipe.name, plan.recipe.training.seed, plan.recipe.training.epochs) == ("auto", 5, 167)


def test_an_optimizers_settings_hold_for_quick_as_well(dataset):
    overrides = ["compile.optimizer.momentum=0.7"]
    plan = automatic(plan_for(dataset, "auto", overrides), overrides, 3600, levels=(), pace_of=pace())
    assert plan.recipe.network == load_recipe("quick", data="own").network
    assert (plan.recipe.compile.optimizer.name, plan.recipe.compile.optimizer.momentum) == ("muon", 0.7)


def test_few_epochs_vary_images_less(dataset):
    overrides = ["training.epochs=3"]
    plan = automatic(plan_for(dataset, "auto", overrides), overrides, 1_000, levels=LEVELS[-1:], pace_of=pace())
    assert plan.recipe.training.epochs == 3
    assert plan.recipe.augmentation.shift == pytest.approx(0.08 * 3 / 20)


@pytest.mark.parametrize(("epochs", "chosen", "ruled_out"), [(3, "heavy", 0), (2, "light", 1), (1, "quick", 2)])
def test_epochs_that_the_user_sets_may_be_too_few_for_a_network(dataset, epochs, chosen, ruled_out):
    overrides = [f"training.epochs={epochs}"]
    plan = automatic(plan_for(dataset, "auto", overrides), overrides, 1_000, pace_of=pace())
    needs = ["heavy: needs at least 3 epochs, more than are set", "light: needs at least 2 epochs, more than are set"]
    said = said_by(plan)
    assert [line for line in said if "more than are set" in line] == needs[:ruled_out]
    assert said[-2].startswith(f"Chosen: {chosen}, ")
    assert plan.recipe.training.epochs == epochs


def test_where_there_is_no_time_for_quick_nothing_else_is_measured(dataset, capsys):
    with events_to(TerminalSink()), pytest.raises(RecipeError, match="The time limit is 30"):
        automatic(plan_for(dataset, "auto"), [], limit_seconds=30, pace_of=pace(50.0, 1.0))
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "quick: 2 convolutions with 16 to 32 filters, no time for an epoch"


@pytest.mark.parametrize("epoch_seconds", [0.001, 2.0])
@pytest.mark.parametrize("auto", [True, False])
def test_the_limit_that_a_refusal_proposes_is_accepted(dataset, recipe_file, auto, epoch_seconds):
    pace_of = pace(4.0, epoch_seconds)

    def planned(seconds):
        plan = plan_for(dataset, "auto" if auto else recipe_file)
        if auto:
            return automatic(plan, [], seconds, pace_of=pace_of)
        return within_time_limit(plan, seconds, pace_of=pace_of)

    with pytest.raises(RecipeError) as refused:
        planned(1)
    proposed = int(str(refused.value).rpartition("--time-limit ")[2].rstrip("s."))
    assert planned(proposed).predicted_seconds <= proposed


@pytest.mark.parametrize(
    ("epoch_seconds", "limit_seconds", "overrides", "measured"),
    # 270 images: 167 epochs of `quick`, unless they are set.
    [
        (0.001, 10, [], False),
        (0.001, 14, [], True),
        (0.1, 26, [], False),  # all epochs of `quick` take 17 s
        (0.1, 32, [], True),
        (0.1, 32, ["training.epochs=1000"], False),
        (0.1, 52, ["training.epochs=1000"], True),  # which takes a fifth from `quick`
    ],
)
def test_a_network_is_measured_where_quick_can_spare_the_time(
    dataset, epoch_seconds, limit_seconds, overrides, measured
):
    pace_of = pace(epoch_seconds=epoch_seconds)
    plan = automatic(plan_for(dataset, "auto", overrides), overrides, limit_seconds, pace_of=pace_of)
    assert ("heavy: no time to measure its pace" not in said_by(plan)) == measured


def test_a_limit_lowers_the_epochs_of_any_recipe_but_never_raises_them(dataset, recipe_file):
    many = plan_for(dataset, recipe_file, ["training.epochs=1000000"])
    long = within_time_limit(many, 300, pace_of=pace())
    assert 1 <= long.recipe.training.epochs < 1_000_000
    assert long.predicted_seconds <= 300
    short = within_time_limit(plan_for(dataset, recipe_file), 1_000, pace_of=pace())
    assert short.recipe.training.epochs == 3
    assert short.predicted_seconds < 1_000


@pytest.mark.parametrize("levels", [LEVELS, ()], ids=["levels", "quick alone"])
@pytest.mark.parametrize(
    "override", ["training.progressive_resizing={}", "training={epochs=9, progressive_resizing={}}"]
)
def test_progressive_resizing_is_not_for_networks_that_flatten(dataset, levels, override):
    overrides = [override]
    with pytest.raises(RecipeError, match="one with GlobalAveragePooling2D in place of Flatten"):
        automatic(plan_for(dataset, "auto", overrides), overrides, 3600, levels=levels, pace_of=pace())


@pytest.mark.parametrize(("more_seconds", "measured"), [(-2, False), (2, True)])
def test_a_network_whose_least_epochs_leave_no_time_is_not_measured(dataset, monkeypatch, more_seconds, measured):
    levels = (replace(LEVELS[-1], least_epochs=2, least_steps=0),)
    monkeypatch.setattr("tenfold.run.time_limit.least_epoch_seconds", lambda plan, recipe: 20.0)
    others = 8 + 1 + 0.5 + 1.3  # measuring it, compiling it again, what is left of that for all epochs, and finishing
    limit = (2 * 20 + others) / 0.97 + more_seconds
    plan = automatic(plan_for(dataset, "auto"), [], limit, levels=levels, pace_of=pace())
    said = "light: needs at least 2 epochs, for which there is no time"
    assert (said not in said_by(plan)) == measured


def slow_levels(plan, epoch_seconds=0.5, measuring_seconds=0.0):
    """`quick` has a hundredth of a second for an epoch; measuring anything else moves the plan's clock."""

    def pace_of(model, *arguments):
        if any(getattr(layer, "filters", 0) == 16 for layer in model.layers):  # of `quick`
            return Pace(1.0, 0.01)
        plan.watch.passed += measuring_seconds
        return Pace(1.0, epoch_seconds)

    return pace_of


@pytest.mark.parametrize(("limit_seconds", "level"), [(24, "quick"), (40, "heavy")])
def test_few_images_need_more_epochs_for_enough_steps(dataset, limit_seconds, level):
    plan = plan_for(dataset, "auto")  # 270 images are 9 steps
    found = automatic(plan, [], limit_seconds, pace_of=slow_levels(plan))
    assert said_by(found)[-2].startswith(f"Chosen: {level}, ")
    too_few = [note for note in said_by(found) if note.endswith(", too few for it, which needs 45")]
    assert bool(too_few) == (level == "quick")
    assert found.recipe.training.epochs >= 45


def test_what_was_measured_in_vain_is_part_of_the_forecast(dataset):
    plan = plan_for(dataset, "auto")
    found = automatic(plan, [], 40, pace_of=slow_levels(plan, epoch_seconds=5.0, measuring_seconds=10.0))
    assert said_by(found)[1].startswith("heavy: 4 convolutions with 32 to 64 filters, ")
    assert 10 < found.predicted_seconds < 40
    assert found.recipe.training.epochs == 167


def test_where_measuring_takes_longer_than_reckoned_quick_is_late_but_trained(dataset):
    plan = plan_for(dataset, "auto")
    found = automatic(plan, [], 20, pace_of=slow_levels(plan, measuring_seconds=30.0))
    assert "quick: it will be late, as finding this out took 30 s" in said_by(found)
    assert 30 < found.predicted_seconds < 40
    assert found.recipe.training.epochs == 167


def test_a_limit_that_leaves_less_than_an_image_of_each_class_is_refused(dataset, recipe_file):
    with pytest.raises(RecipeError, match=r"The time limit is .* Allow more, such as --time-limit \d+s"):
        within_time_limit(plan_for(dataset, recipe_file), 60, pace_of=pace(0.0, 1e6))


def test_a_limit_without_room_for_an_epoch_is_refused(dataset, recipe_file):
    with pytest.raises(
        RecipeError, match=r"limit is 0\.5 s; a short run needs .* on this machine\. .* --time-limit \d+s"
    ):
        tenfold.train(dataset, recipe_file, time_limit=0.5, verbose=0)


def test_the_run_says_what_was_predicted_and_its_recipe_repeats_it(dataset, recipe_file):
    run = tenfold.train(dataset, recipe_file, overrides=["training.epochs=2"], time_limit="10m", verbose=0)
    record = read_record(run.path / "run.json")
    assert 0 < record.predicted_seconds < 600
    assert str(record.notes_about("time_limit", "note")[-1]).startswith("Predicted to take ")
    assert "<dt>Time limit</dt><dd>Time for " in (run.path / "report.html").read_text(encoding="utf-8")
    assert "pace" in record.seconds.stages
    again = tenfold.train(dataset, run.path / "recipe.toml", verbose=0)
    assert (again.path / "model.onnx").read_bytes() == (run.path / "model.onnx").read_bytes()


def test_auto_knows_its_data_and_repeats(npz_file):
    run = tenfold.train(npz_file, "auto", overrides=["training.epochs=1"], time_limit="10m", verbose=0)
    assert run.recipe.data == str(npz_file)
    assert evaluate(run.path).accuracy == run.metrics.accuracy
    again = tenfold.train(npz_file, run.path / "recipe.toml", verbose=0)
    assert (again.path / "model.onnx").read_bytes() == (run.path / "model.onnx").read_bytes()
