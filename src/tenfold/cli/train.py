"""`tenfold train`: train a classifier and leave a run folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli.data_options import Data, Gray, Group, Label, LabelFromName, Size, SkipBad
from tenfold.cli.output import metrics_rows, print_json, print_rows, stderr
from tenfold.cli.start import raise_on_interrupt
from tenfold.errors import TrainingInterrupted

if TYPE_CHECKING:
    from tenfold.run.runs import Run
    from tenfold.run.stopwatch import Stopwatch


def train(
    data: Data,
    recipe: Annotated[str, typer.Option(help="A name from `tenfold recipes`, or a TOML file.")] = "quick",
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change any setting of the recipe: training.batch_size=64."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="How many times every image is used.")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes everything that is random.")] = None,
    fraction: Annotated[float | None, typer.Option(help="Use only this share of the training images.")] = None,
    size: Size = None,
    gray: Gray = False,
    label: Label = None,
    label_from_name: LabelFromName = False,
    group: Group = None,
    skip_bad: SkipBad = False,
    time_limit: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Be done in this time, such as 90s or 3m: see recipe auto.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; new or empty. [default: runs/…]")] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Show on stderr where the time went.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a classifier, evaluate it on the test set, and leave a folder with model, figures and report."""

    def trained(watch: "Stopwatch") -> "Run":
        from tenfold.data.sizes import parse_size
        from tenfold.run import train as run_train

        return run_train.train(
            data,
            recipe,
            epochs=epochs,
            seed=seed,
            fraction=fraction,
            size=parse_size(size) if size else None,
            gray=gray or None,
            label_column=label,
            label_from_name=label_from_name or None,
            group_column=group,
            skip_bad=skip_bad or None,
            overrides=overrides or [],
            out=out,
            time_limit=time_limit,
            watch=watch,
        )

    print_run(trained, profile, as_json)


def print_run(trained: "Callable[[Stopwatch], Run]", profile: bool, as_json: bool) -> None:
    """Train, and print what came of it.

    Args:
        trained: Trains, with a clock that already runs.
        profile: Whether to show on stderr where the time went.
        as_json: Whether to print JSON.
    """
    try:
        from tenfold.run.libraries import load_libraries_early

        load_libraries_early(when_loaded=raise_on_interrupt)
        from tenfold.run.stopwatch import Stopwatch, process_seconds

        run = trained(Stopwatch(process_seconds()))
    except TrainingInterrupted as interrupt:
        stderr.print(str(interrupt))
        raise typer.Exit(130) from interrupt
    except KeyboardInterrupt as interrupt:
        stderr.print("Interrupted before the training began: there is no model.")
        raise typer.Exit(130) from interrupt
    if profile:
        _print_profile(run.seconds)
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
    total, compiling, training = (run.seconds[stage] for stage in ("total", "compiling", "training"))
    seconds = f"{total:.1f}, of which compiling {compiling:.1f} and training {training:.1f}"
    print_rows(
        {
            **metrics_rows(run.metrics),
            "seconds": seconds,
            "run folder": str(run.path),
            "report": str(run.path / "report.html"),
            "figures": str(run.path / "figures"),
            "model to ship": str(run.path / "model.onnx"),
            "model for Keras": str(run.path / "model.keras"),
        }
    )


def _print_profile(seconds: Mapping[str, Any]) -> None:
    """A line for each stage, in the order of the run."""
    total = seconds["total"]
    stages = {name: value for name, value in seconds.items() if name not in ("total", "epochs")}
    stages |= {"other": total - sum(stages.values()), "total": total}
    for name, value in stages.items():
        stderr.print(f"{name:<12}{value:8.2f} s {value / total:7.1%}")
