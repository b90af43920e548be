"""The page with the tables, drawn from the results' JSON alone."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.speed.chart import draw_chart
from benchmarks.speed.environments import CONTESTANTS
from benchmarks.speed.results import Spread, load_results, summary
from benchmarks.speed.tasks import all_tasks
from tenfold.files import write_text

Result = dict[str, Any]
Cell = Callable[[dict[str, Spread | None], Result], str]

LABELS = {contestant.name: contestant.label for contestant in CONTESTANTS}
_GROUPS = {
    "recipes": "The tutorials' recipes, all their training images",
    "batch": "Batch sizes, 12,000 images",
    "pictures": "Larger pictures",
    "images": "More images: `dense-128`, batch 128",
    "width": "Wider networks, batch 128",
}
_INTRODUCTION = """# Speed, side by side

Made by `make bench` ([what is measured, and how](../../README.md)); the JSON files beside this page hold every run.
{machine}

Seconds an epoch: median of all epochs after each run's first, with the range in brackets. *Floor*: what the
epoch's dense products would take at the rate of this machine's largest float32 product; who leaves out products with
zeros may come below it.

![Seconds an epoch for each recipe and contestant](speed.png)
"""


def write_page(folder: Path) -> None:
    """Write README.md and speed.png beside the results in `folder`."""
    results = load_results(folder, (task.name for task in all_tasks()))
    draw_chart([result for result in results if result["task"]["group"] == "recipes"] or results, folder / "speed.png")
    write_text(folder / "README.md", page(results))


def page(results: list[Result]) -> str:
    """The whole page in Markdown."""
    parts = [_INTRODUCTION.format(machine="\n".join(machine_lines(results)))]
    for group, title in _GROUPS.items():
        members = [result for result in results if result["task"]["group"] == group]
        if members:
            parts.append(f"## {title}\n\n{speed_table(members)}\n")
    parts.append("## Accuracy after these epochs\n\nOn the test set.\n")
    parts.append(table(results, lambda found, _: number(found["accuracy"], 4)) + "\n")
    parts.append("## First epoch, with compiling\n\nSeconds: on the very first start → on later ones.\n")
    parts.append(table(results, lambda found, _: cold_and_warm(found, "first_epoch_seconds")) + "\n")
    parts.append("## From the start of the process to the saved model\n\nSeconds: on the very first start → later.\n")
    parts.append(table(results, lambda found, _: cold_and_warm(found, "seconds_to_saved_model")) + "\n")
    parts.append("## Peak memory\n\nMillions of bytes.\n")
    parts.append(table(results, lambda found, _: number(found["peak_memory_bytes"], 0, 1e-6)) + "\n")
    parts.append("## Distance from the floor\n\nSeconds an epoch divided by the floor's.\n")
    parts.append(table(results, distance))
    return "\n".join(parts)


def machine_lines(results: list[Result]) -> list[str]:
    """Where and when results were measured, and what the machine can do at most: a line for each day and setting."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        machine, settings = result["machine"], result["settings"]
        share = "" if settings["fraction"] == 1 else f" on {settings['fraction']:.0%} of the images"
        where = (
            f"{machine['date']}, {machine['system']}, {machine['cores']} cores, {machine['model']} "
            f"({', '.join(machine['vector_units']) or machine['processor']}), {settings['rounds']} rounds{share}"
        )
        alike.setdefault(where, []).append(machine)
    lines = []
    for where, machines in alike.items():
        rates = ", ".join(
            f"{library} {_span([machine['gigaflops'][library] for machine in machines])}"
            for library in machines[0]["gigaflops"]
            if all(library in machine["gigaflops"] for machine in machines)
        )
        copying = _span([machine["copy_gigabytes_per_second"] for machine in machines])
        lines.append(f"{where}; largest product in GFLOP/s: {rates}; copying {copying} GB/s.")
    return lines


def _span(values: list[float]) -> str:
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return low if low == high else f"{low}–{high}"


def speed_table(results: list[Result]) -> str:
    """Seconds an epoch, the floor, and how many times faster Tenfold is than the best of its peers."""
    names = contestants_of(results)
    ratios = [("best Keras ÷ Tenfold", "keras-"), ("PyTorch ÷ Tenfold", "pytorch")]
    rows = [["task", *(LABELS.get(name, name) for name in names), "floor", *(title for title, _ in ratios)]]
    for result in results:
        found = summaries(result)
        row = [f"`{result['task']['name']}`", *(seconds(found.get(name)) for name in names)]
        row.append(f"{result['floor_seconds']:.2f}")
        rows.append([*row, *(times_faster(found, prefix) for _, prefix in ratios)])
    return markdown(rows)


def table(results: list[Result], cell: Cell) -> str:
    """One quantity: a row for each task, a column for each contestant."""
    names = contestants_of(results)
    rows = [["task", *(LABELS.get(name, name) for name in names)]]
    for result in results:
        found = summaries(result)
        rows.append(
            [
                f"`{result['task']['name']}`",
                *(cell(found[name], result) if name in found else "–" for name in names),
            ]
        )
    return markdown(rows)


def contestants_of(results: Iterable[Result]) -> list[str]:
    """Everyone who took part, in the usual order."""
    present = {name for result in results for name in result["contestants"]}
    return [name for name in LABELS if name in present]


def summaries(result: Result) -> dict[str, dict[str, Spread | None]]:
    """The figures of each contestant of a task."""
    return {name: summary(runs) for name, runs in result["contestants"].items()}


def times_faster(found: dict[str, dict[str, Spread | None]], prefix: str) -> str:
    """The best peer's seconds an epoch divided by Tenfold's; peers whose name begins with `prefix`."""
    measured = {name: one["epoch_seconds"] for name, one in found.items() if one["epoch_seconds"]}
    peers = [one.median for name, one in measured.items() if name.startswith(prefix)]
    if "tenfold" not in measured or not peers:
        return "–"
    return f"{min(peers) / measured['tenfold'].median:.1f}×"


def seconds(found: dict[str, Spread | None] | None) -> str:
    """Seconds an epoch with their range."""
    if found is None:
        return "–"
    value = found["epoch_seconds"]
    return "failed" if value is None else f"{value.median:.2f} ({value.low:.2f}–{value.high:.2f})"


def cold_and_warm(found: dict[str, Spread | None], quantity: str) -> str:
    """A quantity on the very first start, and on later ones."""
    return f"{number(found[f'cold_{quantity}'], 1)} → {number(found[quantity], 1)}"


def number(value: Spread | None, digits: int, factor: float = 1.0) -> str:
    """The median."""
    return "–" if value is None else f"{value.median * factor:,.{digits}f}"


def distance(found: dict[str, Spread | None], result: Result) -> str:
    """Seconds an epoch as a multiple of the floor."""
    value = found["epoch_seconds"]
    return "–" if value is None else f"{value.median / result['floor_seconds']:.1f}"


def markdown(rows: list[list[str]]) -> str:
    """A table whose first row is its head; all columns but the first to the right."""
    rule = ["---", *("---:" for _ in rows[0][1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rule, *rows[1:]])
