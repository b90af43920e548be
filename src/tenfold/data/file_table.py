"""Reading CSV files whose rows are a label and the path of a picture file."""

from pathlib import Path

from tenfold.data.class_names import number_classes
from tenfold.data.dataset import Split
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.data.pictures import read_pictures
from tenfold.data.sizes import Progress
from tenfold.data.table import Table, cells, check_cells, table_labels
from tenfold.errors import DataError


def read_file_tables(tables: list[Table], options: ReadOptions, progress: Progress) -> Parts:
    """Read the pictures that the first table names for training, and those of a second one for testing.

    Paths are relative to the folder that the table lies in.

    Raises:
        DataError: A row is too short or too long, a label is missing, or a file does not exist.
        ImageError: A picture cannot be decoded.
    """
    paths = [_paths(table) for table in tables]
    labels = [table_labels(table) for table in tables]
    images, notes = read_pictures([path for part in paths for path in part], options, progress)
    source = str(tables[0].path)
    names, train, test = number_classes(labels[0], labels[1] if len(labels) == 2 else None, source)
    files = tuple(_short(path, tables[0].path.parent) for part in paths for path in part)
    cut = len(paths[0])
    return Parts(
        Split(images[:cut], train, files[:cut]),
        None if test is None else Split(images[cut:], test, files[cut:]),
        names,
        notes,
    )


def _paths(table: Table) -> list[Path]:
    assert table.file_column is not None
    folder, paths = table.path.parent, []
    for number, line in table.rows:
        row = cells(line, table.separator)
        check_cells(table, number, len(row))
        # Tables made on Windows separate folders by \, which other systems take for part of a name.
        text = row[table.file_column].strip().replace("\\", "/")
        path = folder / text
        if not text or not path.is_file():
            raise DataError(
                f"{table.path}: line {number} names {text!r}, but there is no file {path}. "
                "Paths are relative to the folder of the table; correct or remove the line."
            )
        paths.append(path)
    return paths


def _short(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
