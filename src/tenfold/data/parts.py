"""What every reader gives, and how it becomes a data set: a test part is cut off if there is none."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tenfold.data.class_names import shortened
from tenfold.data.dataset import Dataset, Split
from tenfold.data.split import stratified_cut
from tenfold.errors import DataError

TEST_FRACTION = 0.2
_TEST_SEED = 0


@dataclass(frozen=True)
class Parts:
    """Labelled images as they were read: a training part, perhaps a test part, and what was decided."""

    train: Split
    test: Split | None
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def to_dataset(name: str, parts: Parts, source: str | Path = "") -> Dataset:
    """Make a data set; without a test part, `TEST_FRACTION` of each class is cut off, always the same images.

    Args:
        name: What the data set is called.
        parts: What was read.
        source: What messages call it, if not by its name: a file or folder.

    Raises:
        DataError: There is a single class, a class without training images, or one with too few to cut.
    """
    source = source or name
    counts = np.bincount(parts.train.labels, minlength=len(parts.class_names))
    _check_classes(source, parts.class_names, counts)
    if parts.test is not None:
        return Dataset(name, parts.train, parts.test, parts.class_names, parts.notes + _missing_in_test(parts))
    if counts.min() < 2:
        raise DataError(
            f"{source}: the class {parts.class_names[int(counts.argmin())]!r} has a single image, but there is "
            "no test part, and one is cut off: every class needs at least 2. Add images, or remove the class."
        )
    kept, cut = stratified_cut(parts.train.labels, TEST_FRACTION, _TEST_SEED)
    note = (
        f"There is no test part: {len(cut):,} of {len(parts.train):,} images ({TEST_FRACTION:.0%} of each "
        "class) were cut off as one, always the same."
    )
    return Dataset(name, parts.train.take(kept), parts.train.take(cut), parts.class_names, (*parts.notes, note))


def _check_classes(source: str | Path, class_names: tuple[str, ...], counts: np.ndarray) -> None:
    if len(class_names) < 2:
        found = f"only the class {class_names[0]!r}" if class_names else "no class"
        raise DataError(f"{source}: {found} was found; a classifier needs at least two classes.")
    if counts.min() == 0:
        empty = [class_names[number] for number in np.flatnonzero(counts == 0)]
        raise DataError(
            f"{source}: no training images of {shortened(empty)}. Add some, or remove the class from the data."
        )


def _missing_in_test(parts: Parts) -> tuple[str, ...]:
    assert parts.test is not None
    missing = [name for number, name in enumerate(parts.class_names) if number not in parts.test.labels]
    return (f"The test part has no images of {shortened(missing)}.",) if missing else ()
