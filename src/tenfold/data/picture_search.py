"""Finding the pictures that a table names: by their path, or by its end among the pictures below the table's folder."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tenfold.data.listing import list_pictures
from tenfold.data.sheet import is_picture
from tenfold.errors import DataError

PicturesByStem = Mapping[str, list[Path]]
"""Name without its ending → the pictures of that name."""


def pictures_by_stem(folder: Path) -> PicturesByStem:
    """All pictures below a folder."""
    found = defaultdict(list)
    for path in list_pictures(folder)[0]:
        found[path.stem].append(path)
    return found


def part_of(path: Path) -> str:
    """The part of the data that a file or folder is named after: "train", "val" or "test"; "" without such a word."""
    found = re.search(r"train|val|test", path.stem.lower())
    return found[0] if found else ""


def find_picture(text: str, folder: Path, pictures: PicturesByStem, part: str = "") -> Path | None:
    """The picture below a folder that a table means, whose paths begin elsewhere or lack folders or the ending.

    The end of the path decides: C:/data/cat/1.png is cat/1.png, 1.png (or 1, without ending) is train/1.png. Where both
    paths begin with folders of their own, the picture's own folder has to agree.

    Args:
        text: A path with / between folders.
        folder: Where the table lies.
        pictures: The pictures below it.
        part: "train", "val" or "test": of pictures that fit equally, those in a folder named so are meant.

    Returns:
        The picture; None if there is none.

    Raises:
        DataError: Several pictures fit.
    """
    wanted = PurePosixPath(text)
    parts = (*wanted.parts[:-1], wanted.stem) if is_picture(text) else wanted.parts
    if not parts:
        return None
    agreeing = defaultdict(list)
    for path in pictures.get(parts[-1], ()):
        if is_picture(text) and path.suffix.lower() != wanted.suffix.lower():
            continue
        relative = path.relative_to(folder).with_suffix("").parts
        same = 0
        while same < min(len(parts), len(relative)) and parts[-1 - same] == relative[-1 - same]:
            same += 1
        if same >= 2 or same in (len(parts), len(relative)):
            agreeing[same].append(path)
    best = agreeing[max(agreeing)] if agreeing else []
    in_part = [path for path in best if part and any(part_of(one) == part for one in path.relative_to(folder).parents)]
    best = in_part or best
    if len(best) > 1:
        shown = " and ".join(path.relative_to(folder).as_posix() for path in best[:2])
        raise DataError(f"{text!r} may mean {shown}")
    return best[0] if best else None
