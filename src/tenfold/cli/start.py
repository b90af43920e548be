"""Where the command `tenfold` begins, before anything else is loaded."""

import os
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    end_at_once_on_interrupt()
    if sys.getfilesystemencoding() == "ascii" and os.environ.get("PYTHONUTF8") != "1":
        # Names of files are UTF-8 in the C locale, too; Python decides that when it starts.
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, sys.orig_argv)
    _keep_libraries_in_our_folder()
    from tenfold.cli import app

    app.main()


def end_at_once_on_interrupt() -> None:
    """Let Ctrl-C and SIGTERM end the process: where nothing is to be saved, and while modules are loaded.

    KeyboardInterrupt would strike inside Python's import system, which can lose it, or keep a lock for ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def raise_on_interrupt() -> None:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt, as a training whose weights are to be saved needs it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def _end(signal_number: int, frame: object) -> NoReturn:
    os.write(2, b"Interrupted.\n")
    os._exit(130)


def _keep_libraries_in_our_folder() -> None:
    """Let Keras and Matplotlib keep their files in Tenfold's cache folder, not in folders of their own below HOME.

    What the user has set there for work of their own, such as another order of the channels, changes no run either.
    """
    import logging

    from tenfold.files import cache_folder

    os.environ.setdefault("KERAS_HOME", str(cache_folder() / "keras"))
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    # Where the folder cannot be written, Matplotlib takes a temporary one. `tenfold doctor` says what to do about it.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
