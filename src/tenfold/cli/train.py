"""`tenfold train`: train a classifier and leave a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tenfold.cli.output import print_json, stderr, stdout
from tenfold.errors import TrainingInterrupted

if TYPE_CHECKING:
    from tenfold.evaluation.metrics import Metrics
    from tenfold.run.train import Run

_MOST_CONFUSED = 3


def train(
    data: Annotated[
        str, typer.Argument(help="mnist, fashion-mnist, or a folder, CSV, .npz or IDX folder of your own.")
    ],
    recipe: Annotated[str, typer.Option(help="A name from `tenfold recipes`, or a TOML file.")] = "quick",
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change any setting of the recipe: training.batch_size=64."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="How many times every image is used.")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes everything that is random.")] = None,
    fraction: Annotated[float | None, typer.Option(help="Use only this share of the training images.")] = None,
    size: Annotated[str | None, typer.Option(help="Bring all images to this size, such as 32x32.")] = None,
    gray: Annotated[bool, typer.Option("--gray", help="Turn colour to grey.")] = False,
    out: Annotated[Path | None, typer.Option(help="The run folder; new or empty. [default: runs/…]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a classifier, evaluate it on the test set, and leave a folder with model, figures and report."""
    from tenfold.data.sizes import parse_size
    from tenfold.run import train as run_train

    try:
        run = run_train.train(
            data,
            recipe,
            epochs=epochs,
            seed=seed,
            fraction=fraction,
            size=parse_size(size) if size else None,
            gray=gray or None,
            overrides=overrides or [],
            out=out,
        )
    except TrainingInterrupted as interrupt:
        stderr.print(str(interrupt), markup=False, soft_wrap=True)
        raise typer.Exit(130) from interrupt
    if as_json:
        print_json(_document(run))
    else:
        _print_result(run)


def _document(run: "Run") -> dict[str, object]:
    return {
        "run": str(run.path),
        "recipe": run.recipe.name,
        "accuracy": run.metrics.accuracy,
        "interval": list(run.metrics.interval),
        "loss": run.metrics.loss,
        "count": run.metrics.count,
        "seconds": run.seconds,
    }


def _print_result(run: "Run") -> None:
    table = metrics_table(run.metrics)
    table.add_row("seconds", f"{run.seconds['total']:.1f}, of which training {run.seconds['training']:.1f}")
    table.add_section()
    table.add_row("run folder", str(run.path))
    table.add_row("report", str(run.path / "report.html"))
    table.add_row("figures", str(run.path / "figures"))
    table.add_row("model", f"{run.path / 'model.onnx'} (to ship), {run.path / 'model.keras'} (for Keras)")
    stdout.print(table)


def metrics_table(metrics: "Metrics") -> Table:
    """What an evaluation found, for people: accuracy with its interval, loss, the most confused pairs."""
    low, high = metrics.interval
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row(
        "test accuracy",
        f"{metrics.accuracy:.2%}  ({metrics.correct:,} of {metrics.count:,}; 95 % interval {low:.2%} to {high:.2%})",
    )
    table.add_row("test loss", f"{metrics.loss:.4f}")
    pairs = [
        f"{pair.true} taken for {pair.predicted} ({pair.count}×)" for pair in metrics.most_confused[:_MOST_CONFUSED]
    ]
    table.add_row("most confused", ", ".join(pairs) or "nothing")
    return table
