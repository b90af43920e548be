"""What every reader gives, and how it becomes a data set: a test part is cut off if there is none."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tenfold.data.class_names import shortened
from tenfold.data.dataset import Dataset, Split
from tenfold.data.near_duplicates import duplicate_groups, image_digests, near_duplicates
from tenfold.data.split import stratified_cut
from tenfold.errors import DataError
from tenfold.types import Groups, Labels

TEST_FRACTION = 0.2
_TEST_SEED = 0
DARK_BELOW = 64
"""If no pixel of a data set reaches this, its range was probably a smaller one."""

_SHARED_WARNED = 0.01
"""Share of the test images: fewer copies than this hardly change an accuracy."""


@dataclass(frozen=True)
class Parts:
    """Labelled images as they were read.

    Args:
        train: The training part; its groups are those that the user named.
        test: The test part, if there is one.
        class_names: One name for each label.
        notes: What was decided, one sentence each.
        warnings: What is doubtful.
        groups: The group of each training and then each test image, where the data itself names it; empty text for an
            image without one.
    """

    train: Split
    test: Split | None
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def to_dataset(name: str, parts: Parts, source: str | Path = "") -> Dataset:
    """Make a data set; without a test part, `TEST_FRACTION` of each class is cut off, always the same images.

    The cut depends on what the images show, not on their order or the names of their files; training images from files
    come in an order of that kind, too, so that renaming files changes no run. Images that are equal, nearly equal or of
    one group of the user's get one group number in the training part, and stay on one side of this cut.

    Args:
        name: What the data set is called.
        parts: What was read.
        source: What messages call it, if not by its name: a file or folder.

    Raises:
        DataError: There is a single class, a class without training images, or one with too few to cut.
    """
    source = source or name
    train, test, class_names = parts.train, parts.test, parts.class_names
    counts = np.bincount(train.labels, minlength=len(class_names))
    _check_classes(source, class_names, counts)
    if test is None and counts.min() < 2:
        raise DataError(
            f"{source}: the class {class_names[int(counts.argmin())]!r} has a single image, but there is "
            "no test part, and one is cut off: every class needs at least 2. Add images, or remove the class."
        )
    if test is None:
        _check_groups(source, train, class_names)
    digests = image_digests(train.images)
    groups, notes, warnings = _groups(train, digests, class_names)
    train = replace(train, groups=groups)
    notes, warnings = parts.notes + notes, parts.warnings + too_dark(train, test) + warnings
    by_content = np.lexsort((digests, train.labels))
    if test is not None:
        train = train.take(by_content) if train.files else train
        shared_note, shared_warning = _shared_pictures(train, test)
        notes += shared_note + _missing_in_test(test, class_names)
        return Dataset(name, train, test, class_names, notes, warnings + shared_warning)
    ordered = train.take(by_content)
    kept, cut = stratified_cut(ordered.labels, TEST_FRACTION, _TEST_SEED, groups=ordered.groups)
    if not len(cut):
        raise DataError(f"{source}: no test part can be cut off without separating groups. Give one: train/ and test/.")
    note = (
        f"There is no test part: {len(cut):,} of {len(train):,} images ({_cut_share(train, len(cut))}) were cut off as "
        "one, always the same."
    )
    test = train.take(np.sort(by_content[cut]))
    train = train.take(by_content[kept] if train.files else np.sort(by_content[kept]))
    return Dataset(name, train, test, class_names, (*notes, note, *_missing_in_test(test, class_names)), warnings)


def too_dark(train: Split, test: Split | None) -> tuple[str, ...]:
    """A warning if even the brightest pixel is dark, as in 16-bit pictures that hold values of 8 or 12 bits."""
    brightest = max(int(split.images.max()) for split in (train, test) if split is not None and len(split))
    if brightest >= DARK_BELOW:
        return ()
    return (f"The brightest pixel of all is {brightest} of 255. Was a smaller range saved? Scale it to 0…255.",)


def _cut_share(train: Split, cut: int) -> str:
    """The share that became the test part, and why it is another one than was wanted."""
    share = cut / len(train)
    if len(train.groups):
        return f"{share:.0%}, as groups stay whole" if abs(share - TEST_FRACTION) > 0.02 else f"{share:.0%}"
    as_wanted = cut == round(TEST_FRACTION * len(train))
    return f"{share:.0%} of each class" if as_wanted else f"{share:.0%}, as every class needs one"


def _check_classes(source: str | Path, class_names: tuple[str, ...], counts: np.ndarray) -> None:
    if len(class_names) < 2:
        found = f"only the class {class_names[0]!r}" if class_names else "no class"
        raise DataError(f"{source}: {found} was found; a classifier needs at least two classes.")
    if counts.min() == 0:
        empty = [class_names[number] for number in np.flatnonzero(counts == 0)]
        raise DataError(
            f"{source}: no training images of {shortened(empty)}. Add some, or remove the class from the data."
        )


def _check_groups(source: str | Path, train: Split, class_names: tuple[str, ...]) -> None:
    """Refuse classes of a single group of the user's, as no honest test part can be cut off them."""
    if not len(train.groups):
        return
    groups = np.asarray(train.groups)
    single = [class_names[at] for at in np.unique(train.labels) if len(np.unique(groups[train.labels == at])) == 1]
    if single:
        raise DataError(
            f"{source}: all images of {shortened(single)} are of one group, but there is no test part, and one is cut "
            "off: every class needs at least 2 groups. Add images, or give a test part: train/ and test/."
        )


def _groups(
    train: Split, digests: np.ndarray, class_names: tuple[str, ...]
) -> tuple[Groups | tuple[()], tuple[str, ...], tuple[str, ...]]:
    """The user's groups joined with those of equal and nearly equal images, notes and warnings; () for no groups.

    If most of a class is nearly equal, or all of it equal, a cut through it is all that there can be.
    """
    labels, count = train.labels, len(train)
    in_class = np.bincount(labels, minlength=len(class_names))
    pairs = near_duplicates(train)
    equal = digests[pairs[:, 0]] == digests[pairs[:, 1]]
    mostly = labels[_share_in_set(labels, duplicate_groups(count, pairs), in_class) > 0.5]
    pairs = pairs[equal | ~np.isin(labels[pairs], mostly).any(axis=1)]
    whole = labels[_share_in_set(labels, duplicate_groups(count, pairs), in_class) == 1]
    pairs = pairs[~np.isin(labels[pairs], whole).any(axis=1)]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sets = np.bincount(duplicate_groups(count, pairs))
    if (copies := int(sets[sets > 1].sum())) > 0:
        of_sets = f"{(sets > 1).sum():,} sets" if (sets > 1).sum() > 1 else "one set"
        notes = (
            f"{copies:,} of {count:,} images are equal or nearly so to others ({of_sets}): no cut separates those of "
            "one set.",
        )
    if cut_through := [class_names[number] for number in np.union1d(mostly, whole)]:
        warnings = (
            f"Most images of {shortened(cut_through)} are equal or nearly so, and are on both sides of every cut: what "
            "was learnt by heart counts as recognised, and the accuracy is too high.",
        )
    if len(train.groups):
        _, first, inverse = np.unique(np.asarray(train.groups), return_index=True, return_inverse=True)
        pairs = np.concatenate([pairs, np.stack([first[inverse], np.arange(count)], axis=1)])
    groups = duplicate_groups(count, pairs)
    return (groups if groups.max() + 1 < count else ()), notes, warnings


def _share_in_set(labels: Labels, sets: Groups, in_class: np.ndarray) -> np.ndarray:
    """Of each image, the share of its class that is in its set, 0…1; 0 if it is alone there."""
    _, inverse, counts = np.unique(np.stack([sets, labels]), axis=1, return_inverse=True, return_counts=True)
    together = counts[inverse.ravel()]
    share: np.ndarray = np.where(np.bincount(sets)[sets] > 1, together / in_class[labels], 0)
    # Two of three are more than half, but the third can be cut off.
    share[(together == 2) & (share < 1)] = 0
    return share


def _shared_pictures(train: Split, test: Split) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A note, or if there are many a warning, on test images that are also in the training part."""
    shared = len(near_duplicates(test, train))
    if not shared:
        return (), ()
    many = f"All {len(test):,} test images" if shared == len(test) else f"{shared:,} of the {len(test):,} test images"
    occur = "occurs" if shared == 1 else "occur"
    found = f"{many} also {occur}, exactly or nearly so, among the training images"
    if shared < _SHARED_WARNED * len(test):
        return (f"{found}. tenfold data check names them.",), ()
    return (), (f"{found}: the accuracy is too high. tenfold data check names them.",)


def _missing_in_test(test: Split, class_names: tuple[str, ...]) -> tuple[str, ...]:
    missing = [name for number, name in enumerate(class_names) if number not in test.labels]
    return (f"The test part has no images of {shortened(missing)}.",) if missing else ()
