"""The command `tenfold`: registers the commands and turns errors into messages and exit codes."""

import os
import signal
import sys
import traceback
from typing import Annotated, NoReturn

import typer

import tenfold
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


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
) -> None:
    """From a folder of small images to a classifier that you can trust and ship, on a laptop's CPU."""
    if version:
        print(tenfold.__version__)
        raise typer.Exit


def main() -> NoReturn:
    """Run the command line: exit code 0 done, 2 the input is at fault, 130 interrupted, 1 a defect of ours."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except TenfoldError as error:
        _leave(f"Error: {error}", 2)
    except KeyboardInterrupt as interrupt:
        _leave(str(interrupt) or "Interrupted.", 130)
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error that knows its own message
            error.show()
            sys.exit(error.exit_code)
        traceback.print_exc()
        _leave(f"This is a defect of tenfold {tenfold.__version__}, not yours. Please report the lines above.", 1)


def _leave(message: str, exit_code: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: an interrupt would wait for the compiler's threads, whose result nobody needs any more.
    os._exit(exit_code)


def _interrupt(signal_number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
