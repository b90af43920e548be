"""`tenfold data`: list, show and check data sets."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli.data_options import Data, Gray, Group, Label, LabelFromName, Size, SkipBad
from tenfold.cli.output import print_json, stdout
from tenfold.errors import DataError, RecipeError

if TYPE_CHECKING:
    from rich.table import Table

    from tenfold.data.dataset import Dataset, Split
    from tenfold.data.inspection import Finding
    from tenfold.recipes.augmentation import Augmentation
    from tenfold.recipes.recipe import Recipe

app = typer.Typer(help="List, show and check data sets.", no_args_is_help=True, rich_markup_mode="markdown")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

_ITEMS_SHOWN = 5
_PAIRS_SHOWN = 15


@app.command("list")
def list_data(as_json: AsJson = False) -> None:
    """The data sets that come with Tenfold."""
    from tenfold.data.catalog import CATALOG

    entries = list(CATALOG.values())
    if as_json:
        keys = ("name", "description", "class_names", "licence")
        print_json({"data": [{key: getattr(entry, key) for key in keys} for entry in entries]})
        return
    table = _table("name", "what it is", "classes", "licence")
    for entry in entries:
        table.add_row(entry.name, entry.description, ", ".join(entry.class_names), entry.licence)
    stdout.print(table)
    stdout.print(
        "Your own: a folder with one sub-folder of pictures for each class, one with train/ and test/ of "
        "that kind, a CSV (label and pixels, or label and file), an .npz, or a folder of IDX files."
    )


@app.command(epilog="Example: tenfold data show mnist")
def show(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pictures; new or empty. [default: data-pictures/…]")
    ] = None,
    size: Size = None,
    gray: Gray = False,
    label: Label = None,
    label_from_name: LabelFromName = False,
    group: Group = None,
    skip_bad: SkipBad = False,
    augment: Annotated[
        str | None,
        typer.Option(metavar="RECIPE", help="Draw images beside what the recipe's augmentation makes of them."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting of RECIPE, such as augmentation.shear=5."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Shapes, value ranges and classes of a data set; pictures of samples and of the class distribution."""
    from tenfold.recipes.recipe import load_recipe

    if out is not None:
        _check_fresh(out)
    if changes and not augment:
        raise RecipeError("--set changes a recipe's augmentation: name the recipe with --augment.")
    # A slip in it is found before the data is read; `auto` follows from the data.
    recipe = load_recipe(augment, changes or [], data) if augment and augment != "auto" else None
    dataset = _load(data, size, gray, label, label_from_name, group, skip_bad)
    if augment == "auto":
        recipe = _auto_recipe(dataset, changes or [])
    augmentation = _augmentation(recipe, dataset) if recipe else None
    folder = _new_folder(out, dataset.name)
    pictures = _save_pictures(dataset, folder)
    if augmentation:
        pictures.append(_save_augmented(dataset, augmentation, folder))
    if as_json:
        print_json(_summary(dataset) | {"pictures": [str(path) for path in pictures]})
        return
    stdout.print(_shapes_table(dataset), _classes_table(dataset), sep="\n\n")
    stdout.print(f"\nPictures: {', '.join(map(str, pictures))}", soft_wrap=True)


@app.command(epilog="Example: tenfold data check letters")
def check(
    data: Data,
    size: Size = None,
    gray: Gray = False,
    label: Label = None,
    label_from_name: LabelFromName = False,
    group: Group = None,
    skip_bad: SkipBad = False,
    as_json: AsJson = False,
) -> None:
    """Look for duplicates, blank images, unbalanced classes and classes with few images."""
    from dataclasses import asdict

    from tenfold.data.inspection import findings

    dataset = _load(data, size, gray, label, label_from_name, group, skip_bad)
    found = findings(dataset)
    if as_json:
        print_json({"findings": [asdict(finding) for finding in found]})
        return
    for finding in found:
        stdout.print("\n".join(_finding_lines(finding)), soft_wrap=True)
    images = len(dataset.train) + len(dataset.test)
    summary = f"{len(found)} finding{'s' if len(found) > 1 else ''}" if found else "nothing found"
    stdout.print(f"{dataset.name}: {images:,} images checked, {summary}.", soft_wrap=True)


def _load(
    data: str, size: str | None, gray: bool, label: str | None, label_from_name: bool, group: str | None, skip_bad: bool
) -> "Dataset":
    """Read the data as the options of `show` and `check` say."""
    from tenfold.data.options import ReadOptions
    from tenfold.data.sizes import parse_size
    from tenfold.run.loading import load_with_progress

    options = ReadOptions(
        size=parse_size(size) if size else None,
        gray=gray,
        label_column=label,
        label_from_name=label_from_name,
        group_column=group,
        skip_bad=skip_bad,
    )
    return load_with_progress(data, options)


def _check_fresh(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: exists and is not empty; nothing is overwritten. Name a new folder with --out.")


def _new_folder(out: Path | None, name: str) -> Path:
    candidates = (Path("data-pictures") / f"{name}-{number}" for number in count(1))
    folder = out or next(path for path in candidates if not path.exists())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be created ({error.strerror}). Name another with --out.") from error
    return folder


def _save_pictures(dataset: "Dataset", folder: Path) -> list[Path]:
    from tenfold.figures.class_distribution import class_distribution_figure
    from tenfold.figures.samples import samples_figure, samples_shown
    from tenfold.figures.style import save_figure

    train, names = dataset.train, dataset.class_names
    pictures = [folder / "samples.png", folder / "class_distribution.png"]
    shown = train.take(samples_shown(train.labels))
    save_figure(samples_figure(shown.images, shown.labels, names, len(train)), pictures[0])
    train_counts, test_counts = (split.class_counts(len(names)) for split in (train, dataset.test))
    save_figure(class_distribution_figure(train_counts, test_counts, names), pictures[1])
    return pictures


def _auto_recipe(dataset: "Dataset", changes: list[str]) -> "Recipe":
    """As with time for many epochs; the fewer there are, the less it varies."""
    from tenfold.recipes.auto import LEVELS, auto_recipe

    return auto_recipe(LEVELS[0], len(dataset.train), dataset.image_shape, dataset.class_names, changes)


def _augmentation(recipe: "Recipe", dataset: "Dataset") -> "Augmentation":
    from tenfold.recipes.augmentation import refuse_label_changing

    if recipe.augmentation is None:
        raise RecipeError(
            f"The recipe {recipe.name} does not vary images of {dataset.name}. Name one that does, such as strong, or "
            "set amounts, such as --set augmentation.rotation=10.0."
        )
    refuse_label_changing(recipe.augmentation, dataset.class_names, dataset.image_shape)
    return recipe.augmentation


def _save_augmented(dataset: "Dataset", augmentation: "Augmentation", folder: Path) -> Path:
    from tenfold.figures.augmented_samples import augmented_samples_figure
    from tenfold.figures.gallery import spread_over_classes
    from tenfold.figures.style import save_figure
    from tenfold.recipes.wording import augmentation_in_words
    from tenfold.run.variations import varied_images

    split = dataset.train.take(spread_over_classes(dataset.train.labels, _PAIRS_SHOWN))
    varied = varied_images(split, len(dataset.class_names), augmentation, seed=0)
    note = augmentation_in_words(augmentation)
    path = folder / "augmented_samples.png"
    save_figure(augmented_samples_figure(split.images, varied, split.labels, dataset.class_names, note), path)
    return path


def _summary(dataset: "Dataset") -> dict[str, Any]:
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "image_shape": dataset.image_shape,
        "class_names": dataset.class_names,
        "train": _split_summary(dataset.train, len(dataset.class_names)),
        "test": _split_summary(dataset.test, len(dataset.class_names)),
        "notes": dataset.notes,
        "warnings": dataset.warnings,
    }


def _split_summary(split: "Split", classes: int) -> dict[str, Any]:
    return {
        "count": len(split),
        "images": {"dtype": str(split.images.dtype), "shape": split.images.shape} | _range(split),
        "labels": {"dtype": str(split.labels.dtype), "shape": split.labels.shape},
        "counts": _counts(split, classes),
    }


def _range(split: "Split") -> dict[str, float]:
    pixels = split.images
    return {"min": int(pixels.min()), "max": int(pixels.max()), "mean": round(float(pixels.mean()), 2)}


def _counts(split: "Split", classes: int) -> list[int]:
    return [int((split.labels == number).sum()) for number in range(classes)]


def _shapes_table(dataset: "Dataset") -> "Table":
    table = _table("", "shape", "type", "smallest", "largest", "mean")
    for part, split in (("training", dataset.train), ("test", dataset.test)):
        pixels, labels = _range(split), split.labels
        shape = ", ".join(f"{side:,}" for side in split.images.shape)
        extent = str(pixels["min"]), str(pixels["max"]), f"{pixels['mean']:.2f}"
        table.add_row(f"{part} images", f"({shape})", str(split.images.dtype), *extent)
        extent = str(labels.min()), str(labels.max()), ""
        table.add_row(f"{part} labels", f"({len(split):,},)", str(labels.dtype), *extent)
    return table


def _classes_table(dataset: "Dataset") -> "Table":
    from rich.text import Text

    table = _table("label", "class", "training", "test", "share")
    for column in table.columns[2:]:
        column.justify = "right"
    classes = len(dataset.class_names)
    train, test = _counts(dataset.train, classes), _counts(dataset.test, classes)
    total = sum(train) + sum(test)
    for number, name in enumerate(dataset.class_names):
        share = (train[number] + test[number]) / total
        table.add_row(str(number), Text(name), f"{train[number]:,}", f"{test[number]:,}", f"{share:.1%}")
    table.add_row("", "all", f"{sum(train):,}", f"{sum(test):,}", "", end_section=True)
    return table


def _finding_lines(finding: "Finding") -> Iterator[str]:
    yield f"{finding.severity}: {finding.message}"
    for item in finding.items[:_ITEMS_SHOWN]:
        if isinstance(item, tuple):
            sign = " ≈ " if finding.kind == "near_duplicate" else " = "
            yield "    " + sign.join(f"{_place(image)} ({image.class_name})" for image in item)
        elif hasattr(item, "split"):
            yield f"    {_place(item)} ({item.class_name})"
    if len(finding.items) > _ITEMS_SHOWN:
        yield f"    … and {len(finding.items) - _ITEMS_SHOWN:,} more (--json lists all)"


def _place(image: Any) -> str:
    return image.file or f"{image.split} {image.index}"


def _table(*columns: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
