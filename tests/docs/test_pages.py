"""Runs every command, script and recipe that the documentation shows, page by page, from top to bottom.

A page's blocks run in one fresh folder, which holds what the page says that its reader has (see conftest.py).
Neighbouring Python blocks are one script. Blocks marked `text` show output, or commands too costly to run twice.

Not run as they stand, since the test's own environment is what they set up:
- `source .venv/bin/activate`: the `tenfold` beside this Python is put on PATH instead;
- `pip install …`: it would change the environment that the tests run in;
- `make …`: a dry run shows that the target exists; of `make train`, the last command is then run, on fewer images.
"""

import re
import shlex
import subprocess
import sys
import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tomli_w

from tenfold.recipes.layers import AnyLayer
from tenfold.recipes.recipe import load_recipe, recipe_path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
SHOWN_ONLY = ("text",)
ON_FEWER_IMAGES = " --fraction 0.05 --epochs 1"
SETS_UP = ("source .venv/bin/activate", "pip install ")


class Block(NamedTuple):
    language: str
    code: str
    before: str
    """The paragraph above it, which may say under which name to save it."""


def blocks(page: Path) -> list[Block]:
    found, end = [], 0
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        found.append(Block(match[1], match[2], text[end : match.start()].strip().rpartition("\n\n")[2]))
        end = match.end()
    return [block for block in found if block.language not in SHOWN_ONLY]


def run(command: list[str], folder: Path, shown: str) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{shown}\nexit code {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def make(line: str) -> str:
    """The command to run for a `make` line: none, but for `make train`."""
    words = shlex.split(line, comments=True)
    plan = run([*words, "--dry-run"], ROOT, line).splitlines()
    # Below another make, lines of its own stand around the commands.
    commands = [step.removeprefix(".venv/bin/") for step in plan if step.startswith(".venv/bin/")]
    return commands[-1] + ON_FEWER_IMAGES if words == ["make", "train"] else ":"


def run_shell(code: str, folder: Path) -> None:
    lines = [make(line) if line.startswith("make ") else line for line in code.splitlines()]
    script = "\n".join(line for line in lines if not line.startswith(SETS_UP))
    run(["sh", "-euc", script], folder, code)


def run_python(code: str, folder: Path) -> None:
    script = folder.parent / "script.py"
    script.write_text(code, encoding="utf-8")
    run([sys.executable, "-c", f"exec(compile(open({str(script)!r}).read(), 'page', 'exec'))"], folder, code)


def read_toml(block: Block, folder: Path) -> None:
    """A whole recipe is saved under the name that the page gives it; a part is tried within `quick`."""
    content = tomllib.loads(block.code)
    if "network" in content:
        names = re.findall(r"`([\w-]+\.toml)`", block.before)
        assert len(names) == 1, f"the paragraph above should say how to name the file: {block.before}"
        path = folder / names[0]
        path.write_text(block.code, encoding="utf-8")
        load_recipe(path)
        return
    whole: dict[str, Any] = tomllib.loads(recipe_path("quick").read_text(encoding="utf-8"))
    for key, value in content.items():
        whole[key] = whole.get(key, {}) | value
    path = folder / "part.toml"
    path.write_text(tomli_w.dumps(whole), encoding="utf-8")
    for data in ("mnist", "fashion-mnist", "my-folder"):
        load_recipe(path, data=data)


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_everything_that_a_page_shows_runs(page, reader):
    assert (Path(sys.executable).parent / "tenfold").exists()
    for language, some in groupby(blocks(page), key=lambda block: block.language):
        neighbours = list(some)
        match language:
            case "sh":
                for block in neighbours:
                    run_shell(block.code, reader)
            case "python":
                run_python("\n".join(block.code for block in neighbours), reader)
            case "toml":
                for block in neighbours:
                    read_toml(block, reader)
            case _:
                pytest.fail(f"{page.name}: unknown language {language!r}; mark what cannot be run as text")


def test_chinese_readme_shows_what_was_run():
    def code(page: Path) -> list[str]:
        return [re.sub(r"\s*#.*", "", block.code) for block in blocks(page)]

    assert code(ROOT / "README.zh.md") == code(ROOT / "README.md")


def test_the_recipes_page_names_every_layer_and_argument():
    page = (ROOT / "docs" / "guide" / "recipes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[A-Z].*?) \| (.*?) *\|$", page, re.MULTILINE)
    named = re.compile(r"`(\w+)`")
    documented = {layer: set(named.findall(row)) for layers, row in rows for layer in named.findall(layers)}
    union = AnyLayer.__origin__
    schema = {one.model_fields["layer"].annotation.__args__[0]: set(one.model_fields) for one in union.__args__}
    assert documented == {layer: fields - {"layer", "name"} for layer, fields in schema.items()}
