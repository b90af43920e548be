import numpy as np
import pytest
from PIL import Image, ImageOps

from tenfold.photo.ground import LONGEST_SIDE, SMALLEST_SIDE, make_ink_dark, read_values, remove_ground
from tenfold.photo.page import Page


@pytest.mark.parametrize(
    ("size", "longest"), [((4000, 3000), LONGEST_SIDE), ((20, 30), SMALLEST_SIDE), ((400, 90), 400)]
)
def test_pages_have_a_size_that_can_be_worked_on(size, longest):
    page = read_values(Image.new("L", size, 255))
    assert max(page.values.shape) == longest
    assert page.scale == pytest.approx(max(size) / longest)
    assert page.values.min() == page.values.max() == 1


def test_light_ink_is_made_dark(written):
    dark = make_ink_dark(read_values(written("57")))
    light = make_ink_dark(read_values(ImageOps.invert(written("57"))))
    assert dark.notes == ()
    assert light.notes == ("light ink on dark ground: inverted",)
    np.testing.assert_allclose(dark.values, light.values, atol=1e-6)


def test_under_uneven_light_paper_is_zero_and_ink_is_not(written, photographed):
    clean = written("2457")
    page = remove_ground(read_values(photographed(clean)))
    ink = np.asarray(clean.resize(page.values.shape[::-1], Image.Resampling.NEAREST)) == 0
    assert page.notes == ("uneven light: evened out",)
    assert page.values[ink].mean() > 0.6
    assert abs(page.values[~ink]).mean() < 0.03
    assert 12 < page.stroke_pixels < 36  # a rough measure, of a small copy


@pytest.mark.parametrize("seed", range(3))
def test_a_shadow_across_the_edges_of_a_row_is_no_ink(written, seed):
    clean = written("52475")
    rows, columns = np.mgrid[-1:1:280j, -1:1:1400j]
    angle = np.random.default_rng(seed).uniform(0.2, 1.3)
    shadow = 1 - 0.5 / (1 + np.exp(-8 * (np.cos(angle) * columns + np.sin(angle) * rows)))
    page = remove_ground(read_values(Image.fromarray(np.uint8(np.asarray(clean) * shadow * 0.8 + 40 * shadow))))
    ink = np.asarray(clean.resize(page.values.shape[::-1], Image.Resampling.NEAREST)) == 0
    assert page.values[ink].mean() > 0.6
    assert np.percentile(page.values[~ink], 98) < 0.2


def test_strokes_that_end_at_the_edge_are_ink_up_to_there():
    picture = np.full((200, 200), 220, np.uint8)
    picture[:, 90:110] = picture[150:170, :100] = 30
    page = remove_ground(read_values(Image.fromarray(picture)))
    assert page.values[picture == 30].min() > 0.6


def test_coloured_ink_counts_along_its_colour():
    colour = np.full((200, 200, 3), 230, np.uint8)
    colour[60:140, 95:105] = (225, 60, 60)
    page = remove_ground(read_values(Image.fromarray(colour)))
    assert page.values[100, 100] > 0.6
    assert abs(page.values[20, 20]) < 0.02


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_on_blank_pages_nothing_differs_from_the_ground(value):
    page = remove_ground(Page(np.full((150, 200), value, np.float32)))
    assert abs(page.values).max() < 0.01
