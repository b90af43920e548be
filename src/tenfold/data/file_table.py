"""Reading CSV files whose rows are a label and a picture file."""

from collections import Counter
from functools import cache
from pathlib import Path

from tenfold.data.options import ReadOptions
from tenfold.data.picture_search import find_picture, part_of, pictures_by_stem
from tenfold.data.pictures import read_pictures
from tenfold.data.sheet import cells
from tenfold.data.sizes import Progress
from tenfold.data.table import Table, TableContent, table_labels
from tenfold.errors import DataError


def read_file_tables(
    tables: list[Table], options: ReadOptions, progress: Progress
) -> tuple[list[TableContent], tuple[str, ...]]:
    """Read the pictures that tables in one folder name, all in one shape.

    Paths are relative to that folder; those that begin elsewhere are told by their end: see `find_picture`.

    Returns:
        The content of each table; and the sentences that say what was done.

    Raises:
        DataError: A label is missing, a file is listed with several labels, a file does not exist, or several fit.
        ImageError: A picture cannot be decoded.
    """
    folder = tables[0].path.parent
    paths: list[list[Path]] = []
    notes: tuple[str, ...] = ()
    for table in tables:
        named, search_notes = _paths(table)
        paths.append(named)
        notes += search_notes
    labels = [table_labels(table) for table in tables]
    notes += _repeated_note(tables, paths, labels)
    images, picture_notes, bad = read_pictures([path for part in paths for path in part], options, progress)
    contents, start = [], 0
    for table, part, texts in zip(tables, paths, labels, strict=True):
        rows = zip(part, texts, table.group_texts(), strict=True)
        kept = [(_short(path, folder), text, group) for path, text, group in rows if path not in bad]
        files, kept_labels, groups = zip(*kept, strict=True) if kept else ((), (), ())
        contents.append(TableContent(images[start : start + len(kept)], list(kept_labels), files, groups))
        start += len(kept)
    return contents, notes + picture_notes


def _repeated_note(tables: list[Table], paths: list[list[Path]], labels: list[list[str]]) -> tuple[str, ...]:
    """A sentence about rows that name a picture again.

    Raises:
        DataError: They give it another label.
    """
    first: dict[Path, tuple[Table, int, str]] = {}
    again: Counter[Path] = Counter()
    other: dict[Path, str] = {}
    for table, files, texts in zip(tables, paths, labels, strict=True):
        for (number, _), path, text in zip(table.rows, files, texts, strict=True):
            table_before, line, label = first.setdefault(path, (table, number, text))
            if table_before is not table or line != number:
                again[path] += 1
            if label != text:
                before = f"{label!r} in line {line} of {table_before.path.name}"
                other.setdefault(path, f"{before}, {text!r} in line {number} of {table.path.name}")
    if other:
        path, found = next(iter(other.items()))
        raise DataError(
            f"{tables[0].path}: {len(other):,} of {len(first):,} pictures are listed with several labels, such as "
            f"{path.name}: {found}. Expected one label for each picture. Remove the wrong lines; if each line is an "
            "object in the picture (a bounding box), cut the objects out, each into a file of its own."
        )
    if not again:
        return ()
    return (
        f"{len(again):,} of {len(first):,} pictures are listed more than once with the same label, such as "
        f"{next(iter(again)).name}: each line counts.",
    )


def _paths(table: Table) -> tuple[list[Path], tuple[str, ...]]:
    assert table.file_column is not None
    folder, paths, searched = table.path.parent, [], []
    pictures = cache(lambda: pictures_by_stem(folder))
    part = part_of(Path(table.part)) if table.part else part_of(table.path)
    for number, line in table.rows:
        row = cells(line, table.separator)
        # Tables made on Windows separate folders by \, which other systems take for part of a name.
        text = row[table.file_column].strip().replace("\\", "/")
        path = folder / text
        if not text or not path.is_file():
            try:
                found = find_picture(text, folder, pictures(), part)
            except DataError as error:
                raise DataError(f"{table.path}: line {number}: {error}. Write the path from {folder} on.") from error
            if found is None:
                raise DataError(
                    f"{table.path}: line {number} names {text!r}, but there is no file {path}, nor a picture below "
                    f"{folder} whose path ends so. Paths are relative to the folder of the table; correct or remove "
                    "the line."
                )
            searched.append((text, found))
            path = found
        paths.append(path)
    if not searched:
        return paths, ()
    text, found = searched[0]
    note = (
        f"{table.name}: {len(searched):,} of {len(paths):,} pictures were found by the end of their path, such as "
        f"{_short(found, folder)} for {text}."
    )
    return paths, (note,)


def _short(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
