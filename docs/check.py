"""Checks that the documentation holds together; part of `make check`.

Links between its pages lead somewhere; both READMEs show the same code and lead to every page of the guide; no page
names a `tenfold` command or option that does not exist, and the guide leaves none out; code is narrow enough to be read
without scrolling; the output that the READMEs show is that of the run that `benchmarks/accuracy.py` measured.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from tenfold.cli.app import app

ROOT = Path(__file__).parent.parent
MAX_CODE_COLUMNS = 99
READMES = ("README.md", "README.zh.md")
QUICK = "benchmarks/results/accuracy/quick.json"

Options = dict[str, frozenset[str]]
"""Command, such as "data show" → its options; "" is `tenfold` itself."""


def main() -> int:
    """Print every problem; 1 if there is one."""
    problems = list(find_problems(ROOT))
    print("\n".join(problems) or "the documentation holds together")
    return bool(problems)


def find_problems(root: Path) -> Iterator[str]:
    """Every problem of the documentation below `root`, a sentence each."""
    options = command_options()
    for page in pages(root):
        text, name = page.read_text(encoding="utf-8"), page.relative_to(root).as_posix()
        found = [*broken_links(text, page), *wide_code(text), *unknown_commands(text, options)]
        yield from (f"{name}: {problem}" for problem in found)
    guides = sorted((root / "docs" / "guide").glob("*.md"))
    yield from undocumented(" ".join(guide.read_text(encoding="utf-8") for guide in guides), options)
    english, chinese = ((root / name).read_text(encoding="utf-8") for name in READMES)
    yield from different_code(english, chinese)
    for name, text in zip(READMES, (english, chinese), strict=True):
        yield from (f"{name}: does not lead to {g.name}" for g in guides if f"](docs/guide/{g.name})" not in text)
        yield from (f"{name}: {problem}" for problem in stale_output(text, measured_accuracy(root)))


def pages(root: Path) -> list[Path]:
    """All pages: at the top, and below docs/."""
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]


def code_blocks(text: str) -> list[str]:
    """The content of the fenced blocks of a page."""
    return re.findall(r"^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def broken_links(text: str, page: Path) -> Iterator[str]:
    """Links and pictures that lead to no file, no heading, or to an empty folder (which Git does not keep)."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(text)) + re.findall(r'(?:src|href)="([^"]+)"', prose(text))
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (file.is_dir() and not any(file.iterdir())):
            yield f"{target} leads nowhere"
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"{target}: there is no such heading"


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links: small letters, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def wide_code(text: str) -> Iterator[str]:
    """Lines of code that are too long."""
    for line in "\n".join(code_blocks(text)).splitlines():
        if len(line) > MAX_CODE_COLUMNS:
            yield f"a line of code has {len(line)} columns, at most {MAX_CODE_COLUMNS} are read at ease: {line}"


def different_code(english: str, chinese: str) -> Iterator[str]:
    """Blocks of code, comments aside, in which the READMEs differ."""
    ours, theirs = ([re.sub(r"\s*#.*", "", block) for block in code_blocks(text)] for text in (english, chinese))
    if len(ours) != len(theirs):
        yield f"README.md has {len(ours)} blocks of code, README.zh.md {len(theirs)}"
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            yield f"README.md and README.zh.md show different code:\n{one}\n{other}"


def command_options() -> Options:
    """Every command with its options, as the command line itself knows them."""
    found: Options = {}

    def visit(command: typer.core.TyperCommand | typer.core.TyperGroup, name: str) -> None:
        spellings = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        found[name] = frozenset([*spellings, "--help"])
        for part, child in getattr(command, "commands", {}).items():
            visit(child, f"{name} {part}".strip())

    visit(typer.main.get_command(app), "")
    return found


def unknown_commands(text: str, options: Options) -> Iterator[str]:
    """Commands and options of `tenfold` that a page names, in blocks or in words, and that do not exist."""
    spans = re.findall(r"`([^`\n]+)`", prose(text))
    joined = "\n".join(code_blocks(text)).replace("\\\n", " ")
    for line in [*joined.splitlines(), *spans]:
        if match := re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?tenfold( .*|$)", line):
            yield from _unknown_in(match[1].split("#")[0].split(), options)
    every = frozenset().union(*options.values())
    for span in spans:
        if (match := re.match(r"--[\w-]+", span)) and match[0] not in every:
            yield f"no command has the option {match[0]}"


def _unknown_in(words: list[str], options: Options) -> Iterator[str]:
    command = ""
    while words and any(known.startswith(f"{command} ".lstrip()) and known != command for known in options):
        if words[0].startswith("-"):
            break
        command, words = f"{command} {words[0]}".strip(), words[1:]
        if command not in options:
            yield f"there is no command `tenfold {command}`"
            return
    for word in words:
        option = re.match(r"\[?(--[\w-]+)", word)
        if option and option[1] not in options[command]:
            yield f"`tenfold {command}` has no option {option[1]}"


def undocumented(guide: str, options: Options) -> Iterator[str]:
    """Commands and options that the guide says nothing about."""
    for command, spellings in options.items():
        if command and f"tenfold {command}" not in guide:
            yield f"docs/guide: says nothing about `tenfold {command}`"
        for option in sorted(spellings - {"--help", "--version"}):
            if not re.search(rf"{option}\b", guide):
                yield f"docs/guide: says nothing about {option} of `tenfold {command}`"


def measured_accuracy(root: Path) -> float:
    """What `tenfold train mnist` gave when it was measured: the recipe `quick` with seed 0."""
    document = json.loads((root / QUICK).read_text(encoding="utf-8"))
    return float(next(run["accuracy"] for run in document["runs"] if run["seed"] == 0))


def stale_output(text: str, accuracy: float) -> Iterator[str]:
    """Printed accuracies that are not the measured one of the same command."""
    for shown in re.findall(r"^test accuracy +([\d.]+%)", text, re.MULTILINE):
        if shown != f"{accuracy:.2%}":
            yield f"shows a test accuracy of {shown}, but `tenfold train mnist` gave {accuracy:.2%}"


if __name__ == "__main__":
    sys.exit(main())
