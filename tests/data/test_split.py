import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.data.split import stratified_cut
from tenfold.errors import DataError

labelled = st.lists(st.integers(2, 40), min_size=1, max_size=6).flatmap(
    lambda counts: st.permutations([number for number, count in enumerate(counts) for _ in range(count)])
)


@given(labelled, st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_every_image_is_in_one_part_and_every_class_in_both(labels, fraction, seed):
    labels = np.array(labels, np.int32)
    kept, cut = stratified_cut(labels, fraction, seed)
    assert np.array_equal(np.sort(np.concatenate([kept, cut])), np.arange(len(labels)))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(cut) > 0).all()
    for number, count in zip(*np.unique(labels, return_counts=True), strict=True):
        in_cut = int((labels[cut] == number).sum())
        assert 1 <= in_cut <= count - 1
        assert abs(in_cut - fraction * count) <= 1


def test_shares_are_exact_where_they_can_be():
    labels = np.repeat([0, 1, 2], [100, 50, 7]).astype(np.int32)
    kept, cut = stratified_cut(labels, 0.2, 0)
    assert np.bincount(labels[cut]).tolist() == [20, 10, 1]
    assert len(kept) == 126
    # 0.3 of 15, 15 and 20 is 4.5, 4.5 and 6: the total of 15 is kept by giving one more to the first.
    labels = np.repeat([0, 1, 2], [15, 15, 20]).astype(np.int32)
    assert np.bincount(labels[stratified_cut(labels, 0.3, 0)[1]]).tolist() == [5, 4, 6]


def test_a_seed_gives_one_cut_for_ever():
    labels = np.array([0, 1] * 10, np.int32)
    assert stratified_cut(labels, 0.2, 0)[1].tolist() == stratified_cut(labels, 0.2, 0)[1].tolist()
    assert stratified_cut(labels, 0.2, 0)[1].tolist() != stratified_cut(labels, 0.2, 1)[1].tolist()
    assert stratified_cut(labels, 0.2, 0)[1].tolist() == [4, 7, 11, 16]


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 20])
def test_impossible_shares_are_refused(fraction):
    with pytest.raises(DataError, match="between 0 and 1"):
        stratified_cut(np.zeros(10, np.int32), fraction, 0)


@pytest.mark.parametrize(
    ("purpose", "message"),
    [
        (None, r"^Cannot cut 0\.5% off 3 images .* has 1, and needs at least 2\. Add images, or remove that class\.$"),
        ("training.fraction", r"^training\.fraction: cannot cut 0\.5% off .* use all images with `--fraction 1`\.$"),
        (
            "training.validation_split",
            r"^training\.validation_split: cannot .* larger `--fraction` .* `--set training\.validation_split=0`\.$",
        ),
    ],
)
def test_the_message_says_what_to_change(purpose, message):
    with pytest.raises(DataError, match=message):
        stratified_cut(np.array([0, 0, 1], np.int32), 0.005, 0, purpose=purpose)


@pytest.mark.parametrize("labels", [[0, 0, 1], []])
def test_classes_of_a_single_image_are_refused(labels):
    with pytest.raises(DataError, match="needs at least 2"):
        stratified_cut(np.array(labels, np.int32), 0.5, 0)


@given(labelled, st.integers(1, 5), st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_no_group_is_on_both_sides(labels, size, fraction, seed):
    labels = np.array(labels, np.int32)
    groups = (np.arange(len(labels)) // size).astype(np.int32)
    kept, cut = stratified_cut(labels, fraction, seed, groups=groups)
    assert np.array_equal(np.sort(np.concatenate([kept, cut])), np.arange(len(labels)))
    assert not set(groups[kept]) & set(groups[cut])
    assert set(labels) == set(labels[kept])


def test_groups_keep_the_shares_of_classes_as_nearly_as_they_can():
    labels = np.repeat([0, 1, 2], [300, 60, 40]).astype(np.int32)
    groups = (np.arange(400) // 4).astype(np.int32)  # each of one class
    for seed in range(20):
        cut = stratified_cut(labels, 0.2, seed, groups=groups)[1]
        assert np.bincount(labels[cut]).tolist() == [60, 12, 8]
    sizes = np.random.default_rng(0).integers(1, 12, 100)
    groups = np.repeat(np.arange(100), sizes).astype(np.int32)
    labels = np.random.default_rng(1).integers(0, 3, len(groups)).astype(np.int32)  # groups of several classes
    for seed in range(20):
        cut = stratified_cut(labels, 0.2, seed, groups=groups)[1]
        assert np.abs(np.bincount(labels[cut]) / np.bincount(labels) - 0.2).max() < 0.05


def test_groups_of_one_image_each_change_nothing():
    labels = np.array([0, 1] * 10, np.int32)
    assert stratified_cut(labels, 0.2, 0, groups=np.arange(20, dtype=np.int32))[1].tolist() == [4, 7, 11, 16]


def test_a_class_of_one_group_stays_whole_and_one_of_two_large_ones_gives_the_smaller():
    labels = np.repeat([0, 1, 2], 10).astype(np.int32)
    groups = np.array([*range(10), *[10] * 10, *[11] * 4, *[12] * 6], np.int32)
    cut = stratified_cut(labels, 0.2, 0, groups=groups)[1]
    assert np.bincount(labels[cut], minlength=3).tolist() == [2, 0, 4]
