"""Settings of a recipe that hold for some data only: its tables `variants.fashion-mnist` and `variants.own`."""

from typing import Any

from tenfold.data.catalog import CATALOG, catalog_name
from tenfold.errors import RecipeError
from tenfold.recipes.words import nearest

OWN = "own"
"""The variant for the user's own data."""


def take_variant(content: dict[str, Any], data: str | None, source: str) -> None:
    """Lay the settings for some data over those for all, and take all variants out, in place.

    Args:
        content: A recipe's content, as read from TOML, not yet checked. Tables are merged, all else is replaced.
        data: The data that is going to be trained on; what the catalogue does not have is the user's own. None leaves
            the settings that hold for all.
        source: The file or recipe, to begin a message with.

    Raises:
        RecipeError: The variants are no tables, or are named after no data.
    """
    variants = content.pop("variants", {})
    known = [*CATALOG, OWN]
    if not isinstance(variants, dict) or not all(isinstance(table, dict) for table in variants.values()):
        raise RecipeError(f"{source}: variants holds no tables; expected such as [variants.{OWN}.training].")
    if wrong := next((name for name in variants if name not in known), None):
        raise RecipeError(f"{source}: variants.{wrong} is no data{nearest(wrong, known)} Expected {', '.join(known)}.")
    if data is not None:
        name = catalog_name(data)
        _merge(content, variants.get(name if name in CATALOG else OWN, {}))


def _merge(content: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            _merge(content[key], value)
        else:
            content[key] = value
