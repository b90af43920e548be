"""Why a folder cannot be read as classes of pictures, and what to do."""

from pathlib import Path

from tenfold.data.class_folders import label_table
from tenfold.data.foreign_files import advice_on_foreign_files
from tenfold.data.groups import GROUPS_FILE
from tenfold.data.image_file import IMAGE_SUFFIXES
from tenfold.data.listing import Listing, visible_files, visible_folders
from tenfold.data.name_labels import offer
from tenfold.data.options import ReadOptions
from tenfold.data.part_names import part_word
from tenfold.data.table_choice import table_to_name

_DATA_SUFFIXES = (".csv", ".npz", ".zip", ".tar", ".gz")
ONE_FOLDER_A_CLASS = "expected one sub-folder for each class, with its images in it."


def single_class(folder: Path, listing: Listing, options: ReadOptions) -> str:
    """Why one class is not enough, and which folder or table may be meant."""
    if options.label_from_name:
        return (
            f"{folder}: the names of its {len(listing.paths):,} pictures give only the label {listing.classes[0]!r}; "
            "a classifier needs at least two classes. Sort the pictures into a folder for each class."
        )
    (only,) = visible_folders(folder)
    may_be_meant = len(visible_folders(only)) > 1 and part_word(only.name) in (None, "train")
    hint = f" Did you mean {only}?" if may_be_meant else " Add a sub-folder for each other class."
    if table := label_table(folder):
        hint = f" {table.name} names pictures: did you mean {table}?"
    hint += offer(listing.paths)
    return f"{folder}: has only one class folder, {only.name!r}; a classifier needs at least two classes.{hint}"


def no_pictures(folder: Path, class_folder: Path, others: list[Path]) -> str:
    """Why a class has no pictures; what to do with the whole folder, if it holds data in another format."""
    found = f"only other files, such as {others[0].name}" if others else "it is empty"
    return advice_on_foreign_files(folder) or (
        f"{class_folder}: this class has no pictures ({found}); expected PNG, JPEG, WebP, BMP, GIF or TIFF "
        f"files. {'Convert them' if others else 'Add some'}, or remove the folder."
    )


def without_labels(folder: Path, train: Path) -> str:
    """Why pictures in train/ itself have no labels, and how they may get some."""
    pictures = [path for path in visible_files(train) if path.suffix.lower() in IMAGE_SUFFIXES]
    table = label_table(folder) or label_table(train)
    hint = f" {table.name} names pictures: did you mean {table}?" if table else offer(pictures)
    expected = f"{train}: has no sub-folders; expected one for each class, with its images in it.{hint}"
    return advice_on_foreign_files(folder) or expected


def without_classes(folder: Path) -> str:
    """Why a folder without sub-folders cannot be read, and what to give or do."""
    files = visible_files(folder)
    data = [path for path in files if path.suffix.lower() in _DATA_SUFFIXES and path.name != GROUPS_FILE]
    if data:
        give = "Give that file itself, or make a sub-folder for each class."
        return f"{folder}: has no sub-folders but {table_to_name(data).name}. {give}"
    if pictures := [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]:
        unknown = "its images lie beside one another, so that their classes are unknown"
        return f"{folder}: {unknown}; {ONE_FOLDER_A_CLASS}{offer(pictures)}"
    found = "has no sub-folders" if files else "is empty"
    return advice_on_foreign_files(folder) or f"{folder}: {found}; {ONE_FOLDER_A_CLASS}"
