import numpy as np
import pytest

from tenfold.photo.lines import remove_lines
from tenfold.photo.page import Page

TURNED = np.linspace(-4, 4, 500)


def ruled(squared: bool = False, turned: bool = True) -> np.ndarray:
    """Lines 60 pixels apart and 3 thick, a third as dark as ink: float32 [400, 500]."""
    rows, columns = np.mgrid[:400, :500]
    slope = TURNED[columns] if turned else 0
    page = ((rows + slope) % 60 < 3) * 0.3
    if squared:
        page = np.maximum(page, (columns % 60 < 3) * 0.3)
    return np.asarray(page, np.float32)


def ring() -> np.ndarray:
    """A nought across some lines, its stroke 12 pixels wide."""
    rows, columns = np.mgrid[:400, :500]
    distance = np.hypot(rows - 200, columns - 250)
    return np.asarray((distance > 68) & (distance < 80), np.float32)


@pytest.mark.parametrize("squared", [False, True])
def test_lines_go_and_strokes_stay(squared):
    page = Page(np.maximum(ruled(squared), ring()), stroke_pixels=12)
    removed = remove_lines(page)
    assert removed.notes == ("ruled paper: lines removed",)
    paper = ring() == 0
    assert (removed.values[paper] > 0.1).mean() < 0.02
    assert (removed.values[~paper] > 0.7).mean() > 0.95


def test_pages_without_lines_stay_as_they_are():
    page = Page(ring(), stroke_pixels=12)
    assert remove_lines(page) is page


@pytest.mark.parametrize("length", [200, 280, 340])
def test_a_long_thin_one_is_no_line(length):
    values = np.zeros((400, 300), np.float32)
    values[(400 - length) // 2 : (400 + length) // 2, 150:154] = 1
    page = Page(values, stroke_pixels=4)
    assert remove_lines(page) is page


def test_small_pictures_show_no_sheet():
    page = Page(ruled(), scale=0.2, stroke_pixels=12)
    assert remove_lines(page) is page
