"""`tenfold resume`: continue a run that was broken off, or train a finished one further."""

from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli.train import print_run

if TYPE_CHECKING:
    from tenfold.run.runs import Run
    from tenfold.run.stopwatch import Stopwatch


def resume(
    run: Annotated[str, typer.Argument(help="A run folder, or `last`: the last one that is not finished.")] = "last",
    epochs: Annotated[int | None, typer.Option(help="Train a finished run until it has so many epochs.")] = None,
    data: Annotated[str | None, typer.Option(help="Where the run's data is, if it has been moved.")] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Show on stderr where the time went.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Continue a run that was broken off, to the same files as without the break."""

    def trained(watch: "Stopwatch") -> "Run":
        from tenfold.run import resume as run_resume

        return run_resume.resume(run, data, epochs=epochs, watch=watch)

    print_run(trained, profile, as_json)
