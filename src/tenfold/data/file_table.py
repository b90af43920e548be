"""Reading CSV files whose rows are a label and a picture file."""

from functools import cache
from pathlib import Path

from tenfold.data.options import ReadOptions
from tenfold.data.picture_search import find_picture, part_of, pictures_by_stem
from tenfold.data.pictures import read_pictures
from tenfold.data.sheet import cells
from tenfold.data.sizes import Progress
from tenfold.data.table import Table, TableContent, check_cells, table_labels
from tenfold.errors import DataError


def read_file_tables(
    tables: list[Table], options: ReadOptions, progress: Progress
) -> tuple[list[TableContent], tuple[str, ...]]:
    """Read the pictures that tables in one folder name, all in one shape.

    Paths are relative to that folder; those that begin elsewhere are told by their end: see `find_picture`.

    Returns:
        The content of each table; and the sentences that say what was done.

    Raises:
        DataError: A row is too short or too long, a label is missing, a file does not exist, or several fit.
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
    images, picture_notes, bad = read_pictures([path for part in paths for path in part], options, progress)
    contents, start = [], 0
    for table, part, texts in zip(tables, paths, labels, strict=True):
        rows = zip(part, texts, table.group_texts(), strict=True)
        kept = [(_short(path, folder), text, group) for path, text, group in rows if path not in bad]
        files, kept_labels, groups = zip(*kept, strict=True) if kept else ((), (), ())
        contents.append(TableContent(images[start : start + len(kept)], list(kept_labels), files, groups))
        start += len(kept)
    return contents, notes + picture_notes


def _paths(table: Table) -> tuple[list[Path], tuple[str, ...]]:
    assert table.file_column is not None
    folder, paths, searched = table.path.parent, [], []
    pictures = cache(lambda: pictures_by_stem(folder))
    part = part_of(table.path)
    for number, line in table.rows:
        row = cells(line, table.separator)
        check_cells(table, number, len(row))
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
        f"{table.path.name}: {len(searched):,} of {len(paths):,} pictures were found by the end of their path, such as "
        f"{_short(found, folder)} for {text}."
    )
    return paths, (note,)


def _short(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
