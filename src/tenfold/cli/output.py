"""Where commands print: results on stdout, everything else on stderr."""

import json
from typing import Any

from rich.console import Console

from tenfold.terminal import stderr

__all__ = ["print_json", "stderr", "stdout"]

stdout = Console(highlight=False)


def print_json(document: Any) -> None:
    """Print exactly one JSON document on stdout, readable by people and by programs."""
    print(json.dumps(document, ensure_ascii=False, indent=2))
