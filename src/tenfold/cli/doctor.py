"""`tenfold doctor`: whether everything that Tenfold needs is there and works."""

import textwrap
from dataclasses import asdict
from typing import Annotated

import typer

from tenfold.cli.output import print_json

_SIGNS = {"ok": "✓", "note": "–", "problem": "✗"}
_VALUE_WIDTH = 80


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check the installation: versions, backend, caches, fonts, data. Exit code 1 if Tenfold cannot work."""
    from tenfold.events import sink
    from tenfold.run.diagnosis import diagnose

    with sink().busy("Examining"):
        findings = list(diagnose())
    healthy = all(finding.status != "problem" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            lines = [*_wrapped(finding.value), *_wrapped(finding.advice)]
            print(f"{_SIGNS[finding.status]} {finding.name:<{width}}  {lines[0]}")
            for line in lines[1:]:
                print(f"  {'':<{width}}  {line}")
    if not healthy:
        raise typer.Exit(1)


def _wrapped(text: str) -> list[str]:
    """Lines that fit beside the names; paths and commands stay whole."""
    return textwrap.wrap(text, _VALUE_WIDTH, break_long_words=False, break_on_hyphens=False)
