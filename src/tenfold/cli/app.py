"""The command `tenfold`: registers the commands and turns errors into messages and exit codes."""

import errno
import io
import os
import sys
import traceback
import warnings
from contextlib import suppress
from functools import cache
from typing import Annotated, NoReturn, TextIO

import typer

import tenfold
from tenfold.cli import data
from tenfold.cli.doctor import doctor
from tenfold.cli.evaluate import evaluate
from tenfold.cli.predict import predict
from tenfold.cli.recipes import recipes
from tenfold.cli.report import report
from tenfold.cli.resume import resume
from tenfold.cli.train import train
from tenfold.errors import ParityError, TenfoldError
from tenfold.events import events_to
from tenfold.terminal import TerminalSink, stderr

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # in which brackets are text
)
app.command(epilog="Example: tenfold train mnist --recipe dense-128")(train)
app.command(epilog="Example: tenfold resume last")(resume)
app.command(epilog="Example: tenfold evaluate last")(evaluate)
app.command(epilog="Example: tenfold report last")(report)
app.command(epilog="Example: tenfold predict seven.png --model last")(predict)
app.command(epilog="Example: tenfold recipes dense-128")(recipes)
app.command(epilog="Example: tenfold doctor --json")(doctor)
app.add_typer(data.app, name="data")


def _print_version(asked: bool) -> None:
    if asked:
        print(tenfold.__version__)
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From a folder of small images to a classifier that you can trust and ship, on a laptop's CPU."""
    context.with_resource(events_to(TerminalSink()))


def main() -> NoReturn:
    """Run the command line: exit code 0 done, 2 the input is at fault, 130 interrupted, 1 a defect of ours."""
    warnings.showwarning = _print_warning
    sys.stdout, sys.stderr = map(_or_nowhere, (sys.stdout, sys.stderr))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # not every terminal knows every character
    exit_code = _run()
    with suppress(OSError):
        sys.stdout.flush()  # also after an error: what was answered before it has to reach a pipe
    with suppress(OSError):
        sys.stderr.flush()
    # Not sys.exit, which would wait for the compiler's threads after an interrupt, and flush a closed pipe again.
    os._exit(exit_code)


def _or_nowhere(stream: TextIO | None) -> TextIO:
    """A stream, or one that keeps nothing where the shell has closed it."""
    return stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _run() -> int:
    try:
        exit_code: int = app(standalone_mode=False) or 0
        sys.stdout.flush()
    except TenfoldError as error:
        stderr.print(f"Error: {error}")
        exit_code = 2
    except ParityError as error:  # a defect of ours that is told already
        stderr.print(f"Error: {error}")
        exit_code = 1
    except (BrokenPipeError, SystemExit):  # the reader, such as `head`, has seen enough; Typer makes one the other
        exit_code = 0
    except KeyboardInterrupt:
        exit_code = 130
    except (OSError, MemoryError) as error:
        stderr.print(f"Error: {_about_the_machine(error)}")
        exit_code = 2
    except Exception as error:
        exit_code = _report(error)
    return exit_code


def _about_the_machine(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"There is not enough memory ({error}). Use smaller images (--size) or fewer of them."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        reason = os.strerror(error.errno)
        if error.filename is None:
            return f"The output cannot be written ({reason}). Make room on its disk."
        return f"{error.filename}: cannot be written ({reason}). Make room, or name a place on another disk with --out."
    return f"The system refused to read or write a file: {error}. Does it exist, and may you read and write there?"


def _report(error: Exception) -> int:
    """Print what the user can do about an error that is none of ours; otherwise everything we need to mend it."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error that knows its own message
        with suppress(OSError):
            error.show()
        command = getattr(getattr(error, "ctx", None), "command", None)
        if type(error).__name__ == "MissingParameter" and command and command.epilog:
            stderr.print(command.epilog)
        return int(error.exit_code)
    with suppress(OSError):
        traceback.print_exc()
    stderr.print(f"This is a defect of tenfold {tenfold.__version__}, not yours. Please report the lines above.")
    return 1


@cache
def _note(text: str) -> None:
    """Print a note; the second time it is known."""
    stderr.print(f"Note: {text}")


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """What a library warns of, without the lines of code that led to it."""
    _note(str(message))
