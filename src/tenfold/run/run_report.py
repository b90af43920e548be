"""The report of a run, made of the files in its folder and of nothing else."""

import csv
import io
from collections.abc import Sequence

from PIL import Image

from tenfold.errors import RunError
from tenfold.evaluation.mistakes import MISTAKES_SHOWN
from tenfold.figures.style import encode_png
from tenfold.files import write_text
from tenfold.models.arithmetic import LayerArithmetic, layer_arithmetic
from tenfold.recipes.recipe import load_recipe
from tenfold.record import RunRecord, read_record
from tenfold.report.html_report import Mistake, render_report
from tenfold.run.run_figures import draw_figures
from tenfold.run.run_folder import RunFolder, find_run, read_history
from tenfold.run.runs import read_metrics
from tenfold.run.shown_images import read_shown_images


def report(run: str) -> RunFolder:
    """Draw the figures of a run and write its report again, from the files in its folder.

    Args:
        run: A run folder, the name of one below runs/, or "last".

    Raises:
        RunError: There is no such run, it was not evaluated, or a file of it is damaged.
    """
    folder = RunFolder(find_run(run))
    if folder.pictures.exists():  # runs of Tenfold 0.1.0 have none, and keep the figures that they have
        draw_figures(folder)
    write_report(folder)
    return folder


def write_report(folder: RunFolder) -> None:
    """Write report.html; the same files give the same bytes.

    Raises:
        RunError: A file that it is made of is missing or damaged.
    """
    record = read_record(folder.run)
    if record.schema_version == 1:
        network = record.network.model_copy(update={"layers": _layers(folder, record)})
        record = record.model_copy(update={"path": str(folder.path), "network": network})
    figures = {path.stem: path.read_bytes() for path in sorted(folder.figures.glob("*.png"))}
    if curves := figures.pop("training_curves", None):  # beside each other on wide screens, else below each other
        image = Image.open(io.BytesIO(curves))
        half, height = image.width // 2, image.height
        figures["training_curves_accuracy"] = encode_png(image.crop((0, 0, half, height)))
        figures["training_curves_loss"] = encode_png(image.crop((half, 0, image.width, height)))
    page = render_report(
        record=record,
        metrics=read_metrics(folder),
        history=read_history(folder),
        recipe_toml=folder.recipe.read_text(encoding="utf-8"),
        figures=figures,
        mistakes=_mistakes(folder, record.data.classes),
    )
    write_text(folder.report, page)


def _layers(folder: RunFolder, record: RunRecord) -> list[LayerArithmetic]:
    """Those of a run of Tenfold 0.1.0, whose record does not have them."""
    from tenfold.models.architectures import outline_model  # loads Keras

    recipe = load_recipe(folder.recipe)
    return layer_arithmetic(outline_model(recipe.network, record.data.image_shape, len(record.data.classes)))


def _mistakes(folder: RunFolder, classes: Sequence[str]) -> list[Mistake]:
    """The mistakes that the report names: those of the figure of wrong predictions, in its order."""
    if not folder.pictures.exists():
        return _mistakes_of_predictions(folder)
    shown = read_shown_images(folder)
    wrong = shown.wrong
    return [
        Mistake(
            wrong.files[row] if wrong.files else f"number {index}",
            classes[wrong.labels[row]],
            classes[wrong.probabilities[row].argmax()],
            float(wrong.probabilities[row].max()),
            bool(wrong.accepted[row]),
        )
        for row, index in enumerate(shown.wrong_index)
    ]


def _mistakes_of_predictions(folder: RunFolder) -> list[Mistake]:
    """The same for a run of Tenfold 0.1.0, which has no pictures.npz."""
    try:
        with folder.predictions.open(encoding="utf-8", newline="") as file:
            wrong = [row for row in csv.DictReader(file) if row["label"] != row["predicted"]]
        wrong.sort(key=lambda row: -float(row["probability"]))
        return [
            Mistake(
                row.get("file") or f"number {row['index']}",
                row["label"],
                row["predicted"],
                float(row["probability"]),
                row["accepted"] == "yes",
            )
            for row in wrong[:MISTAKES_SHOWN]
        ]
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{folder.predictions}: cannot be read ({error}). Train the run again.") from error
