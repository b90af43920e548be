import time

import pytest

from tenfold.recipes.recipe import load_recipe
from tenfold.run.forecast import _rounded_down, make_forecast, measure
from tenfold.run.plan import make_plan
from tenfold.run.stopwatch import Stopwatch
from tenfold.training.compile_cache import compile_cache
from tenfold.training.pace import Pace

POOLED = "network=[{layer='GlobalAveragePooling2D'}, {layer='Dense', units='classes', activation='softmax'}]"
RESIZED = [POOLED, "training.epochs=9", "training.progressive_resizing={}"]


@pytest.fixture
def forecast(dataset, recipe_file):
    """The forecast for a machine of a given pace, from a process that has just started."""

    def made(compile_seconds, epoch_seconds, settings, limit):
        pace = Pace(compile_seconds, epoch_seconds)
        plan = make_plan(dataset, load_recipe(recipe_file, ["training.validation_split=0", *settings]), Stopwatch())
        with compile_cache():
            measured = measure(plan, plan.recipe, lambda *arguments: pace)
            plan.watch._started = time.perf_counter()
            return make_forecast(plan, measured, limit)

    return made


@pytest.mark.parametrize(
    ("limit", "epochs", "whole_epochs"),
    # At 0.7 of the size, an epoch costs 0.49 of a whole one; of an odd number, the smaller half is small.
    [(10_000, 9, 5 + 4 * 0.49), (550, 5, 3 + 2 * 0.49), (350, 2, 1.49), (240, 1, 1)],
)
def test_epochs_on_smaller_images_take_less_time(forecast, limit, epochs, whole_epochs):
    found = forecast(1.0, 100.0, RESIZED, limit)
    assert found.recipe.training.epochs == epochs
    assert found.seconds - found.fixed_seconds == pytest.approx(100 * whole_epochs)


def test_where_compiling_for_smaller_images_takes_the_time_all_are_whole(forecast):
    found = forecast(10.0, 1.0, RESIZED, 14)
    assert found.recipe.training.progressive_resizing is None
    assert found.recipe.training.epochs >= 3
    assert found.seconds < 14


def test_several_networks_are_compiled_once(forecast):
    settings = ["averaging.networks=3", "training.epochs=100", "training.class_weight=balanced"]
    found = forecast(200.0, 1.0, settings, 300)
    assert 200 < found.fixed_seconds < 280
    assert 1 < found.recipe.training.epochs < 100


@pytest.mark.parametrize(
    ("settings", "compiled"),
    [([], 0.5), (["averaging.networks=3"], 1.5), (["training.class_weight=balanced"], 20)],
)
def test_what_was_not_measured_is_compiled(forecast, settings, compiled):
    assert compiled < forecast(20.0, 0.01, settings, 1_000).fixed_seconds < compiled + 8


@pytest.mark.parametrize("epochs", [4, 20], ids=["all", "fewer"])
def test_what_was_measured_trains_for_any_number_of_epochs(forecast, epochs):
    found = forecast(20.0, 2.0, [f"training.epochs={epochs}"], 36)
    assert found.recipe.training.epochs in (4, *range(14, 18))
    assert found.fixed_seconds < 5


def test_a_share_of_the_images_is_compiled_as_if_nothing_had_been_measured(forecast):
    found, unmeasured = (forecast(4.0, 20.0, settings, 40) for settings in ([], ["training.class_weight=balanced"]))
    assert 0 < found.recipe.training.fraction < 1
    assert found.fixed_seconds == pytest.approx(unmeasured.fixed_seconds, abs=0.5)


def test_validation_compiles_a_pass_forward_and_makes_it_every_epoch(forecast):
    without, validated = (forecast(30.0, 1.0, [f"training.validation_split={share}"], 1_000) for share in (0, 0.25))
    assert validated.fixed_seconds - without.fixed_seconds == pytest.approx(10, abs=3)
    assert validated.epoch_seconds == pytest.approx(without.epoch_seconds * (1 + 0.25 / 0.75 / 3), rel=0.01)


@pytest.mark.parametrize(("epochs", "compiled"), [(9, 10), (200, 0)])
def test_moving_averages_that_are_computed_anew_have_a_program_of_their_own(forecast, epochs, compiled):
    settings = [POOLED, f"training.epochs={epochs}"]
    without = forecast(30.0, 1.0, settings, 1_000)
    settings[0] = POOLED.replace("[{", "[{layer='BatchNormalization'}, {", 1)
    assert forecast(30.0, 1.0, settings, 1_000).fixed_seconds - without.fixed_seconds == pytest.approx(compiled, abs=3)


@pytest.mark.parametrize(("settings", "compiled"), [([], 20), (["averaging.networks=3"], 60)])
def test_without_a_cache_all_is_compiled_again(forecast, monkeypatch, settings, compiled):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", "off")
    assert compiled < forecast(20.0, 0.01, settings, 1_000).fixed_seconds


@pytest.mark.parametrize(
    ("share", "rounded"), [(0.999, 0.99), (0.5, 0.5), (0.0123, 0.012), (0.0025, 0.0025), (0.00259, 0.0025)]
)
def test_a_share_of_the_images_is_never_rounded_up(share, rounded):
    assert _rounded_down(share) == rounded
