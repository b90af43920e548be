from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.figures.gallery import Bar, Line, Tile, gallery, spread_over_classes


def test_spread_takes_each_class_in_turn() -> None:
    labels = np.int32([0, 0, 0, 1, 1, 2])
    assert spread_over_classes(labels, 4).tolist() == [0, 3, 5, 1]
    assert spread_over_classes(labels, 9).tolist() == [0, 3, 5, 1, 4, 2]


def test_spread_over_more_classes_than_places_keeps_first_and_last() -> None:
    labels = np.repeat(np.arange(26, dtype=np.int32), 3)
    assert labels[spread_over_classes(labels, 6)].tolist() == [0, 5, 10, 15, 20, 25]


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 20))
def test_spread_covers_as_many_classes_as_possible(labels: list[int], count: int) -> None:
    positions = spread_over_classes(np.array(labels, np.int32), count).tolist()
    assert len(set(positions)) == len(positions) <= count
    assert len({labels[i] for i in positions}) == min(count, len(set(labels)))


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 96), st.integers(8, 96), st.sampled_from([1, 3]), st.integers(1, 11))
def test_pictures_keep_their_proportions_and_places(height: int, width: int, channels: int, count: int) -> None:
    tile = Tile(np.zeros((height, width, channels), np.uint8), [Line("a")], [Bar("b", 0.5, "50 %", "black")])
    figure = gallery([tile] * count, columns=4, tile_width=1.5, title="T")
    full_width, full_height = figure.get_size_inches()
    boxes = [image.get_extent() for image in figure.axes[0].images]
    assert len(boxes) == count
    for left, right, bottom, top in boxes:
        assert (right - left) / (bottom - top) == pytest.approx(width / height)
        assert 0 < left < right < full_width
        assert 0 < top < bottom < full_height
    for (_, right, _, _), (left, _, _, _) in pairwise(boxes):
        assert left > right or left == boxes[0][0]


def test_picture_shows_every_pixel_in_its_place() -> None:
    image = np.uint8([[[10], [20]], [[30], [40]]])
    drawn = gallery([Tile(image)], columns=1, tile_width=1, title="T").axes[0].images[0]
    assert drawn.get_array().tolist() == [[10, 20], [30, 40]]
    assert drawn.get_clim() == (0, 255)


def test_empty_gallery_is_a_title() -> None:
    figure = gallery([], columns=3, tile_width=2, title="Wrong", note="none")
    assert [text.get_text() for text in figure.texts] == ["Wrong", "none"]
    assert not figure.axes[0].images
