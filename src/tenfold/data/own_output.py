"""Recognising what Tenfold itself wrote below a data folder, so that it never counts as data."""

import os
import re
import tomllib
from pathlib import Path

from tenfold.data.image_file import IMAGE_SUFFIXES

_DATA_PICTURES = frozenset(("samples.png", "class_distribution.png"))
_MORE_DATA_PICTURES = frozenset(("augmented_samples.png",))
_IN_RUNS = frozenset(("figures", "golden", "export", "checkpoint"))
_STEP = re.compile(r"\d\d-[a-z0-9-]+\.png")


def is_own_output(folder: Path) -> bool:
    """Whether a folder holds nothing but what Tenfold wrote: a run, pictures of data, or stages of a prediction.

    So does one that holds only such folders and empty ones, as runs/ and data-pictures/ do. A run is known by its
    recipe, which is its first file: an interrupted one may have nothing else. What may be a user's own pictures is
    told by names that nobody chooses for them.
    """
    try:
        return _is_own_output(folder)
    except OSError:  # reading the folder will say more about it
        return False


def _is_own_output(folder: Path) -> bool:
    entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    names = {entry.name for entry in entries}
    folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    has_pictures = any(Path(name).suffix.lower() in IMAGE_SUFFIXES for name in names)
    if "recipe.toml" in names and not has_pictures and _IN_RUNS.issuperset(path.name for path in folders):
        return _is_resolved_recipe(folder / "recipe.toml")
    if names >= _DATA_PICTURES and names <= _DATA_PICTURES | _MORE_DATA_PICTURES:
        return True
    if "00-picture.png" in names and all(map(_STEP.fullmatch, names)):
        return True
    if not folders or has_pictures:
        return False
    own = [is_own_output(inner) for inner in folders]
    return any(own) and all(ours or not any(inner.iterdir()) for ours, inner in zip(own, folders, strict=True))


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
