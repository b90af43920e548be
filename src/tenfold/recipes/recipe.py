"""A recipe: a network, how it is compiled and how it is trained; read from TOML, changed, written as TOML.

The named recipes lie beside this module; `tenfold recipes` lists them.
"""

import tomllib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import Field, ValidationError, model_validator

from tenfold.data.options import ReadOptions
from tenfold.errors import RecipeError
from tenfold.recipes.augmentation import Augmentation
from tenfold.recipes.layers import AnyLayer, Count
from tenfold.recipes.messages import explain
from tenfold.recipes.overrides import apply_override
from tenfold.recipes.settings import Averaging, Compile, Settings, Training
from tenfold.recipes.variants import take_variant
from tenfold.recipes.words import nearest


class Recipe(Settings):
    """Everything that decides how a run goes, apart from the data's content.

    Args:
        name: Short name, part of the run folder's name.
        description: One sentence for `tenfold recipes`.
        data: The data set that it was made for; any other can be given.
        size: Height and width that images are brought to; None keeps the data's own.
        gray: Colour images are turned to grey.
        label_column: Heading or number of the column with the labels, in CSV files; None finds it.
        label_from_name: Labels are taken from the names of the files.
        group_column: Heading of the column with each picture's group, which no cut separates.
        skip_bad: Pictures that cannot be decoded are left out.
        network: The layers from input to output. The raw images are scaled to 0…1 before the first.
        compile: Loss, optimiser, schedule.
        training: Epochs, batch size and the rest.
        augmentation: How the training images are varied; None leaves them as they are.
        averaging: Which networks and copies of an image the finished model averages; None is one of each.
    """

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9\-]*$", description='small letters, digits and hyphens, such as "my-net-2"'
    )
    description: str = ""
    data: str | None = None
    size: tuple[Count, Count] | None = Field(default=None, description="height and width in pixels, such as [28, 28]")
    gray: bool = False
    label_column: str | None = None
    label_from_name: bool = False
    group_column: str | None = None
    skip_bad: bool = False
    network: tuple[AnyLayer, ...] = Field(min_length=1)
    compile: Compile
    training: Training
    augmentation: Augmentation | None = None
    averaging: Averaging | None = None

    @property
    def read_options(self) -> ReadOptions:
        """How its data is read."""
        return ReadOptions(**{field.name: getattr(self, field.name) for field in fields(ReadOptions)})

    @property
    def networks(self) -> int:
        """How many networks are trained and averaged."""
        return self.averaging.networks if self.averaging else 1

    @property
    def runs_per_image(self) -> int:
        """How often a network runs for a prediction: every network on every copy of the image."""
        return self.networks * (self.averaging.copies if self.averaging else 1)

    @model_validator(mode="after")
    def _mixing_needs_one_hot(self) -> Self:
        varied = self.augmentation
        if varied and (varied.mixup or varied.cutmix) and self.compile.loss != "categorical_crossentropy":
            raise ValueError('mixup and cutmix need one-hot labels: set compile.loss = "categorical_crossentropy"')
        return self

    @model_validator(mode="after")
    def _strangers_need_one_hot(self) -> Self:
        if self.training.strangers and self.compile.loss != "categorical_crossentropy":
            raise ValueError('training.strangers needs one-hot labels: set compile.loss = "categorical_crossentropy"')
        if self.training.strangers and self.training.class_weight:
            raise ValueError("training.strangers are of no class and have no weight: choose them or class_weight")
        return self

    @model_validator(mode="after")
    def _one_choice_of_weights(self) -> Self:
        if self.compile.ema_momentum and self.training.early_stopping:
            raise ValueError(
                "training.early_stopping goes back to the weights of its best epoch, which are not those that "
                "compile.ema_momentum averages: choose one of them"
            )
        if self.training.progressive_resizing and (self.training.early_stopping or self.compile.ema_momentum):
            other = "training.early_stopping" if self.training.early_stopping else "compile.ema_momentum"
            raise ValueError(
                f"training.progressive_resizing trains on smaller images at first, and {other} would take weights from "
                "those epochs into account: choose one of them"
            )
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [layer.name for layer in self.network if layer.name]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two layers of the network are named {twice[0]!r}; give each its own name")
        return self

    @model_validator(mode="after")
    def _ends_in_probabilities(self) -> Self:
        # What follows may flatten or average probabilities over positions, which leaves them probabilities.
        kept = [n for n in self.network if n.layer not in ("Flatten", "GlobalAveragePooling2D")]
        if getattr(kept[-1] if kept else None, "activation", None) != "softmax":
            raise ValueError(
                'the network has to end in probabilities: give its last layer activation = "softmax", '
                'such as { layer = "Dense", units = "classes", activation = "softmax" }'
            )
        return self


def recipe_names() -> list[str]:
    """The named recipes, in alphabetical order."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_recipe(name_or_path: str | Path, overrides: Sequence[str] = (), data: str | None = None) -> Recipe:
    """Read a recipe, take its settings for some data, and apply overrides to them.

    Args:
        name_or_path: The name of a recipe that comes with Tenfold, or the path of a TOML file.
        overrides: Settings such as "training.epochs=3" or "network.0.filters=16", as `--set` takes them. The
            last one for a setting wins. The value is TOML; a bare word counts as a string; an empty value
            takes the setting away, so that its default holds. "training.epochs=3" also takes `least_steps` away.
        data: What is going to be trained on, for a recipe that has other settings for it; None is the recipe's own.

    Raises:
        RecipeError: No such recipe, no valid TOML, or a wrong key or value; it names the nearest right word.
    """
    content, source = _read_toml(recipe_path(name_or_path)), str(name_or_path)
    chosen = deepcopy(content)
    own = content.get("data")
    take_variant(chosen, data or (own if isinstance(own, str) else None), source)
    for variant in content.get("variants", {}):  # a slip in one that is not chosen is to be found as well
        other = deepcopy(content)
        take_variant(other, variant, source)
        checked_recipe(other, (), source)
    return checked_recipe(chosen, overrides, source)


def checked_recipe(content: dict[str, Any], overrides: Sequence[str], source: str) -> Recipe:
    """Apply overrides to a recipe's content, as read from TOML, and check what comes out.

    Raises:
        RecipeError: A wrong key or value; the message begins with the source.
    """
    if any(override.partition("=")[0].strip() == "training.epochs" for override in overrides):
        overrides = ["training.least_steps=", *overrides]
    for override in overrides:
        apply_override(content, override)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise RecipeError(explain(error, Recipe, content, source)) from error


def recipe_path(name_or_path: str | Path) -> Path:
    """The file of a recipe given by name or path.

    Raises:
        RecipeError: There is no such recipe; it names the nearest one.
    """
    path, text = Path(name_or_path), str(name_or_path)
    if text in recipe_names():
        return _folder() / f"{text}.toml"
    if path.is_file():
        return path
    if text and path.is_dir():
        inside = path / "recipe.toml"
        advice = f"Give {inside}" if inside.is_file() else "Give the path of a TOML file"
        raise RecipeError(f"{path} is a folder, not a recipe. {advice}.")
    known = f"Recipes: {', '.join(recipe_names())}; or give the path of a TOML file."
    if path.suffix or len(path.parts) > 1:
        raise RecipeError(f"{path}: there is no such file{nearest(path.stem, recipe_names())} {known}")
    raise RecipeError(f"There is no recipe {text!r}{nearest(text, recipe_names())} {known}")


def dump_recipe(recipe: Recipe) -> str:
    """Write every setting of a recipe as TOML, one line for each layer.

    Returns:
        Text from which `load_recipe` reads an identical recipe. Settings that are None are left out.
    """
    content = recipe.model_dump(exclude_none=True)
    names = ("compile", "training", "augmentation", "averaging")
    tables: dict[str, Any] = {name: content.pop(name) for name in names if name in content}
    layers = [_inline(_layer_first(layer)) for layer in content.pop("network")]
    network = "".join(f"    {layer},\n" for layer in layers)
    return f"{tomli_w.dumps(content)}\nnetwork = [\n{network}]\n\n{tomli_w.dumps(tables)}"


def _layer_first(layer: dict[str, Any]) -> dict[str, Any]:
    return {"layer": layer["layer"]} | layer


def _inline(value: Any) -> str:
    """A TOML value on a single line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(part)}" for key, part in value.items()) + " }"
    if isinstance(value, tuple):
        return f"[{', '.join(_inline(part) for part in value)}]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        # Some editors begin a text with a byte-order mark, which TOML does not know.
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is no UTF-8 text ({error}). Save it as TOML in UTF-8.") from error
    except (OSError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(f"{path} cannot be read as TOML: {error}.") from error
    if not content:
        raise RecipeError(f"{path} is empty. Begin with a copy of a named recipe, such as {_folder() / 'quick.toml'}.")
    return content


def _folder() -> Path:
    return Path(str(resources.files("tenfold.recipes")))
