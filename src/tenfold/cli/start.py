"""Where the command `tenfold` begins, before anything else is loaded."""

import logging
import os
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C while it is being loaded ends it at once, for nothing is begun."""
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    if sys.getfilesystemencoding() == "ascii" and os.environ.get("PYTHONUTF8") != "1":
        # Names of files are UTF-8 in the C locale, too; Python decides that when it starts.
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, sys.orig_argv)
    _keep_libraries_in_our_folder()
    from tenfold.cli import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app.main()


def _keep_libraries_in_our_folder() -> None:
    """Let Keras and Matplotlib keep their files in Tenfold's cache folder, not in folders of their own below HOME.

    What the user has set there for work of their own, such as another order of the channels, changes no run either.
    """
    from tenfold.files import cache_folder

    os.environ.setdefault("KERAS_HOME", str(cache_folder() / "keras"))
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    # Where the folder cannot be written, Matplotlib takes a temporary one. `tenfold doctor` says what to do about it.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
