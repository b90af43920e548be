"""From whatever the user names (a data set that comes along, a folder, a file) to a `Dataset`."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tenfold.data.catalog import CATALOG, catalog_name, load_catalog_entry
from tenfold.data.class_names import suggestion
from tenfold.data.csv_file import read_csv
from tenfold.data.dataset import Dataset, Split
from tenfold.data.folder import read_folder
from tenfold.data.foreign_files import conversion
from tenfold.data.groups import with_groups
from tenfold.data.idx_folder import find_idx_folder, is_idx_file, read_idx_folder
from tenfold.data.known_classes import read_known_classes
from tenfold.data.npz import read_npz
from tenfold.data.options import ReadOptions, Size
from tenfold.data.parts import Parts, to_dataset
from tenfold.data.sizes import Progress, bring_to_one_shape, check_size
from tenfold.errors import DataError

Reader = Callable[[Path, ReadOptions, Progress], Parts]

_KINDS = (
    "a folder with one sub-folder per class, a folder with train/ and test/, a folder of IDX files, "
    "a .csv or an .npz file"
)


def load_dataset(
    source: str | Path,
    *,
    size: Size | None = None,
    gray: bool = False,
    label_column: str | None = None,
    label_from_name: bool = False,
    group_column: str | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda done, total: None,
) -> Dataset:
    """Load a data set of small images.

    What was decided on the way (sizes, colour, the test part, unused files) stands in the data set's `notes`.

        dataset = load_dataset("mnist")
        dataset = load_dataset("my_letters/", size=(32, 32), gray=True)

    Args:
        source: The name of a data set that comes along ("mnist", "fashion-mnist"); a folder with one
            sub-folder of pictures for each class, or with train/ and test/ of that kind, or of IDX files; a
            CSV file of label and pixels, or of label and picture file; an .npz file of images and labels.
        size: Height and width in pixels to bring all images to. Without it, the size of most images (see
            `tenfold.data.sizes.common_size`), with no side longer than 96.
        gray: Turn colour into grey. Without it, images are grey only if none has colour.
        label_column: Heading or number (from 1) of a CSV file's column with the labels. Without it, it is found.
        label_from_name: Take the labels from the names of the picture files: "cat.0.jpg" shows a cat.
        group_column: Heading of the column that names each picture's group, in a table of files or in groups.csv: no
            cut separates pictures of one group.
        skip_bad: Go on without pictures that cannot be decoded.
        progress: Is called with the steps done and all steps.

    Raises:
        DataError: There is no such data, or it makes no sense; the message names the file.
        ImageError: A picture cannot be decoded.
    """
    options = ReadOptions(size, gray, label_column, label_from_name, group_column, skip_bad)
    return read_dataset(source, options, progress)


def read_dataset(source: str | Path, options: ReadOptions, progress: Progress) -> Dataset:
    """Load a data set: `load_dataset`, with its options as one value."""
    if options.size:
        check_size(options.size)
    if isinstance(source, str) and (entry := CATALOG.get(catalog_name(source))):
        return _with_shape(load_catalog_entry(entry), options, progress)
    path = _existing_path(source)
    parts = with_groups(_read_parts(path, options, progress), path, options)
    return to_dataset(_short_name(path), parts, path)


def load_test_images(
    source: str | Path,
    options: ReadOptions,
    progress: Progress = lambda done, total: None,
    class_names: Sequence[str] = (),
) -> tuple[Split, tuple[str, ...], tuple[str, ...]]:
    """Load images to evaluate a finished model on: the test part, or all images where there is none.

    Args:
        source: As for `load_dataset`.
        options: How to read it.
        progress: As for `load_dataset`.
        class_names: The classes that the model knows: of a folder, some of them may be empty or missing.

    Returns:
        The images with their labels, the names of the classes, and what was decided on the way.

    Raises:
        DataError: There is no such data, or it makes no sense.
        ImageError: A picture cannot be decoded.
    """
    if isinstance(source, str) and (entry := CATALOG.get(catalog_name(source))):
        dataset = _with_shape(load_catalog_entry(entry), options, progress)
        return dataset.test, dataset.class_names, dataset.notes
    path = _existing_path(source)
    lacks_classes = path.is_dir() and not find_idx_folder(path) and not options.label_from_name
    parts = read_known_classes(path, class_names, options, progress) if lacks_classes else None
    parts = parts or _read_parts(path, options, progress)
    if parts.test is not None:
        return parts.test, parts.class_names, parts.notes
    note = f"There is no test part: all {len(parts.train):,} images count."
    return parts.train, parts.class_names, (*parts.notes, note)


def _read_parts(path: Path, options: ReadOptions, progress: Progress) -> Parts:
    reader = _reader(path)
    if options.label_column is not None and reader is not read_csv:
        raise DataError(
            f"{path}: --label is for CSV files, and this is none. Give the CSV file itself, or leave it out."
        )
    if options.label_from_name and reader is not read_folder:
        raise DataError(f"{path}: --label-from-name is for folders of pictures, and this is none. Leave it out.")
    return reader(path, options, progress)


def _with_shape(dataset: Dataset, options: ReadOptions, progress: Progress) -> Dataset:
    """The data set in the shape that was asked for; as it is, if nothing was asked for."""
    if options == ReadOptions():
        return dataset
    if options.label_column is not None:
        raise DataError(f"{dataset.name}: --label is for CSV files of your own. Leave it out.")
    if options.label_from_name or options.group_column is not None:
        option = "--label-from-name" if options.label_from_name else "--group"
        raise DataError(f"{dataset.name}: {option} is for pictures of your own. Leave it out.")
    (train, test), notes = bring_to_one_shape([dataset.train.images, dataset.test.images], options, progress)
    return Dataset(
        dataset.name,
        Split(train, dataset.train.labels),
        Split(test, dataset.test.labels),
        dataset.class_names,
        dataset.notes + notes,
    )


def _existing_path(source: str | Path) -> Path:
    try:
        path = Path(source).expanduser()
        # An empty name would mean the folder that the program runs in.
        exists = bool(str(source).strip()) and path.exists()
    except (OSError, RuntimeError):  # a name that is too long, or of an unknown user; a folder that is closed to us
        exists = False
    if not exists:
        raise DataError(_unknown(str(source)))
    return path


def _reader(path: Path) -> Reader:
    if path.is_dir():
        return read_idx_folder if find_idx_folder(path) else read_folder
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DataError(f"{path}: is a pipe, socket or device; expected {_KINDS}.")
    if suffix == ".npz":
        return read_npz
    if suffix in (".csv", ".tsv", ".txt"):
        return read_csv
    if advice := conversion(path):
        raise DataError(advice)
    if is_idx_file(path):
        raise DataError(f"{path}: is one of four IDX files that belong together. Give their folder: {path.parent}")
    unpack = " Unpack it first." if suffix in (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz") else ""
    raise DataError(f"{path}: files of this kind are not read as data; expected {_KINDS}.{unpack}")


def _unknown(source: str) -> str:
    known = ", ".join(CATALOG)
    if re.match(r"\w+://", source):
        return f"{source}: is an address; expected something on this machine. Download and unpack it first."
    near = suggestion(catalog_name(source), CATALOG).removeprefix(".")
    return (
        f"{source or 'An empty name'}: there is no such file, folder or data set.{near} "
        f"Known data sets: {known}; or give {_KINDS}."
    )


def _short_name(path: Path) -> str:
    """The name of the file or folder, fit for a run folder's name; its folder's if it says just "train".

    "my_digits/train.csv" is called my_digits, "mnist_train.csv" mnist.
    """
    path = path.resolve()
    stem = path.name if path.is_dir() else path.stem
    if stem.lower() in ("train", "training", "data", "dataset", "raw"):
        stem = path.parent.name
    stem = re.sub(r"[-_. ]train$", "", stem, flags=re.IGNORECASE)
    return re.sub(r"[^\w-]+", "-", stem).strip("-") or "data"
