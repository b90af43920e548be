"""Cutting one set of labelled images into two, class by class, the same way for the same seed."""

from typing import Literal

import numpy as np

from tenfold.errors import DataError
from tenfold.types import Groups, Indices, Labels

Purpose = Literal["training.fraction", "training.validation_split"]
"""The settings that cut images off."""

_ADVICE: dict[Purpose | None, str] = {
    None: "Add images, or remove that class.",
    "training.fraction": "Add images, remove that class, or use all images with `--fraction 1`.",
    "training.validation_split": (
        "Add images, use a larger `--fraction` if you gave one, or train without validation images: "
        "`--set training.validation_split=0`."
    ),
}


def stratified_cut(
    labels: Labels,
    fraction: float,
    seed: int,
    *,
    groups: Groups | tuple[()] = (),
    purpose: Purpose | None = None,
) -> tuple[Indices, Indices]:
    """Cut off a share of the images so that every class keeps its share in both parts.

    The part that is cut off has round(fraction × n) images, shared out by the largest remainder; but at
    least one of each class is cut off and at least one stays, which can move the total by a few when
    classes are tiny.

    With groups, no group is on both sides. Classes then keep their shares as nearly as the groups allow, and a class
    whose images are all in one group stays whole: none of it is cut off.

    Args:
        labels: int32 [n].
        fraction: Share to cut off, 0 < fraction < 1.
        seed: 0…2³²-1; the same seed gives the same cut.
        groups: [n], the same number for images that belong together; () where none do.
        purpose: The setting that asks for the cut; messages name it, and say how to change it.

    Returns:
        Ascending positions of the images that stay, and of those that were cut off.

    Raises:
        DataError: The fraction lies outside 0…1, or a class has a single image.
    """
    where = f"{purpose}: cannot" if purpose else "Cannot"
    if not 0 < fraction < 1:
        raise DataError(f"{where} cut off a share of {fraction:g}; expected a number between 0 and 1, such as 0.2.")
    classes, counts = np.unique(labels, return_counts=True)
    if len(labels) == 0 or counts.min() < 2:
        smallest = int(counts.min()) if len(labels) else 0
        raise DataError(
            f"{where} cut {100 * fraction:g}% off {len(labels):,} images so that every class is in both parts: "
            f"the smallest class has {smallest}, and needs at least 2. {_ADVICE[purpose]}"
        )
    # NumPy promises never to change what this generator gives for a seed; for its newer ones it does not.
    generator = np.random.RandomState(seed)
    if len(np.unique(groups)) < len(groups):
        taken = _cut_groups(labels, np.asarray(groups), _cut_counts(counts, fraction), generator)
        return np.flatnonzero(~taken), np.flatnonzero(taken)
    cut = [
        generator.permutation(np.flatnonzero(labels == number))[:count]
        for number, count in zip(classes, _cut_counts(counts, fraction), strict=True)
    ]
    taken = np.zeros(len(labels), bool)
    taken[np.concatenate(cut)] = True
    return np.flatnonzero(~taken), np.flatnonzero(taken)


def _cut_counts(counts: Indices, fraction: float) -> Indices:
    ideal = counts * fraction
    cut = np.floor(ideal).astype(np.int64)
    missing = round(fraction * int(counts.sum())) - int(cut.sum())
    cut[np.argsort(cut - ideal, kind="stable")[: max(missing, 0)]] += 1
    return np.clip(cut, 1, counts - 1)


def _cut_groups(labels: Labels, groups: Groups, wanted: Indices, generator: np.random.RandomState) -> np.ndarray:
    """Choose whole groups, so that about as many images of each class are cut off as wanted.

    Groups come in random order. First those are taken that fit into what is still wanted of each class, then those that
    bring the counts nearer to it; last, a class of which nothing is cut off yet gives the smallest group that it can.

    Returns:
        Whether each image is cut off, [n].
    """
    numbers = np.unique(labels, return_inverse=True)[1]
    members = np.unique(groups, return_inverse=True)[1]
    counts = np.zeros((members.max() + 1, len(wanted)), np.int64)  # of each group, the images of each class
    np.add.at(counts, (members, numbers), 1)
    left, most = wanted.copy(), wanted - np.bincount(numbers) + 1
    chosen = np.zeros(len(counts), bool)
    order = generator.permutation(len(counts))
    for group in order:
        if (counts[group] <= left).all():
            chosen[group] = True
            left -= counts[group]
    for group in order[~chosen[order]]:
        after = left - counts[group]
        if (after >= most).all() and ((after / wanted) ** 2).sum() < ((left / wanted) ** 2).sum():
            chosen[group] = True
            left = after
    for number in np.flatnonzero(left == wanted):
        for group in sorted(order[~chosen[order]], key=lambda group: counts[group].sum()):
            if counts[group, number] and (left - counts[group] >= most).all():
                chosen[group] = True
                left -= counts[group]
                break
    taken: np.ndarray = chosen[members]
    return taken
