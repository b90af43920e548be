import numpy as np
import pytest
from PIL import Image

from tenfold.errors import ImageError
from tenfold.photo.page import Page
from tenfold.photo.pictures import draw_boxes, draw_inputs, draw_page, write_steps


def test_values_become_grey():
    np.testing.assert_array_equal(draw_page(Page(np.float32([[-1, 0, 0.5, 1, 2]]))), [[0, 0, 128, 255, 255]])


def test_frames_stand_around_characters():
    drawing = draw_boxes(Image.new("L", (40, 30), 255), [(10, 5, 8, 12)])
    assert (drawing[4, 9:19] == (214, 39, 40)).all()
    assert (drawing[5:17, 10:18] == 255).all()


def test_inputs_stand_side_by_side():
    images = [np.full((28, 28, 1), value, np.uint8) for value in (10, 200)]
    drawing = draw_inputs(images)
    assert drawing.shape == (30 * 8, 60 * 8)
    assert (drawing[120, 120], drawing[120, 360]) == (10, 200)
    assert draw_inputs([]).size == 1


def test_steps_are_numbered_files(tmp_path):
    steps = [("picture", np.zeros((3, 4, 3), np.uint8)), ("network input", np.full((2, 2, 1), 7, np.uint8))]
    write_steps(steps, tmp_path / "new" / "steps")
    assert sorted(file.name for file in (tmp_path / "new" / "steps").iterdir()) == [
        "00-picture.png",
        "01-network-input.png",
    ]
    assert np.asarray(Image.open(tmp_path / "new" / "steps" / "01-network-input.png")).tolist() == [[7, 7], [7, 7]]


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ImageError, match="is not empty; nothing is overwritten"):
        write_steps([("picture", np.zeros((3, 4), np.uint8))], tmp_path)
    with pytest.raises(ImageError, match="cannot be written"):
        write_steps([], tmp_path / "mine.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
