"""`tenfold recipes`: which recipes there are, and what one of them does, layer by layer."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli.output import print_json, stderr, stdout
from tenfold.errors import RecipeError

# Recipes take a quarter of a second to load and networks some seconds; `tenfold --help` must not pay for it.
if TYPE_CHECKING:
    from tenfold.models.arithmetic import LayerArithmetic
    from tenfold.recipes.recipe import Recipe

_EMBEDDED_SHAPE = (28, 28, 1)
_ASSUMED_CLASSES = 10
_PAGE_WIDTH = 100
_LEAST_WIDTH = 24


def recipes(
    name: Annotated[str | None, typer.Argument(metavar="[NAME|FILE]", help="The recipe to show.")] = None,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help="Show the network for this data, not for the recipe's.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="HEIGHTxWIDTH", help="Show the network for images of this size.")
    ] = None,
    classes: Annotated[int | None, typer.Option(min=2, help="Show the network for so many classes.")] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting, such as network.0.filters=16."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the recipes, or show one: its network, how its parameters come about, how it is trained."""
    if name is None:
        if data or size or classes or overrides:
            raise RecipeError("--data, --size, --classes and --set belong to one recipe: name it.")
        _list_recipes(as_json)
        return
    from tenfold.models.architectures import outline_model
    from tenfold.models.arithmetic import layer_arithmetic
    from tenfold.recipes.recipe import load_recipe

    recipe = load_recipe(name, overrides or (), data)
    image_shape, class_count = _input_and_output(recipe, data, size, classes)
    layers = layer_arithmetic(outline_model(recipe.network, image_shape, class_count, recipe.name))
    if as_json:
        print_json(_document(recipe, image_shape, class_count, layers))
    else:
        _print_recipe(name, recipe, image_shape, class_count, layers)


def _list_recipes(as_json: bool) -> None:
    from tenfold.recipes.recipe import load_recipe, recipe_names

    known = [load_recipe(name) for name in recipe_names()]
    if as_json:
        rows = [{"name": one.name, "data": one.data, "description": one.description} for one in known]
        print_json({"recipes": rows})
        return
    _print_table(["name", "data", "description"], [[one.name, one.data or "any", one.description] for one in known])
    stderr.print("\n`tenfold recipes NAME` shows a recipe, `tenfold train DATA --recipe NAME` runs it.", soft_wrap=True)


def _input_and_output(
    recipe: "Recipe", data: str | None, size: str | None, classes: int | None
) -> tuple[tuple[int, int, int], int]:
    """The shape of the images and the number of classes; MNIST's where nothing says otherwise."""
    from tenfold.data.catalog import CATALOG
    from tenfold.data.sizes import parse_size

    shape, found_classes = _EMBEDDED_SHAPE, _ASSUMED_CLASSES
    source = data or recipe.data
    if source in CATALOG:
        found_classes = len(CATALOG[source].class_names)
    elif source is not None and (data or Path(source).exists()):
        from tenfold.run.loading import load_with_progress

        dataset = load_with_progress(source, recipe.read_options)
        shape, found_classes = dataset.image_shape, len(dataset.class_names)
    height, width = parse_size(size) if size else recipe.size or shape[:2]
    return (height, width, 1 if recipe.gray else shape[2]), classes or found_classes


def _document(
    recipe: "Recipe", image_shape: tuple[int, ...], classes: int, layers: Sequence["LayerArithmetic"]
) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "description": recipe.description,
        "data": recipe.data,
        "image_shape": image_shape,
        "classes": classes,
        "parameters": recipe.networks * sum(layer.parameters for layer in layers),
        "multiply_adds": recipe.runs_per_image * sum(layer.multiply_adds for layer in layers),
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "output_shape": layer.output_shape,
                "parameters": layer.parameters,
                "arithmetic": layer.arithmetic,
                "multiply_adds": layer.multiply_adds,
            }
            for layer in layers
        ],
    }


def _print_recipe(
    name: str,
    recipe: "Recipe",
    image_shape: tuple[int, ...],
    classes: int,
    layers: Sequence["LayerArithmetic"],
) -> None:
    from tenfold.recipes.recipe import recipe_path
    from tenfold.recipes.wording import settings_in_words

    _print(f"{recipe.name}: {recipe.description}\n" if recipe.description else f"{recipe.name}\n", style="bold")
    if recipe.name == "auto":
        _print("This network and these settings stand in for those that are chosen when a run begins.\n")
    images = ["images", _times(image_shape), "", "", ""]
    rows = [_layer_row(layer) for layer in layers]
    parameters, products = (sum(getattr(one, key) for one in layers) for key in ("parameters", "multiply_adds"))
    total = ["total", "", f"{parameters:,}", "", f"{products:,}"]
    header = ["layer", "output shape", "parameters", "how they come about", "multiply-adds"]
    header, *lines = _wrapped([header, images, *rows, total], column=3)
    _print_table(header, lines, right=(2, 4))
    _print(f"\nMultiply-adds are those of one image; {classes} classes.")
    networks, runs = recipe.networks, recipe.runs_per_image
    if runs > 1:
        _print(
            f"{networks} × {parameters:,} parameters and {runs} × {products:,} multiply-adds in all: see prediction."
        )
    _print("")
    for setting, text in settings_in_words(recipe).items():
        _print(f"{setting:<16}{text}")
    _print(f"{'file':<16}{recipe_path(name)}")


def _layer_row(layer: "LayerArithmetic") -> list[str]:
    products = f"{layer.multiply_adds:,}" if layer.multiply_adds else ""
    if not layer.parameters:
        return [layer.name, _times(layer.output_shape), "0", "", products]
    return [layer.name, _times(layer.output_shape), f"{layer.parameters:,}", layer.arithmetic, products]


def _times(shape: Sequence[int]) -> str:
    return "×".join(str(size) for size in shape)


def _print_table(header: list[str], rows: list[list[str]], right: Sequence[int] = ()) -> None:
    """Print columns as wide as their content, so that nothing is cut, whether to a terminal or to a pipe."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    for number, row in enumerate([header, *rows]):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        _print("  ".join(cells).rstrip(), style=None if number else "bold")


def _wrapped(rows: list[list[str]], column: int) -> list[list[str]]:
    """Break one column into several lines where the table would be wider than a page."""
    others = [[*row[:column], *row[column + 1 :]] for row in rows]
    room = _PAGE_WIDTH - sum(max(len(cell) for cell in cells) + 2 for cells in zip(*others, strict=True))
    lines = []
    for row in rows:
        first, *rest = textwrap.wrap(row[column], max(room, _LEAST_WIDTH)) or [""]
        lines.append([*row[:column], first, *row[column + 1 :]])
        lines += [[""] * column + [part] + [""] * (len(row) - column - 1) for part in rest]
    return lines


def _print(text: str, style: str | None = None) -> None:
    stdout.print(text, style=style, soft_wrap=True)
