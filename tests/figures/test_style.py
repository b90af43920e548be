import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tenfold.figures.style import add_title, figure_style, png_bytes, save_figure, tick_step


def _figure() -> Figure:
    with figure_style():
        figure = Figure(figsize=(4, 2))
        add_title(figure, "A title", "a note")
    return figure


def test_saved_figure_is_a_png_of_150_dots_per_inch(tmp_path: Path) -> None:
    save_figure(_figure(), tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as image:
        assert (image.format, image.size) == ("PNG", (600, 300))
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_same_figure_same_bytes_without_date_or_version() -> None:
    content = png_bytes(_figure())
    assert content == png_bytes(_figure())
    assert b"tEXt" not in content
    assert b"tIME" not in content


def test_callers_settings_survive_and_do_not_matter() -> None:
    expected = png_bytes(_figure())
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red", "savefig.transparent": True}):
        before = dict(matplotlib.rcParams)
        assert png_bytes(_figure()) == expected
        assert dict(matplotlib.rcParams) == before


def test_figures_leave_pyplot_alone() -> None:
    code = """
import pkgutil, sys, importlib, tenfold.figures
for module in pkgutil.iter_modules(tenfold.figures.__path__):
    importlib.import_module(f"tenfold.figures.{module.name}")
loaded = {"matplotlib.figure", "matplotlib.pyplot", "keras", "jax"} & set(sys.modules)
sys.exit(loaded != {"matplotlib.figure"})
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("pitch", "step"), [(0.5, 1), (0.145, 1), (0.08, 2), (0.03, 5), (0.015, 10), (0.001, 200)])
def test_tick_step(pitch: float, step: int) -> None:
    assert tick_step(pitch) == step
