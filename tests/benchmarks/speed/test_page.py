import dataclasses

import pytest
from PIL import Image

from benchmarks.speed.page import page, write_page
from benchmarks.speed.results import save_result
from benchmarks.speed.tasks import chosen_tasks

MACHINE = {
    "system": "Linux",
    "processor": "x86_64",
    "cores": 2,
    "model": "Some Processor",
    "vector_units": ["avx2"],
    "date": "2026-01-31",
    "gigaflops": {"numpy": 100.0, "jax": 150.0},
    "copy_gigabytes_per_second": 12.5,
}


def run(number, seconds):
    return {
        "round": number,
        "first_epoch_seconds": 5 * seconds,
        "epoch_seconds": [seconds, seconds],
        "seconds_to_saved_model": 20 * seconds - number,
        "peak_memory_bytes": 512_000_000,
        "accuracy": 0.9712,
    }


@pytest.fixture
def result():
    speeds = {"tenfold": 1.0, "keras-tensorflow": 4.0, "keras-jax": 3.0, "pytorch": 2.0}
    measured = {name: [run(number, seconds) for number in range(2)] for name, seconds in speeds.items()}
    return {
        "task": dataclasses.asdict(chosen_tasks(["dense-128"])[0]),
        "settings": {"rounds": 2, "fraction": 1.0},
        "machine": MACHINE,
        "operations_per_epoch": 1,
        "floor_seconds": 0.5,
        "contestants": measured | {"keras-torch": [{"round": 0, "error": "killed"}]},
    }


def cells(text, heading):
    """The head and the row of dense-128 of the first table below a heading."""
    lines = text.partition(heading)[2].splitlines()
    head = next(line for line in lines if line.startswith("| task"))
    row = next(line for line in lines if line.startswith("| `dense-128`"))
    return dict(zip(head.split(" | "), row.split(" | "), strict=True))


def test_speed_is_compared_with_the_best_keras_and_with_pytorch(result):
    row = cells(page([result]), "## The tutorials' recipes")
    assert row["Tenfold"] == "1.00 (1.00–1.00)"
    assert row["Keras, PyTorch"] == "failed"
    assert row["floor"] == "0.50"
    assert row["best Keras ÷ Tenfold"] == "3.0×"
    assert row["PyTorch ÷ Tenfold |"] == "2.0× |"


def test_other_quantities_have_tables_of_their_own(result):
    text = page([result])
    assert cells(text, "## Accuracy")["Tenfold"] == "0.9712"
    assert cells(text, "## First epoch")["Tenfold"] == "5.0 → 5.0"
    assert cells(text, "## From the start")["Tenfold"] == "20.0 → 19.0"
    assert cells(text, "## Peak memory")["Tenfold"] == "512"
    assert cells(text, "## Distance")["Keras, JAX"] == "6.0"
    assert "2026-01-31, Linux, 2 cores, Some Processor (avx2), 2 rounds" in text


def test_page_and_chart_are_drawn_from_the_files_alone(result, tmp_path):
    save_result(result, tmp_path)
    write_page(tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == page([result])
    with Image.open(tmp_path / "speed.png") as picture:
        assert picture.width > picture.height
