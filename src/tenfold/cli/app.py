"""The command `tenfold`: registers the commands and turns errors into messages and exit codes."""

import os
import signal
import sys
import traceback
from typing import Annotated, NoReturn

import typer

import tenfold
from tenfold.cli import data
from tenfold.cli.evaluate import evaluate
from tenfold.cli.predict import predict
from tenfold.cli.recipes import recipes
from tenfold.cli.train import train
from tenfold.errors import TenfoldError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(recipes)
app.add_typer(data.app, name="data")


def _print_version(asked: bool) -> None:
    if asked:
        print(tenfold.__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From a folder of small images to a classifier that you can trust and ship, on a laptop's CPU."""


def main() -> NoReturn:
    """Run the command line: exit code 0 done, 2 the input is at fault, 130 interrupted, 1 a defect of ours."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        exit_code = app(standalone_mode=False) or 0
        sys.stdout.flush()
    except TenfoldError as error:
        print(f"Error: {error}", file=sys.stderr)
        exit_code = 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        exit_code = 0
    except KeyboardInterrupt:
        exit_code = 130
    except Exception as error:
        exit_code = _report(error)
    sys.stderr.flush()
    # Not sys.exit, which would wait for the compiler's threads after an interrupt, and flush a closed pipe again.
    os._exit(exit_code)


def _report(error: Exception) -> int:
    """Print what the user can do about an error that is none of ours; otherwise everything we need to mend it."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error that knows its own message
        error.show()
        return int(error.exit_code)
    traceback.print_exc()
    print(
        f"This is a defect of tenfold {tenfold.__version__}, not yours. Please report the lines above.", file=sys.stderr
    )
    return 1


def _interrupt(signal_number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
