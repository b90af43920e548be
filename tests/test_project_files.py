"""Files at the top that say again what another place decides."""

import re
from pathlib import Path

import tenfold

ROOT = Path(__file__).parent.parent


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_citation_has_the_version_of_the_package():
    assert re.findall(r"^version: (.+)$", text("CITATION.cff"), re.MULTILINE) == [tenfold.__version__]


def test_the_hooks_before_a_commit_are_the_checks_of_make():
    (recipe,) = re.findall(r"^check: setup\n((?:\t.+\n)+)", text("Makefile"), re.MULTILINE)
    checks = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]
    assert re.findall(r"^ +entry: (.+)$", text(".pre-commit-config.yaml"), re.MULTILINE) == checks
