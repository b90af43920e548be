import numpy as np
import pytest

from benchmarks.speed.data import data_file, grown, tinted
from tenfold.data.dataset import Split


def two_images():
    images = np.zeros((2, 3, 3, 1), np.uint8)
    images[0, 0, 0], images[1, 1, 1] = 255, 255
    return Split(images, np.array([4, 7], np.int32))


def test_more_images_than_there_are_come_from_shifting():
    more = grown(two_images(), 5)
    assert more.labels.tolist() == [4, 7, 4, 7, 4]
    lit = [tuple(np.argwhere(image[..., 0])[0].tolist()) for image in more.images]
    assert lit == [(0, 0), (1, 1), (1, 0), (2, 1), (0, 1)]


def test_fewer_images_are_the_first_ones():
    assert grown(two_images(), 1).labels.tolist() == [4]


def test_there_is_an_end_to_shifting():
    with pytest.raises(ValueError, match="9 images"):
        grown(two_images(), 9)


def test_tinting_leads_from_a_dark_to_a_light_colour():
    grey = np.array([0, 128, 255], np.uint8).reshape(1, 1, 3, 1)
    background, middle, ink = tinted(grey)[0, 0].astype(int)
    assert (background < 128).all()
    assert (ink >= 128).all()
    assert np.abs(middle - (background + ink) / 2).max() <= 1


@pytest.mark.parametrize(("name", "shape"), [("mnist", (28, 28, 1)), ("colour-32", (32, 32, 3))])
def test_the_file_holds_the_images_that_were_asked_for(name, shape, tmp_path):
    path = data_file(name, 50, tmp_path)
    with np.load(path) as file:
        assert file["x_train"].shape == (50, *shape)
        assert file["x_test"].shape == (10_000, *shape)
        assert file["x_train"].dtype == np.uint8
        assert len(file["y_train"]) == 50
    written = path.stat().st_mtime_ns
    assert data_file(name, 50, tmp_path).stat().st_mtime_ns == written
