"""A picture of the recipes' seconds an epoch."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.speed.environments import CONTESTANTS
from benchmarks.speed.results import Spread, summary
from tenfold.figures.style import GREY, INK, figure_style
from tenfold.files import atomic_path

# Okabe and Ito's palette, which people with any kind of colour vision tell apart.
_COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#999999")
_BAR = 0.8


@figure_style()
def draw_chart(results: list[dict[str, Any]], path: Path) -> None:
    """Draw a group of bars for each task: seconds an epoch on a logarithmic axis, whiskers from best to worst.

    Args:
        results: As `results.load_results` gives them.
        path: The PNG to write.
    """
    figure = Figure(figsize=(8, 0.9 + 1.05 * len(results)), layout="constrained")
    axes = figure.add_subplot()
    names = [one.name for one in CONTESTANTS if any(one.name in result["contestants"] for result in results)]
    for place, name in enumerate(names):
        found = {
            row: summary(result["contestants"].get(name, ()))["epoch_seconds"] for row, result in enumerate(results)
        }
        measured = {row - _BAR / 2 + _BAR * (place + 0.5) / len(names): one for row, one in found.items() if one}
        _draw_bars(axes, measured, _BAR / len(names), name)
    for row, result in enumerate(results):
        label = "floor: dense products alone" if row == 0 else None
        axes.vlines(result["floor_seconds"], row - _BAR / 2, row + _BAR / 2, INK, "dashed", label=label, linewidth=1.2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("seconds an epoch (logarithmic)")
    axes.set_yticks(range(len(results)), [result["task"]["name"] for result in results])
    axes.invert_yaxis()
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=4)
    axes.set_title("Seconds an epoch: median and range; shorter is better")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw_bars(axes: Any, measured: dict[float, Spread], height: float, name: str) -> None:
    index = [one.name for one in CONTESTANTS].index(name)
    medians = [one.median for one in measured.values()]
    ranges = [
        [one.median - one.low for one in measured.values()],
        [one.high - one.median for one in measured.values()],
    ]
    whiskers = {"elinewidth": 0.8, "ecolor": GREY}
    axes.barh(
        list(measured),
        medians,
        height,
        color=_COLOURS[index],
        xerr=ranges,
        error_kw=whiskers,
        label=CONTESTANTS[index].label,
    )
    for place, one in measured.items():
        text = f"{one.median:.3g}"
        axes.annotate(text, (one.high, place), (4, 0), textcoords="offset points", va="center", fontsize=7)
