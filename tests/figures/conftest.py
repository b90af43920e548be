from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from tenfold.figures.prediction_tiles import Predictions


def _drawn_texts(figure: Figure) -> list[Text]:
    """All texts but those of ticks that lie outside their axis, which matplotlib keeps and does not draw."""
    axes_of_all = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    hidden = {
        id(tick.label1)
        for axis in axes_of_all
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    texts = figure.findobj(Text)
    return [text for text in texts if text.get_text() and text.get_visible() and id(text) not in hidden]


@pytest.fixture
def texts_of() -> Callable[[Figure], list[str]]:
    """What a figure says."""

    def texts(figure: Figure) -> list[str]:
        FigureCanvasAgg(figure).draw()
        return [text.get_text() for text in _drawn_texts(figure)]

    return texts


@pytest.fixture
def assert_nothing_clipped() -> Callable[[Figure], None]:
    """Every text of a figure lies within its edges."""

    def check(figure: Figure) -> None:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        width, height = canvas.get_width_height()
        for text in _drawn_texts(figure):
            box = text.get_window_extent(canvas.get_renderer())
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
            assert inside, f"{text.get_text()!r} at {box.extents} in {width}×{height}"

    return check


@pytest.fixture
def class_names() -> list[str]:
    """Of the predictions."""
    return ["apple", "banana", "W" * 40, "$d_1$ <b>"]


@pytest.fixture
def predictions() -> Predictions:
    """60 images of 4 classes, all accepted; every fifth is taken for the next class."""
    random = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.int32) % 4
    predicted = np.where(np.arange(60) % 5 == 0, (labels + 1) % 4, labels)
    probabilities = np.full((60, 4), 0.05, np.float32)
    probabilities[np.arange(60), predicted] = np.linspace(0.7, 0.9, 60)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    images = random.integers(0, 256, (60, 12, 20, 3), np.uint8)
    return Predictions(images, labels, probabilities, np.ones(60, bool))
