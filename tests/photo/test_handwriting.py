import numpy as np
import pytest
from PIL import Image, ImageOps

from tenfold.photo.handwriting import STEPS, prepare_handwriting


@pytest.fixture
def notes_of(classifier):
    return lambda picture: prepare_handwriting(classifier, picture, keep_steps=False).notes


def test_every_step_is_shown(classifier, written, photographed):
    prepared = prepare_handwriting(classifier, photographed(written("57")), keep_steps=True)
    names = [name for name, _ in prepared.steps]
    assert names == ["picture", *(name for name, _ in STEPS), "characters", "network input"]
    assert all(drawing.dtype == np.uint8 for _, drawing in prepared.steps)
    assert not prepare_handwriting(classifier, written("57"), keep_steps=False).steps


def test_boxes_are_in_pixels_of_the_picture(classifier, written):
    large = written("57").resize((2240, 1120))
    boxes = prepare_handwriting(classifier, large, keep_steps=False).boxes
    five, seven = np.array(boxes) / 4
    assert five == pytest.approx([81, 51, 118, 178], abs=6)
    assert seven == pytest.approx([361, 51, 118, 178], abs=6)


def test_what_is_unusual_is_told(notes_of, written):
    assert notes_of(written("5", pen=26)) == ()
    assert notes_of(ImageOps.invert(written("5", pen=26))) == ("light ink on dark ground: inverted",)
    assert notes_of(written("5", pen=4)) == ("stroke much thinner than in training: thickened",)
    assert notes_of(written("5", pen=62)) == ("stroke much thicker than in training: thinned",)
    assert notes_of(written("57\n24", pen=26)) == ("four marks: read as four characters on two lines",)


@pytest.mark.parametrize("value", [0, 130, 255])
def test_blank_pictures(classifier, value):
    prepared = prepare_handwriting(classifier, Image.new("L", (200, 150), value), keep_steps=True)
    assert prepared.images == []
    assert prepared.notes == ("nothing found",)
    assert prepared.line_lengths == ()


@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (2, 900), (29, 28)])
def test_pictures_of_any_size(classifier, size):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, size[::-1], dtype=np.uint8))
    for image in prepare_handwriting(classifier, picture, keep_steps=True).images:
        assert image.shape == (28, 28, 1)
