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
