import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.photo.characters import Mark, cut_mark, find_marks, largest_character, reading_order


def page_with(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (200, 300)) -> np.ndarray:
    """Ink in boxes given by left, top, width and height."""
    ink = np.zeros(shape, np.float32)
    for left, top, width, height in boxes:
        ink[top : top + height, left : left + width] = 1
    return ink


def boxes_of(marks: list[Mark]) -> list[tuple[int, int, int, int]]:
    return sorted((mark.left, mark.top, mark.width, mark.height) for mark in marks)


def test_characters_apart_are_found_one_by_one():
    boxes = [(20, 50, 30, 80), (90, 55, 40, 70), (180, 45, 10, 80)]
    marks, specks = find_marks(page_with(*boxes), 10)
    assert boxes_of(marks) == boxes
    assert specks == 0


def test_the_largest_character_takes_the_pieces_near_it_along():
    def bar(left: int, top: int, width: int, height: int) -> Mark:
        return Mark(np.ones((height, width), np.float32), left, top)

    whole = largest_character([bar(100, 30, 12, 20), bar(50, 40, 40, 80), bar(130, 40, 20, 80)])
    assert boxes_of([whole]) == [(50, 30, 62, 90)]
    assert whole.ink.sum() == 12 * 20 + 40 * 80
    np.testing.assert_array_equal(whole.ink[:20, 50:], 1)


def test_specks_are_left_out_and_counted():
    marks, specks = find_marks(page_with((50, 50, 40, 80), (200, 100, 6, 6), (250, 20, 5, 9)), 10)
    assert boxes_of(marks) == [(50, 50, 40, 80)]
    assert specks == 2


def test_many_specks_do_not_make_a_single_character_an_exception():
    specks = [(left, top, 4, 3) for left in range(10, 290, 40) for top in (10, 180)]
    marks, count = find_marks(page_with((100, 60, 50, 80), *specks), 10)
    assert boxes_of(marks) == [(100, 60, 50, 80)]
    assert count == len(specks)


@pytest.mark.parametrize(
    "pieces",
    [
        [(50, 50, 12, 40), (50, 95, 12, 40)],  # a gap in an upright stroke
        [(50, 50, 50, 12), (60, 68, 12, 70)],  # a five whose bar stands a little above
        [(50, 50, 12, 80), (66, 80, 20, 12)],  # a bar beside
    ],
)
def test_pieces_of_a_broken_character_are_joined(pieces):
    marks, specks = find_marks(page_with(*pieces, (150, 50, 40, 80)), 12)
    assert len(marks) == 2
    assert specks == 0


def test_whole_characters_are_never_joined():
    assert len(find_marks(page_with((50, 50, 30, 80), (83, 50, 30, 80)), 12)[0]) == 2
    assert len(find_marks(page_with((50, 10, 30, 80), (50, 115, 30, 80)), 12)[0]) == 2


def test_a_strip_at_the_edge_is_no_character_but_a_picture_full_of_one_is():
    marks, specks = find_marks(page_with((100, 50, 40, 80), (290, 0, 10, 200)), 10)
    assert boxes_of(marks) == [(100, 50, 40, 80)]
    assert specks == 1
    assert len(find_marks(page_with((0, 0, 50, 200), shape=(200, 50)), 10)[0]) == 1


def test_a_page_without_ink_has_no_characters():
    assert find_marks(np.zeros((50, 50), np.float32), 0) == ([], 0)


def test_lines_are_read_from_top_to_bottom_though_they_rise():
    first = [(20 + 60 * number, 60 - 8 * number, 30, 40) for number in range(4)]
    second = [(25 + 60 * number, 140 - 8 * number, 30, 40) for number in range(4)]
    marks, _ = find_marks(page_with(*second, *first), 10)
    lines = reading_order(marks)
    assert [[(mark.left, mark.top) for mark in line] for line in lines] == [
        [box[:2] for box in first],
        [box[:2] for box in second],
    ]


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(1, 50), st.integers(1, 50)), max_size=20)
)
def test_every_mark_is_read_once(boxes):
    marks = [Mark(np.ones((height, width), np.float32), left, top) for left, top, width, height in boxes]
    read = [id(mark) for line in reading_order(marks) for mark in line]
    assert sorted(read) == sorted(map(id, marks))


def test_cutting_out_a_part():
    mark = Mark(np.ones((4, 10), np.float32), 100, 50)
    part = cut_mark(mark, np.full(4, 3), np.array([5, 6, 6, 5]))
    assert (part.left, part.top, part.width, part.height) == (103, 50, 3, 4)
    assert part.ink.sum() == 10
    assert cut_mark(mark, np.full(4, 3), np.full(4, 3)) is None
