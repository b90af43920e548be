"""Where the command `tenfold` begins, before anything else is loaded."""

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
    from tenfold.cli import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app.main()
