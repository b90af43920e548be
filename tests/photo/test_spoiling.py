import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.photo import spoiling
from tenfold.photo.spoiling import spoil


@settings(max_examples=60, deadline=None)
@given(height=st.integers(8, 40), width=st.integers(8, 40), seed=st.integers(0, 2**32 - 1))
def test_any_image_stays_an_image_and_follows_from_the_seed(height, width, seed):
    image = np.zeros((height, width), np.uint8)
    image[2:-2, width // 2 - 1 : width // 2 + 1] = 255
    before = image.copy()
    spoilt = spoil(image, np.random.default_rng(seed))
    assert spoilt.shape == image.shape
    assert spoilt.dtype == np.uint8
    np.testing.assert_array_equal(spoil(image, np.random.default_rng(seed)), spoilt)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    "fault", [spoiling._misplaced, spoiling._smeared, spoiling._outlined, spoiling._crossed, spoiling._partly_inverted]
)
def test_each_fault_changes_the_image_within_its_range(mnist_images, fault):
    ink = np.asarray(mnist_images[0] / 255, np.float32)
    changed = fault(ink, np.random.default_rng(1))
    assert changed.shape == ink.shape
    assert np.abs(changed - ink).max() > 0.2
    assert changed.min() > -1e-6
    assert changed.max() < 1 + 1e-6


def test_ground_is_lighter_than_black(mnist_images):
    ink = np.asarray(mnist_images[0] / 255, np.float32)
    corners = [spoiling._on_ground(ink, np.random.default_rng(seed))[:4].mean() for seed in range(20)]
    assert np.mean(corners) > 0.1


def test_stray_strokes_only_add_ink(mnist_images):
    ink = np.asarray(mnist_images[0] / 255, np.float32)
    assert (spoiling._crossed(ink, np.random.default_rng(2)) >= ink).all()


def test_outlines_leave_the_middle_of_a_broad_stroke_empty():
    ink = np.zeros((28, 28), np.float32)
    ink[4:24, 8:20] = 1
    outlined = spoiling._outlined(ink, np.random.default_rng(0))
    assert outlined[14, 14] == 0
    assert outlined[14, 8] > 0.5
