from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tenfold.photo.plain import prepare_plain


def image_of(ground: int, ink: int) -> np.ndarray:
    image = np.full((28, 28, 1), ground, np.uint8)
    image[8:20, 12:16] = ink
    return image


@pytest.mark.parametrize(
    ("training", "inverted"),
    [
        ({"polarity": "light-on-dark"}, True),
        ({"polarity": "none"}, False),
        ({"polarity": "light-on-dark", "inverts_negatives": False}, False),
    ],
)
def test_negatives_are_inverted_where_the_network_inverts_them(classifier, training, inverted):
    image = image_of(255, 0)
    metadata = replace(classifier.metadata, **training)
    plain = prepare_plain(image, metadata, Image.fromarray(image[..., 0]), keep_steps=True)
    np.testing.assert_array_equal(plain.images[0], 255 - image if inverted else image)
    assert plain.notes == (("dark ink on light ground: inverted",) if inverted else ())
    assert [name for name, _ in plain.steps] == ["picture", "inverted" if inverted else "network input"]
    assert plain.boxes == [(0, 0, 28, 28)]
