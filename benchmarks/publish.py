"""Copies measured accuracies from benchmarks/results into the recipes' headers and the READMEs' tables.

python benchmarks/publish.py           write them
python benchmarks/publish.py --check   say which files would change, and fail if any would
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RECIPES = ROOT / "src" / "tenfold" / "recipes"
RESULTS = ROOT / "benchmarks" / "results" / "accuracy"

# What the tutorials report that the recipes follow; `quick` follows none.
TUTORIAL_ACCURACY = {
    "dense-128": 0.9753,
    "dense-512": 0.978,
    "dense-512-one-hot": 0.98,
    "dense-512-256": 0.9833,
    "cnn-32-64-128": 0.991,
    "fashion-cnn-64-64": 0.9059,
}
TABLE_HEADS = {
    "README.md": ("recipe", "data", "parameters", "tutorial", "Tenfold: mean (range)", "seeds", "seconds"),
    "README.zh.md": ("配方", "数据", "参数量", "教程", "Tenfold：平均（范围）", "种子数", "秒"),
}


def load_results() -> dict[str, dict[str, Any]]:
    """The measured recipes, in the tutorials' order, then the others."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("*.json")}
    order = [*TUTORIAL_ACCURACY, *sorted(set(found) - set(TUTORIAL_ACCURACY))]
    return {name: found[name] for name in order if name in found}


def with_header(recipe: str, result: dict[str, Any]) -> str:
    """A recipe file whose opening comment, after the command, says what was measured."""
    lines = recipe.splitlines()
    body = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    low, high = result["interval"]
    singles = ", ".join(f"{run['accuracy']:.4f}" for run in result["runs"])
    machine = result["machine"]
    header = [
        lines[0],
        f"# test accuracy {result['mean']:.4f} (95 % interval {low:.4f} to {high:.4f}), mean of "
        f"{len(result['runs'])} seeds: {singles}",
        f"# {result['median_seconds']:.0f} s from start to finished run folder on {machine['cores']} "
        f"{machine['processor']} cores, Tenfold {result['tenfold']}, {result['date']}",
    ]
    return "\n".join([*header, *lines[body:]]) + "\n"


def table(results: dict[str, dict[str, Any]], heads: tuple[str, ...]) -> str:
    """The READMEs' table in Markdown."""
    rows = [heads, ("---", "---", "---:", "---:", "---:", "---:", "---:")]
    for name, result in results.items():
        low, high = result["range"]
        tutorial = TUTORIAL_ACCURACY.get(name)
        rows.append(
            (
                f"`{name}`",
                result["data"],
                f"{result['parameters']:,}",
                f"{tutorial:.2%}" if tutorial else "–",
                f"{result['mean']:.2%} ({low:.2%} – {high:.2%})",
                str(len(result["runs"])),
                f"{result['median_seconds']:.0f}",
            )
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def published() -> dict[Path, str]:
    """The content that every file with measured figures should have."""
    results = load_results()
    files = {
        RECIPES / f"{name}.toml": with_header((RECIPES / f"{name}.toml").read_text(encoding="utf-8"), result)
        for name, result in results.items()
    }
    for name, heads in TABLE_HEADS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        filled = f"<!-- recipes:begin -->\n{table(results, heads)}\n<!-- recipes:end -->"
        pattern = r"<!-- recipes:begin -->.*<!-- recipes:end -->"
        files[ROOT / name] = re.sub(pattern, lambda _, filled=filled: filled, text, flags=re.DOTALL)
    return files


def main() -> int:
    """Write the files, or with --check only compare."""
    changed = {path: text for path, text in published().items() if path.read_text(encoding="utf-8") != text}
    for path, text in changed.items():
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} does not show benchmarks/results; run: python benchmarks/publish.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return bool(changed) and "--check" in sys.argv


if __name__ == "__main__":
    sys.exit(main())
