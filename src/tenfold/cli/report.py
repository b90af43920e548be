"""`tenfold report`: draw a run's figures and write its report again."""

from typing import Annotated

import typer

from tenfold.cli.output import print_json, print_rows


def report(
    run: Annotated[str, typer.Argument(help="A run folder, or `last`.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Draw a run's figures and write its report again, from the files in its folder."""
    from tenfold.run.run_report import report as report_run

    folder = report_run(run)
    if as_json:
        print_json({"run": str(folder.path), "report": str(folder.report), "figures": str(folder.figures)})
    else:
        print_rows({"report": str(folder.report), "figures": str(folder.figures)})
