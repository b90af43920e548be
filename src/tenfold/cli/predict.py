"""`tenfold predict IMAGE…`: what pictures show."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli.output import print_json, stderr
from tenfold.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from tenfold.classifier.classifier import Classifier, Prediction

_AT_ONCE = 64
_BAD_IMAGES_NAMED = 20
_NO_CLASS = "not one of the classes"


@dataclass(frozen=True)
class _Answer:
    """What one file was taken for, and the width and height of its picture in pixels."""

    file: str
    size: tuple[int, int]
    prediction: "Prediction"


def predict(
    images: Annotated[
        list[str],
        typer.Argument(help="Image files, folders (all images directly in them), or - for standard input."),
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", help='A run folder, "last", or an ONNX file; else MNIST\'s digits.'),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what pictures show, by a trained model.

    If some pictures cannot be read, the others are still answered; then the bad ones are named, with exit
    code 2.
    """
    files = [file for given in images for file in _files(given)]
    classifier = _classifier(model)
    answers: list[_Answer] = []
    errors: list[ImageError] = []
    for some in _in_parts(files):
        _answer(some, classifier, answers, errors)
    if as_json and (answers or not errors):
        print_json({"predictions": [_document(answer) for answer in answers]})
    elif answers:
        print("\n".join(_lines(answers)))
    if errors:
        raise ImageError(_summary(errors, len(files)))


def _files(given: str) -> list[str]:
    """The image files that one argument stands for."""
    from tenfold.data.class_names import natural_order
    from tenfold.data.image_file import IMAGE_SUFFIXES

    folder = Path(given)
    if given == "-" or not os.path.isdir(given):  # noqa: PTH112 - pathlib raises where a name is too long
        return [given]
    try:
        names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise ImageError(f"{given}: cannot be read ({error.strerror}). Check its permissions.") from error
    names = [name for name in names if Path(name).suffix.lower() in IMAGE_SUFFIXES]
    if not names:
        raise ImageError(
            f"{given}: no images in this folder; expected files named *.png, *.jpg and so on directly in it "
            "(its sub-folders are not searched)."
        )
    return [str(folder / name) for name in sorted(names, key=natural_order)]


def _classifier(model: str | None) -> "Classifier":
    from tenfold.classifier.classifier import default_model_path, load_classifier

    if model is None:
        return load_classifier(default_model_path())
    if Path(model).exists() or Path(model).suffix in (".onnx", ".keras", ".h5"):
        return load_classifier(model)
    from tenfold.run.run_folder import find_run

    return load_classifier(find_run(model))


def _in_parts(files: Sequence[str]) -> Iterator[Sequence[str]]:
    """A few files at a time, with a progress bar if there are many."""
    starts = range(0, len(files), _AT_ONCE)
    if len(starts) > 1:
        from rich.progress import Progress

        with Progress(console=stderr, transient=True) as progress:
            task = progress.add_task("Predicting", total=len(files))
            for start in starts:
                yield files[start : start + _AT_ONCE]
                progress.advance(task, _AT_ONCE)
    else:
        yield files


def _answer(files: Sequence[str], classifier: "Classifier", answers: list[_Answer], errors: list[ImageError]) -> None:
    """Predict some files; what cannot be read goes to `errors`."""
    read: list[tuple[str, Picture]] = []
    for file in files:
        try:
            read.append((file, _picture(file)))
        except ImageError as error:
            errors.append(error)
    predictions = classifier.predict([picture for _, picture in read])
    for (file, picture), prediction in zip(read, predictions, strict=True):
        answers.append(_Answer(_printable(file), picture.size, prediction))


def _picture(file: str) -> "Picture":
    from tenfold.data.image_file import MAX_FILE_BYTES, decode_image

    if file != "-":
        return decode_image(Path(file), _printable(file))
    if sys.stdin.isatty():
        raise ImageError("- reads an image from standard input; pipe one in: tenfold predict - < seven.png")
    return decode_image(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "standard input")


def _printable(file: str) -> str:
    # File names may hold bytes that are no UTF-8, which Python cannot print as they are.
    return file.encode("utf-8", "backslashreplace").decode("utf-8")


def _document(answer: _Answer) -> dict[str, Any]:
    label, probability = answer.prediction.label, round(answer.prediction.probability, 6)
    whole = {"label": label, "probability": probability, "box": [0, 0, *answer.size]}
    return {
        "file": answer.file,
        "label": label,
        "probability": probability,
        "top": [[name, round(value, 6)] for name, value in answer.prediction.top],
        "text": label,
        "characters": [whole],
        "notes": [],
    }


def _lines(answers: Sequence[_Answer]) -> Iterator[str]:
    """One aligned line for each picture: file, label, probability, and in brackets the two that come next."""
    from rich.cells import cell_len  # Chinese characters take two columns

    file_width = max(cell_len(answer.file) for answer in answers)
    labels = [_NO_CLASS if answer.prediction.label is None else answer.prediction.label for answer in answers]
    label_width = max(cell_len(label) for label in labels)
    for answer, label in zip(answers, labels, strict=True):
        prediction = answer.prediction
        file = answer.file + " " * (file_width - cell_len(answer.file))
        padded = label + " " * (label_width - cell_len(label))
        if prediction.label is None:
            yield f"{file}  {padded}"
            continue
        others = ", ".join(f"{name} {_percent(value)}" for name, value in prediction.top[1:3])
        yield f"{file}  {padded}  {_percent(prediction.probability):>7}  ({others})"


def _percent(probability: float) -> str:
    if 0.9995 <= probability < 1:
        return ">99.9 %"  # rounded up, it would look like certainty
    if 0 < probability < 0.0005:
        return "<0.1 %"
    return f"{100 * probability:.1f} %"


def _summary(errors: Sequence[ImageError], count: int) -> str:
    if count == 1:
        return str(errors[0])
    named = [str(error) for error in errors[:_BAD_IMAGES_NAMED]]
    if len(errors) > len(named):
        named.append(f"… and {len(errors) - len(named):,} more")
    return "\n  ".join([f"{len(errors):,} of {count:,} images cannot be used:", *named])
