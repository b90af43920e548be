from collections.abc import Sequence

import numpy as np
import pytest
from matplotlib.figure import Figure

from tenfold.figures.samples import samples_figure, samples_shown
from tenfold.types import Images, Labels


def _figure(images: Images, labels: Labels, class_names: Sequence[str]) -> Figure:
    shown = samples_shown(labels)
    return samples_figure(images[shown], labels[shown], class_names, len(images))


def test_fifteen_labelled_samples_of_all_classes(texts_of, assert_nothing_clipped) -> None:
    labels = np.sort(np.arange(100, dtype=np.int32) % 10)
    images = np.repeat(labels[:, None, None, None], 28, axis=1).repeat(28, axis=2).astype(np.uint8)
    figure = _figure(images, labels, [f"class-{name}" for name in "abcdefghij"])
    shown = [int(image.get_array()[0, 0]) for image in figure.axes[0].images]
    assert shown == [*range(10), *range(5)]
    said = texts_of(figure)
    assert [text for text in said if text.startswith("class-")] == [f"class-{'abcdefghij'[i]}" for i in shown]
    assert "100 images of 28×28 pixels (height×width), grey, 10 classes" in said
    assert_nothing_clipped(figure)


@pytest.mark.parametrize("shape", [(8, 8, 3), (96, 20, 1), (20, 96, 3)])
def test_any_shape_and_few_images(shape: tuple[int, int, int], assert_nothing_clipped) -> None:
    images = np.zeros((3, *shape), np.uint8)
    figure = _figure(images, np.int32([0, 1, 1]), ["W" * 40, "b"])
    assert len(figure.axes[0].images) == 3
    assert_nothing_clipped(figure)
