"""Reading a folder with one sub-folder per class, or one that is already split into train/ and test/."""

from pathlib import Path

from tenfold.data.class_folders import doubts
from tenfold.data.class_names import name, number_classes, shortened, suggestion
from tenfold.data.dataset import Split
from tenfold.data.folder_notes import (
    count_pictures,
    labels_elsewhere,
    other_files_note,
    other_files_warnings,
    own_output_note,
    path_below,
)
from tenfold.data.folder_refusals import ONE_FOLDER_A_CLASS, no_pictures, single_class, without_classes, without_labels
from tenfold.data.listing import Listing, list_pictures, visible_files, visible_folders
from tenfold.data.name_labels import label_in_name, labels_from_names
from tenfold.data.options import ReadOptions
from tenfold.data.own_output import is_own_output
from tenfold.data.part_folders import part_folders, unwrapped
from tenfold.data.part_names import Part
from tenfold.data.parts import Parts
from tenfold.data.pictures import read_pictures
from tenfold.data.sizes import Progress
from tenfold.errors import DataError
from tenfold.files import printable


def read_folder(folder: Path, options: ReadOptions, progress: Progress) -> Parts:
    """Read the pictures of a folder; the names of its sub-folders are the classes, in natural order.

    With a sub-folder train/ (or training_set/, train_images/, …) that holds class folders itself, test/ is the test
    part. Validation images (val/, valid/, validation/, dev/) join the training part, since recipes cut their own; if
    there is no test/, they are the test part. Pictures further down count for the class they are below. Hidden files
    and what Tenfold wrote are skipped, other files named in a note. Links to folders are followed, unless they lead
    back. With `options.label_from_name`, the files' names give the classes, and folders no more than the parts.

    Raises:
        DataError: The folder is empty or laid out differently, or a class has no pictures.
        ImageError: A picture cannot be decoded.
    """
    if is_own_output(folder):
        raise DataError(f"{folder}: holds what Tenfold wrote, no data. Give a folder with {ONE_FOLDER_A_CLASS[9:]}")
    parts, notes, warnings = _list_parts(folder, options)
    train, test = parts["train"], parts.get("test")
    paths = train.paths + (test.paths if test else [])
    images, picture_notes, bad = read_pictures(paths, options, progress)
    _refuse_lost_classes(folder, train, bad)
    train, test = _without(train, bad), _without(test, bad) if test else None
    paths = train.paths + (test.paths if test else [])
    names, train_labels, test_labels = number_classes(train.classes, test.classes if test else None, str(folder))
    files = tuple(printable(path.relative_to(folder).as_posix()) for path in paths)
    cut = len(train.paths)
    return Parts(
        Split(images[:cut], train_labels, files[:cut]),
        None if test_labels is None else Split(images[cut:], test_labels, files[cut:]),
        names,
        notes + picture_notes,
        warnings,
    )


def _list_parts(folder: Path, options: ReadOptions) -> tuple[dict[Part, Listing], tuple[str, ...], tuple[str, ...]]:
    """The pictures of each part, "train" among them, with notes and warnings."""
    notes = own_output_note(folder)
    warnings: tuple[str, ...] = ()
    split = _split_folders(folder, options)
    if split is None:
        listing = _list_classes(folder, options)
        if len(set(listing.classes)) == 1:
            raise DataError(single_class(folder, listing, options))
        notes += other_files_note(folder, listing.others)
        warnings = () if options.label_from_name else doubts(folder, visible_folders(folder))
        warnings += other_files_warnings(folder, len(listing.paths), listing.others)
        return {"train": listing}, notes, warnings
    for part in ("validation", "test"):
        for sub_folder in split.get(part, []):
            if not _has_labels(sub_folder, options):
                where = "labels in their names" if options.label_from_name else "class folders"
                notes += (
                    f"{sub_folder.name}/ has no {where}, so its images have no labels: not used."
                    f"{labels_elsewhere(folder, sub_folder, part)}",
                )
    labelled = {
        part: [path for path in paths if part == "train" or _has_labels(path, options)] for part, paths in split.items()
    }
    uses: dict[Part, Part] = {
        "train": "train",
        "validation": "train" if labelled.get("test") else "test",
        "test": "test",
    }
    parts: dict[Part, Listing] = {}
    for part, use in uses.items():
        for sub_folder in labelled.get(part, []):
            listing = _list_classes(sub_folder, options, may_lack=part != "train")
            notes += tuple(f"{path_below(folder, path)}/ is empty: no images of that class." for path in listing.empty)
            if part == "train" and not options.label_from_name:
                warnings += doubts(sub_folder, visible_folders(sub_folder))
            if part == "validation":
                images = f"The {len(listing.paths):,} validation images of {path_below(folder, sub_folder)}/"
                served = "serve as the test part, as there is no test/"
                notes += (f"{images} {'joined the training part' if use == 'train' else served}.",)
            if part != "train":
                warnings += _unknown_classes(sub_folder, listing, parts["train"], use)
            parts[use] = parts.get(use, Listing()) + listing
    named = {path for paths in part_folders(folder).values() for path in paths}
    if unused := [path for path in visible_folders(folder) if path not in named]:
        found = [f"{printable(path.name)} ({count_pictures(len(list_pictures(path)[0]))})" for path in unused]
        notes += (f"Beside train/, these folders were not used: {shortened(found)}.",)
    others = [path for listing in parts.values() for path in listing.others]
    pictures = sum(len(listing.paths) for listing in parts.values())
    warnings += other_files_warnings(folder, pictures, others)
    return parts, notes + other_files_note(folder, others), warnings


def _split_folders(folder: Path, options: ReadOptions) -> dict[Part, list[Path]] | None:
    """The folders of each part; None if the sub-folders are classes.

    Raises:
        DataError: The sub-folders are parts by their names, but their pictures have no labels.
    """
    split = part_folders(folder)
    only_parts = sum(map(len, split.values())) == len(visible_folders(folder))
    if len(split) < 2 and not (split and only_parts):
        return None  # a class may be called train, beside car
    if "train" not in split:
        found = shortened([f"{path.name}/" for paths in split.values() for path in paths])
        raise DataError(f"{folder}: has {found} but no train/. {ONE_FOLDER_A_CLASS.capitalize()}")
    split = {part: [unwrapped(path) for path in paths] for part, paths in split.items()}
    if options.label_from_name or any(map(visible_folders, split["train"])):
        return split
    raise DataError(without_labels(folder, split["train"][0]))


def _has_labels(part_folder: Path, options: ReadOptions) -> bool:
    if options.label_from_name:
        return any(label_in_name(path.name) for path in list_pictures(part_folder)[0])
    return bool(visible_folders(part_folder))


def _list_classes(folder: Path, options: ReadOptions, *, may_lack: bool = False) -> Listing:
    """The pictures below a folder with their classes; with `may_lack`, there need not be some of each class."""
    if options.label_from_name:
        pictures, others = list_pictures(folder)
        if not pictures:
            raise DataError(without_classes(folder))
        return Listing(pictures, labels_from_names(pictures, folder, at_least=1 if may_lack else 2), others)
    class_folders = visible_folders(folder)
    if not class_folders:
        raise DataError(without_classes(folder))
    _refuse_equal_names(class_folders)
    listing = Listing(others=visible_files(folder))
    for class_folder in class_folders:
        pictures, others = list_pictures(class_folder)
        if not pictures and not (may_lack and not others):
            raise DataError(no_pictures(folder, class_folder, others))
        empty = [] if pictures else [class_folder]
        listing += Listing(pictures, [_class_name(class_folder)] * len(pictures), others, empty)
    return listing


def _unknown_classes(folder: Path, listing: Listing, train: Listing, use: Part) -> tuple[str, ...]:
    """A warning about classes that the training part gets from its validation images alone.

    Raises:
        DataError: The images are for the test, and the model cannot know their classes.
    """
    lacking = [class_name for class_name in dict.fromkeys(listing.classes) if class_name not in train.classes]
    if not lacking:
        return ()
    named = shortened([f"{one!r} ({count_pictures(listing.classes.count(one))})" for one in lacking])
    told = f"has the class{'' if len(lacking) == 1 else 'es'} {named}, which train/ lacks"
    if use == "train":
        joined = "The validation images join the training part, so the model learns these from them alone"
        return (f"{folder.name}/ {told}. {joined}.",)
    known = list(dict.fromkeys(train.classes))
    raise DataError(
        f"{folder}: {told}{suggestion(lacking[0], known)} It is the test part, and the training part's classes are "
        f"{shortened(known)}. Add training images, or remove the folder."
    )


def _without(listing: Listing, bad: frozenset[Path]) -> Listing:
    kept = [position for position, path in enumerate(listing.paths) if path not in bad]
    return Listing([listing.paths[i] for i in kept], [listing.classes[i] for i in kept], listing.others)


def _refuse_lost_classes(folder: Path, train: Listing, bad: frozenset[Path]) -> None:
    kept = _without(train, bad).classes
    if lost := [one for one in dict.fromkeys(train.classes) if one not in kept]:
        counts = [f"{one!r} ({count_pictures(train.classes.count(one))})" for one in lost]
        raise DataError(
            f"{folder}: no training picture of {shortened(counts)} can be used, so that --skip-bad would leave out the "
            "class. Replace the pictures, or remove the class from the data."
        )


def _refuse_equal_names(class_folders: list[Path]) -> None:
    """Two folders may be named alike but for spaces, or for how accents are composed."""
    first: dict[str, Path] = {}
    for folder in class_folders:
        other = first.setdefault(_class_name(folder), folder)
        if other != folder:
            raise DataError(
                f"{folder.parent}: the class folders {other.name!r} and {folder.name!r} have the same name, apart from "
                "spaces or how accents are composed. Join them, or rename one."
            )


def _class_name(class_folder: Path) -> str:
    try:
        class_folder.name.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{class_folder}: the folder's name is not valid UTF-8. Rename it.") from error
    return name(class_folder.name)
