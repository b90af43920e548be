"""Pictures that are equal or nearly so: copies, also shifted by a pixel or two, compressed again or a little brighter.

Comparing all pairs would take minutes, so it goes in two steps. A shift changes only the phase of an image's spatial
frequencies, not their magnitude, and brightness and contrast change only the mean and the scale: the magnitudes of the
lowest frequencies, over the image's standard deviation, are a signature of twelve numbers that copies share. A k-d tree
finds each image's nearest in its class by them. Then these few pairs are compared pixel by pixel at their best shift.

How many unlike images are taken for copies was measured (docs/decisions/0019-near-duplicates.md).
"""

import hashlib
from collections.abc import Iterator

import numpy as np

from tenfold.data.dataset import Split
from tenfold.types import Float32, Images, Indices, Int

Pairs = Int[np.ndarray, "pairs 2"]
"""Positions of two images."""

MAX_RESIDUAL = 0.01
"""Share of the variance in which two copies may differ, 0…1."""
MAX_LOCAL_DIFFERENCE = 0.45
"""By how many standard deviations 3×3 pixels of two copies may differ: a tick that is there or not makes two images."""

_NEAREST = 3
_MAX_DISTANCE = 0.05
_MAX_COMPARED = 200_000
"""Pairs, the nearest first: of half a million digits, many more have signatures within the distance."""
_MAX_SHIFT_PIXELS = 2
_COMPARED_SIDE = 32
"""Larger images are averaged down to it: noise and compression then count less."""
_LEAST_DEVIATION = 2.0
"""Grey levels; with less, an image is blank, and only equal ones are copies of it."""
_FREQUENCIES = [(down, across) for down in range(-2, 3) for across in range(3) if across or down > 0]
_AT_ONCE = 4096


def image_digests(images: Images) -> Int[np.ndarray, " n"]:
    """A hash of each image's pixels: equal images have the same, others (but for one chance in 2⁶⁴) do not."""
    digests = (hashlib.blake2b(image.data, digest_size=8).digest() for image in np.ascontiguousarray(images))
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)


def near_duplicates(split: Split, others: Split | None = None) -> Pairs:
    """Find pairs of images that are equal, or of one class and nearly equal.

    Nearly equal images of two classes are no pair: what tells those classes apart is less than what copies differ in.
    Each image is compared with the few that are most like it; of many copies of one image, not every pair is named,
    but enough to connect them all.

    Args:
        split: Labelled images.
        others: Images of the same shape and classes to look for copies in; None looks in the same images.

    Returns:
        Positions [i, j] of image i and the other image j, one j for each i; or, in the same images, with i < j.
    """
    digests = image_digests(split.images)
    first, equal_pairs = _without_copies(digests)
    if others is None:
        near = first[_near_pairs(split.take(first), None)]
        return np.unique(np.concatenate([equal_pairs, np.sort(near, axis=1)]), axis=0)
    other_digests = image_digests(others.images)
    first_other, _ = _without_copies(other_digests)
    near = _near_pairs(split.take(first), others.take(first_other))
    partner_of_near = dict(zip(first[near[:, 0]].tolist(), first_other[near[:, 1]].tolist(), strict=True))
    partner_of_equal = dict(zip(other_digests[first_other].tolist(), first_other.tolist(), strict=True))
    originals = {copy: original for original, copy in equal_pairs.tolist()}
    pairs: list[tuple[int, int]] = []
    for image, digest in enumerate(digests.tolist()):
        # What is true of the first of equal images is true of the others.
        partner = partner_of_equal.get(digest, partner_of_near.get(originals.get(image, image)))
        pairs += [] if partner is None else [(image, partner)]
    return np.array(pairs, np.int64).reshape(-1, 2)


def duplicate_groups(count: int, pairs: Pairs) -> Int[np.ndarray, " n"]:
    """Number the groups of images that are connected by pairs; an image without a pair is a group of its own.

    Args:
        count: How many images there are.
        pairs: Positions of two images each.

    Returns:
        int32 [count], 0…groups-1.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
    groups: Int[np.ndarray, " n"] = connected_components(graph, directed=False)[1].astype(np.int32)
    return groups


def _without_copies(digests: Int[np.ndarray, " n"]) -> tuple[Indices, Pairs]:
    """The first of each set of equal images, and pairs of the first and each of its copies."""
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    original = first[inverse]
    copies = np.flatnonzero(original != np.arange(len(digests)))
    return np.sort(first), np.stack([original[copies], copies], axis=1)


def _near_pairs(split: Split, others: Split | None) -> Pairs:
    """Pairs of nearly equal images of one class, none of which are equal."""
    from scipy.spatial import cKDTree

    signatures, lively = _signatures(split.images)
    other_signatures, other_lively = (signatures, lively) if others is None else _signatures(others.images)
    target = split if others is None else others
    candidates, distances = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for label in np.intersect1d(split.labels, target.labels):
        places = lively[split.labels[lively] == label]
        targets = other_lively[target.labels[other_lively] == label]
        if not len(places) or not len(targets):
            continue
        nearest = _NEAREST + (others is None)  # an image finds itself, too
        tree = cKDTree(other_signatures[targets])
        distance, found = tree.query(
            signatures[places], range(1, nearest + 1), distance_upper_bound=_MAX_DISTANCE, workers=-1
        )
        rows, columns = np.nonzero(found < len(targets))
        candidates.append(np.stack([places[rows], targets[found[rows, columns]]], axis=1))
        distances.append(distance[rows, columns])
    pairs, order = np.concatenate(candidates), np.argsort(np.concatenate(distances), kind="stable")
    if others is None:
        order = order[pairs[order, 0] != pairs[order, 1]]
        pairs = np.sort(pairs, axis=1)
    pairs = np.unique(pairs[order[:_MAX_COMPARED]], axis=0)
    parts = [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]
    alike = [_alike(split.images[part[:, 0]], target.images[part[:, 1]]) for part in parts]
    return pairs[np.concatenate(alike)] if alike else pairs


def _signatures(images: Images) -> tuple[Float32[np.ndarray, "n 12"], Indices]:
    """The signature of each image, and the positions of those that are not blank."""
    height, width = images.shape[1:3]
    rows, columns = np.arange(height) / height, np.arange(width) / width
    waves = np.stack([np.exp(-2j * np.pi * (down * rows[:, None] + across * columns)) for down, across in _FREQUENCIES])
    waves = waves.reshape(len(_FREQUENCIES), -1).T.astype(np.complex64)
    signatures, deviations = np.empty((len(images), len(_FREQUENCIES)), np.float32), np.empty(len(images))
    for start in range(0, len(images), _AT_ONCE):
        grey = images[start : start + _AT_ONCE].mean(axis=3, dtype=np.float32).reshape(-1, height * width)
        part = slice(start, start + len(grey))
        deviations[part] = grey.std(axis=1)
        magnitudes = np.hypot(grey @ waves.real, grey @ waves.imag) / (height * width)
        signatures[part] = magnitudes / np.maximum(deviations[part], _LEAST_DEVIATION)[:, None]
    return signatures, np.flatnonzero(deviations >= _LEAST_DEVIATION)


def _alike(images: Images, others: Images) -> np.ndarray:
    """Whether each image is a copy of the other at its place."""
    from scipy.ndimage import uniform_filter

    block = -(-max(images.shape[1:3]) // _COMPARED_SIDE)
    alike = np.zeros(len(images), bool)
    for rows, (down, across) in _best_shifts(images, others):
        difference = _overlap(images[rows], down, across, block) - _overlap(others[rows], -down, -across, block)
        residual = (difference**2).mean(axis=(1, 2, 3)) / 2
        local = np.abs(uniform_filter(difference, (1, 3, 3, 1))).max(axis=(1, 2, 3))
        alike[rows] = (residual < MAX_RESIDUAL) & (local < MAX_LOCAL_DIFFERENCE)
    return alike


def _overlap(images: Images, down: int, across: int, block: int) -> Float32[np.ndarray, "n height width channels"]:
    """What other images show, too, if these are shifted by so much: averaged in blocks, with mean 0 and variance 1."""
    height, width = images.shape[1] - abs(down), images.shape[2] - abs(across)
    top, left = max(0, down), max(0, across)
    block = min(block, height, width)
    rows, columns = height // block, width // block
    shared = images[:, top : top + rows * block, left : left + columns * block]
    shared = shared.reshape(len(images), rows, block, columns, block, -1)
    blocks: Float32[np.ndarray, "n height width channels"] = shared.mean(axis=(2, 4), dtype=np.float32)
    blocks -= blocks.mean(axis=(1, 2, 3), keepdims=True)
    blocks /= np.maximum(blocks.std(axis=(1, 2, 3), keepdims=True), 1)
    return blocks


def _best_shifts(images: Images, others: Images) -> Iterator[tuple[Indices, tuple[int, int]]]:
    """For each shift, down and across, the pairs that correlate best at it (circular correlation, by FFT)."""
    from scipy.fft import irfft2, rfft2

    # An image's edges, where it does not go on at the other side, stay in place: they fade out, as they hide the shift.
    fade = np.multiply.outer(*(np.hanning(side + 2)[1:-1].astype(np.float32) for side in images.shape[1:3]))
    spectra = []
    for part in (images, others):
        grey = part.mean(axis=3, dtype=np.float32)
        spectra.append(rfft2((grey - grey.mean(axis=(1, 2), keepdims=True)) * fade, axes=(1, 2), workers=-1))
    product = spectra[0] * spectra[1].conj()
    # Photos are strongest in their lowest frequencies, which say little about shifts: weigh them less.
    product /= np.sqrt(np.abs(product)) + 1e-3
    correlation = irfft2(product, images.shape[1:3], axes=(1, 2), workers=-1)
    reach_down, reach_across = (min(_MAX_SHIFT_PIXELS, side - 1) for side in images.shape[1:3])
    shifts = [
        (down, across)
        for down in range(-reach_down, reach_down + 1)
        for across in range(-reach_across, reach_across + 1)
    ]
    best = np.stack([correlation[:, down, across] for down, across in shifts]).argmax(axis=0)
    for number, shift in enumerate(shifts):
        if len(rows := np.flatnonzero(best == number)):
            yield rows, shift
