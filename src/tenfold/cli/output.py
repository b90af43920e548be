"""Where commands print: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tenfold.terminal import Terminal, stderr

if TYPE_CHECKING:
    from tenfold.evaluation.metrics import Metrics

__all__ = ["metrics_rows", "print_json", "print_rows", "stderr", "stdout"]

stdout = Terminal()

_WORST_SHOWN = 3


def print_json(document: Any) -> None:
    """Print exactly one JSON document on stdout, readable by people and by programs."""
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    print(json.dumps(document, ensure_ascii=not unicode, indent=2))


def print_rows(rows: Mapping[str, str]) -> None:
    """Print a name and a value on each line; a long value is never broken, so that paths can be copied."""
    width = max(len(name) for name in rows)
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")


def metrics_rows(metrics: "Metrics") -> dict[str, str]:
    """What an evaluation found, for people: accuracy with its interval, loss, the worst classes and pairs."""
    low, high = metrics.interval
    found = f"{metrics.correct:,} of {metrics.count:,}"
    pairs = [f"{pair.true} taken for {pair.predicted} ({pair.count}×)" for pair in metrics.most_confused]
    rows = {"test accuracy": f"{metrics.accuracy:.2%}  ({found}; 95 % interval {low:.2%} to {high:.2%})"}
    if metrics.accepted is not None and metrics.correct_and_accepted is not None:
        share, rejected = metrics.correct_and_accepted / metrics.count, metrics.count - metrics.accepted
        found = f"{metrics.correct_and_accepted:,} of {metrics.count:,}"
        rows["and accepted"] = f"{share:.2%}  ({found}; {rejected:,} taken for none of the classes)"
    recalls = sorted((one.recall, at, one.name) for at, one in enumerate(metrics.classes) if one.recall is not None)
    return {
        **rows,
        "test loss": f"{metrics.loss:.4f}",
        "lowest recall": ", ".join(f"{name} ({recall:.2%})" for recall, _, name in recalls[:_WORST_SHOWN]),
        "most confused": ", ".join(pairs[:_WORST_SHOWN]) or "nothing",
    }
