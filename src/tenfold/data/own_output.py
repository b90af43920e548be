"""Recognising what Tenfold itself wrote below a data folder, so that it never counts as data."""

import os
import re
import tomllib
from pathlib import Path

from tenfold.data.image_file import IMAGE_SUFFIXES

_DATA_PICTURES = frozenset(("samples.png", "class_distribution.png"))
_FOLDERS_OF_A_RUN = frozenset(("figures", "golden", "export", "checkpoint"))
_STEP = re.compile(r"\d\d-[a-z0-9-]+\.png")
_HOLDS_RUNS = frozenset(("runs", "data-pictures"))


def is_own_output(folder: Path) -> bool:
    """Whether Tenfold wrote a folder: a run, pictures of data, stages of a prediction, or a folder of such folders.

    What it wrote is known by names that nobody chooses for pictures of a class: a stray file beside them changes
    nothing. A run is known by its recipe, which is its first file: an interrupted one may have nothing else. A folder
    of such folders, as runs/ and data-pictures/ are, may hold notes, but no other folders of pictures.
    """
    try:
        return _is_own_output(folder)
    except OSError:  # reading the folder will say more about it
        return False


def _is_own_output(folder: Path) -> bool:
    entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    names = {entry.name for entry in entries}
    folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    has_pictures = any(map(_is_picture, names))
    if "recipe.toml" in names:
        is_finished = any(name == "run.json" or name.startswith("model.") for name in names)
        is_only_begun = not has_pictures and _FOLDERS_OF_A_RUN.issuperset(path.name for path in folders)
        if (is_finished or is_only_begun) and _is_resolved_recipe(folder / "recipe.toml"):
            return True
    if not folders and names >= _DATA_PICTURES:
        return True
    if not folders and "00-picture.png" in names and sum(bool(_STEP.fullmatch(name)) for name in names) > 1:
        return True
    if not folders or (has_pictures and folder.name not in _HOLDS_RUNS):
        return False
    others = [path for path in folders if not is_own_output(path)]
    return len(others) < len(folders) and not any(map(_has_pictures_below, others))


def _has_pictures_below(folder: Path) -> bool:
    return any(_is_picture(name) for _, _, names in os.walk(folder) for name in names)


def _is_picture(file_name: str) -> bool:
    return Path(file_name).suffix.lower() in IMAGE_SUFFIXES


def own_output_below(folder: Path) -> list[Path]:
    """The topmost folders below `folder` that hold nothing but what Tenfold wrote."""
    found: list[Path] = []
    for parent, folders, _ in os.walk(folder):
        inner = [Path(parent, name) for name in sorted(folders) if not name.startswith(".")]
        own = [path for path in inner if is_own_output(path)]
        found += own
        folders[:] = [path.name for path in inner if path not in own]
    return found


def _is_resolved_recipe(path: Path) -> bool:
    """Whether a recipe has every setting, which people seldom write down, and Tenfold always does."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return content.keys() >= {"name", "gray", "network", "compile", "training"}
