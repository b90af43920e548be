"""`tenfold predict IMAGE…`: what pictures show."""

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli.output import print_json, stderr
from tenfold.errors import DataError, ImageError
from tenfold.evaluation.wording import percent
from tenfold.files import printable

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from tenfold.photo.reader import Reader
    from tenfold.photo.reading import Reading

_AT_ONCE = 64
_FOLDERS_NAMED = 5
_NO_CLASS = "not one of the classes"
_WIDEST_TEXT = 24
_LONGEST_STEM = 60
"""Characters of a file's name in that of its folder of steps: file systems take 255 bytes."""


@dataclass(frozen=True)
class _Answer:
    """What is written in one file."""

    file: str
    reading: "Reading"


def predict(
    images: Annotated[
        list[str],
        typer.Argument(help="Image files, folders (all images directly in them), or - for standard input."),
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", help='A run folder, "last", or an ONNX file; else MNIST\'s digits.'),
    ] = None,
    show_steps: Annotated[
        Path | None,
        typer.Option(
            "--show-steps", help="Write every stage from the picture to the network's input into this folder."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell what pictures show, by a trained model.

    A model of handwritten digits reads photos: single digits, rows, several lines.

    If some pictures cannot be read, the others are still answered; then the bad ones are named, with exit
    code 2.
    """
    from tenfold.data.image_file import bad_images

    errors: list[ImageError] = []
    files = [file for given in images for file in _files(given, errors)]
    if show_steps:
        _check_empty(show_steps)
    reader = _reader(model)
    answers: list[_Answer] = []
    for some in _in_parts(files, 1 if show_steps else _AT_ONCE):
        answered = _answer(some, reader, errors, keep_steps=show_steps is not None)
        if show_steps:
            answered = [_with_written_steps(one, show_steps, len(files), len(answers)) for one in answered]
        answers += answered
    if as_json and (answers or not errors):
        print_json({"predictions": [_document(answer) for answer in answers]})
    elif answers:
        print("\n".join(_lines(answers)))
    if errors:
        raise ImageError(bad_images([str(error) for error in errors], len(answers) + len(errors)))


def _files(given: str, errors: list[ImageError]) -> list[str]:
    """The image files that one argument stands for; what is wrong with it goes to `errors`."""
    from tenfold.data.class_names import natural_order
    from tenfold.data.image_file import IMAGE_SUFFIXES

    folder = Path(given)
    if given == "-" or not os.path.isdir(given):  # noqa: PTH112 - pathlib raises where a name is too long
        return [given]
    try:
        names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        errors.append(ImageError(f"{given}: cannot be read ({error.strerror}). Check its permissions."))
        return []
    pictures = [name for name in names if Path(name).suffix.lower() in IMAGE_SUFFIXES]
    if not pictures:
        message = "no images in this folder; expected files named *.png, *.jpg and so on directly in it"
        errors.append(ImageError(f"{given}: {message}.{_better_folders(folder, names)}"))
    return [str(folder / name) for name in sorted(pictures, key=natural_order)]


def _better_folders(folder: Path, names: Sequence[str]) -> str:
    """The sub-folders that hold images, as what to type instead."""
    from tenfold.data.class_names import natural_order
    from tenfold.data.listing import list_pictures

    with suppress(OSError, DataError):
        folders = [folder / name for name in sorted(names, key=natural_order) if (folder / name).is_dir()]
        found = [shlex.quote(printable(path)) for path in folders if list_pictures(path)[0]]
        if found:
            shown = " ".join(found[:_FOLDERS_NAMED]) + (" …" if len(found) > _FOLDERS_NAMED else "")
            return f" Its sub-folders hold some: tenfold predict {shown}"
    return " Its sub-folders hold none, either."


def _reader(model: str | None) -> "Reader":
    from tenfold.classifier.classifier import default_model_path
    from tenfold.photo.reader import load_classifier

    if model is None:
        return load_classifier(default_model_path())
    if Path(model).exists() or Path(model).suffix in (".onnx", ".keras", ".h5"):
        return load_classifier(model)
    from tenfold.run.run_folder import find_run

    return load_classifier(find_run(model))


def _in_parts(files: Sequence[str], at_once: int) -> Iterator[Sequence[str]]:
    """A few files at a time, with a progress bar if there are many."""
    parts = [files[start : start + at_once] for start in range(0, len(files), at_once)]
    if len(files) <= _AT_ONCE:
        yield from parts
        return
    from rich.progress import Progress

    with Progress(console=stderr, transient=True) as progress:
        task = progress.add_task("Predicting", total=len(files))
        for part in parts:
            yield part
            progress.advance(task, len(part))


def _answer(files: Sequence[str], reader: "Reader", errors: list[ImageError], keep_steps: bool) -> list[_Answer]:
    """Read some files; what cannot be read goes to `errors`."""
    names: list[str] = []

    def decoded() -> Iterator["Picture"]:
        for file in files:
            try:
                picture = _picture(file)
            except ImageError as error:
                errors.append(error)
            else:
                names.append(printable(file))
                yield picture

    readings = reader.read_pictures(decoded(), keep_steps=keep_steps)
    return [_Answer(name, reading) for name, reading in zip(names, readings, strict=True)]


def _check_empty(folder: Path) -> None:
    """Nothing is overwritten, and that is said before any work is done."""
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise ImageError(f"{folder}: cannot be a folder for the steps ({error.strerror}). Name another.") from error
    if taken:
        raise ImageError(
            f"{folder}: holds something already, and nothing is overwritten. "
            "Name a new or empty folder with --show-steps."
        )


def _with_written_steps(answer: _Answer, folder: Path, files: int, done: int) -> _Answer:
    """An answer whose stages were written: of one picture into the folder itself, of several into one for each.

    It keeps them no longer: the stages of a photo take 80 MB.
    """
    from tenfold.photo.pictures import write_steps

    stem = Path(answer.file).stem[:_LONGEST_STEM]
    write_steps(answer.reading.steps, folder / f"{done + 1:03}-{stem}" if files > 1 else folder)
    return replace(answer, reading=replace(answer.reading, steps=[]))


def _picture(file: str) -> "Picture":
    from tenfold.data.image_file import MAX_FILE_BYTES, decode_image

    if file != "-":
        return decode_image(Path(file), printable(file))
    if sys.stdin is None or sys.stdin.isatty():
        raise ImageError("- reads an image from standard input; pipe one in: tenfold predict - < seven.png")
    return decode_image(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "standard input")


def _document(answer: _Answer) -> dict[str, Any]:
    """One picture for --json; a picture of several characters, or of none, is none of the classes itself."""
    reading, single = answer.reading, len(answer.reading.characters) == 1
    probability = reading.probability
    return {
        "file": answer.file,
        "label": reading.characters[0].label if single else None,
        "probability": None if probability is None else round(probability, 6),
        "top": [[name, round(value, 6)] for name, value in reading.characters[0].top] if single else [],
        "text": reading.text,
        "characters": [
            {"label": one.label, "probability": round(one.probability, 6), "box": list(one.box)}
            for one in reading.characters
        ],
        "notes": list(reading.notes),
    }


def _lines(answers: Sequence[_Answer]) -> Iterator[str]:
    """One aligned line for each picture: file, text, probability, and in brackets the two that come next.

    A long text moves its own probability to the right, not that of others. Below, indented, stands what was unusual.
    """
    from rich.cells import cell_len  # Chinese characters take two columns

    texts = [_text(answer.reading) for answer in answers]
    file_width = max(cell_len(answer.file) for answer in answers)
    text_width = min(_WIDEST_TEXT, max(cell_len(text) for text in texts))
    for answer, text in zip(answers, texts, strict=True):
        file = answer.file + " " * (file_width - cell_len(answer.file))
        padded = text + " " * (text_width - cell_len(text))
        yield f"{file}  {padded}  {_certainty(answer.reading)}".rstrip()
        yield from (f"  {note}" for note in answer.reading.notes)


def _text(reading: "Reading") -> str:
    if [one.label for one in reading.characters] == [None]:
        return _NO_CLASS
    return reading.text.replace("\n", " ") or "–"


def _certainty(reading: "Reading") -> str:
    count, unknown = len(reading.characters), sum(one.label is None for one in reading.characters)
    if unknown:
        return f"({unknown} of {count} characters are {_NO_CLASS})" if count > 1 else ""
    if reading.probability is None:
        return ""
    certainty = f"{percent(reading.probability):>7}"
    if count > 1:
        return f"{certainty}  ({count} characters)"
    others = ", ".join(f"{name} {percent(value)}" for name, value in reading.characters[0].top[1:3])
    return f"{certainty}  ({others})"
