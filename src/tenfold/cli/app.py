"""The command `tenfold`: registers the commands and turns errors into messages and exit codes."""

import os
import signal
import sys
import traceback
from typing import Annotated, NoReturn

import typer

import tenfold
from tenfold.cli import data
from tenfold.cli.doctor import doctor
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
app.command()(doctor)
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
        exit_code = _run()
        sys.stdout.flush()  # also after an error: what was answered before it has to reach a pipe
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        exit_code = 0
    sys.stderr.flush()
    # Not sys.exit, which would wait for the compiler's threads after an interrupt, and flush a closed pipe again.
    os._exit(exit_code)


def _run() -> int:
    try:
        exit_code: int = app(standalone_mode=False) or 0
    except TenfoldError as error:
        print(f"Error: {error}", file=sys.stderr)
        exit_code = 2
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        exit_code = 130
    except (OSError, MemoryError) as error:
        print(f"Error: {_about_the_machine(error)}", file=sys.stderr)
        exit_code = 2
    except Exception as error:
        exit_code = _report(error)
    return exit_code


def _about_the_machine(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"There is not enough memory ({error}). Use smaller images (--size) or fewer of them."
    return f"The system refused to read or write a file: {error}. Is there room on the disk, and may you write there?"


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
