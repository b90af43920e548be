"""`tenfold evaluate`: measure a run's model on its test set, or on other data."""

from pathlib import Path
from typing import Annotated

import typer

from tenfold.cli.data_options import Label, LabelFromName, SkipBad
from tenfold.cli.output import metrics_rows, print_json, print_rows


def evaluate(
    run: Annotated[str, typer.Argument(help="A run folder, or `last`.")],
    data: Annotated[
        str | None, typer.Option(help="Other data with the same classes. [default: the run's own test set]")
    ] = None,
    label: Label = None,
    label_from_name: LabelFromName = False,
    skip_bad: SkipBad = False,
    out: Annotated[Path | None, typer.Option(help="Write the prediction of every image to this new CSV file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything that metrics.json holds.")] = False,
) -> None:
    """Evaluate a run's model.onnx on the run's own test set or on other data."""
    from tenfold.data.options import ReadOptions
    from tenfold.run.evaluate import evaluate as evaluate_run

    options = ReadOptions(label_column=label, label_from_name=label_from_name, skip_bad=skip_bad)
    metrics = evaluate_run(run, data, options, out)
    if as_json:
        print_json(metrics.model_dump(mode="json"))
    else:
        print_rows(metrics_rows(metrics))
