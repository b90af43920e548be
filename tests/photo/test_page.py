import numpy as np
import pytest

from tenfold.photo.page import Page, grey, paper


def test_noise_of_the_paper_is_told_beside_ink():
    values = np.random.default_rng(0).normal(0.02, 0.03, (300, 300)).astype(np.float32)
    values[:60] += 0.7
    mode, noise = paper(values)
    assert mode == pytest.approx(0.02, abs=0.01)
    assert noise == pytest.approx(0.03, rel=0.2)
    assert paper(np.zeros((10, 10), np.float32))[1] < 0.005  # half a step of the histogram


def test_grey_is_luma():
    colour = np.float32([[[1, 0, 0], [0, 1, 0], [0, 0, 1]]])
    np.testing.assert_allclose(grey(colour), [[0.299, 0.587, 0.114]], rtol=1e-6)
    np.testing.assert_array_equal(grey(colour[..., 0]), colour[..., 0])


def test_notes_come_one_after_another():
    assert Page(np.zeros((1, 1), np.float32)).noted("one").noted("two").notes == ("one", "two")
