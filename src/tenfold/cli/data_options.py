"""The arguments that say which data is meant and how it is read: the same for every command that reads data."""

from typing import Annotated

import typer

Data = Annotated[str, typer.Argument(help="mnist, fashion-mnist, or a folder, CSV, .npz or IDX folder of your own.")]
Size = Annotated[str | None, typer.Option(help="Bring all images to HEIGHTxWIDTH pixels, such as 32x32.")]
Gray = Annotated[bool, typer.Option("--gray", help="Turn colour to grey.")]
Label = Annotated[
    str | None, typer.Option("--label", metavar="COLUMN", help="The CSV column with the labels: heading, or number.")
]
LabelFromName = Annotated[
    bool, typer.Option("--label-from-name", help="Take labels from file names: cat.0.jpg shows a cat.")
]
Group = Annotated[
    str | None,
    typer.Option("--group", metavar="COLUMN", help="Keep pictures of one group (a patient, a writer) on one side."),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Go on without pictures that cannot be decoded.")]
