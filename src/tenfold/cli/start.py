"""Where the command `tenfold` begins, before anything else is loaded."""

import os
import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C while it is being loaded ends it at once, for nothing is begun."""
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
    from tenfold.cli import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app.main()
