"""Settings of a recipe that hold for some data only: its tables `variants.fashion-mnist` and `variants.own`."""

from typing import Any

from tenfold.data.catalog import CATALOG, catalog_name
from tenfold.errors import RecipeError
from tenfold.recipes.overrides import list_position
from tenfold.recipes.words import nearest

OWN = "own"
"""The variant for the user's own data."""


def take_variant(content: dict[str, Any], data: str | None, source: str) -> None:
    """Lay the settings for some data over those for all, and take all variants out, in place.

    Args:
        content: A recipe's content, as read from TOML, not yet checked. Tables are merged, all else is replaced; of a
            list, a table with positions as keys replaces these alone.
        data: The data that is going to be trained on; what the catalogue does not have is the user's own. None leaves
            the settings that hold for all.
        source: The file or recipe, to begin a message with.

    Raises:
        RecipeError: The variants are no tables, are named after no data, or name a position that a list does not have.
    """
    variants = content.pop("variants", {})
    known = [*CATALOG, OWN]
    if not isinstance(variants, dict) or not all(isinstance(table, dict) for table in variants.values()):
        raise RecipeError(f"{source}: variants holds no tables; expected such as [variants.{OWN}.training].")
    if wrong := next((name for name in variants if name not in known), None):
        raise RecipeError(f"{source}: variants.{wrong} is no data{nearest(wrong, known)} Expected {', '.join(known)}.")
    if data is not None:
        name = catalog_name(data)
        variant = name if name in CATALOG else OWN
        _merge(content, variants.get(variant, {}), f"{source}: variants.{variant}")


def _merge(content: dict[str, Any], changes: dict[str, Any], where: str) -> None:
    for key, value in changes.items():
        old = content.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            _merge(old, value, f"{where}.{key}")
        elif isinstance(value, dict) and isinstance(old, list):
            for position, item in value.items():
                old[list_position(old, position, f"{where}.{key}")] = item
        else:
            content[key] = value
