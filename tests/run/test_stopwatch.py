import subprocess
import sys
import time

import pytest

from tenfold.run.stopwatch import Stopwatch, process_seconds


def test_stages_and_the_time_before_add_up():
    watch = Stopwatch(elapsed=2.5)
    with watch.stage("data"):
        time.sleep(0.01)
    assert watch.seconds["start"] == 2.5
    assert watch.seconds["data"] >= 0.01
    assert watch.total() == pytest.approx(sum(watch.seconds.values()), abs=0.5)


def test_a_clock_without_a_past_has_no_start():
    assert Stopwatch().seconds == {}


def test_the_first_part_of_a_stage_becomes_one_before_it():
    watch = Stopwatch()
    watch.seconds = {"data": 1.0, "training": 5.0}
    watch.split("training", "compiling", 2.0)
    assert list(watch.seconds.items()) == [("data", 1.0), ("compiling", 2.0), ("training", 3.0)]


def test_a_process_knows_its_age_where_the_system_tells():
    code = "import time; time.sleep(0.3); from tenfold.run.stopwatch import process_seconds; print(process_seconds())"
    before = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    least = 0.29 if sys.platform == "linux" else 0
    assert least <= float(out) <= time.perf_counter() - before + 0.02
    assert process_seconds() >= float(out)
