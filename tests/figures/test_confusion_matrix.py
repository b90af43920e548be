import warnings
from itertools import pairwise

import numpy as np
import pytest

from tenfold.figures.confusion_matrix import confusion_matrix_figure


def test_counts_as_numbers_and_row_shares_as_colour(texts_of, assert_nothing_clipped) -> None:
    figure = confusion_matrix_figure([[1234, 0], [25, 75]], ["cat", "dog"])
    said = texts_of(figure)
    numbers = [text.get_text() for text in figure.axes[0].texts]
    assert numbers == ["1,234", "25", "75"]
    assert {"cat", "dog", "true class", "predicted class"} <= set(said)
    assert "1,309 of 1,334 images lie on the diagonal: they were recognised." in said
    assert figure.axes[0].images[0].get_array().tolist() == [[1, 0], [0.25, 0.75]]
    assert_nothing_clipped(figure)


def test_rows_are_true_classes() -> None:
    figure = confusion_matrix_figure([[5, 3], [0, 7]], ["a", "b"])
    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert places["3"] == (1, 0)  # x: predicted b, y: true a
    assert "true" in figure.axes[0].get_ylabel()


def test_numbers_are_white_on_dark_cells_only() -> None:
    figure = confusion_matrix_figure([[99, 1], [50, 50]], ["a", "b"])
    colors = [(text.get_text(), text.get_color() == "white") for text in figure.axes[0].texts]
    assert colors == [("99", True), ("1", False), ("50", True), ("50", True)]


def test_class_without_images_gives_no_warning(texts_of) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "2" in texts_of(confusion_matrix_figure([[2, 0], [0, 0]], ["a", "b"]))


@pytest.mark.parametrize("classes", [2, 10, 26, 41, 150])
@pytest.mark.parametrize("name", ["{}", "class number {} with a long name"])
def test_any_number_of_classes_is_readable(classes: int, name: str, assert_nothing_clipped) -> None:
    counts = np.diag(np.full(classes, 12345))
    figure = confusion_matrix_figure(counts, [name.format(i) for i in range(classes)])
    assert len(figure.axes[0].texts) == (classes if classes <= 40 else 0)
    assert_nothing_clipped(figure)
    cell = figure.axes[0].bbox.width / classes
    for labels in (figure.axes[0].get_xticklabels(), figure.axes[0].get_yticklabels()):
        boxes = [label.get_window_extent() for label in labels]
        assert not any(first.overlaps(second) for first, second in pairwise(boxes))
    assert all(text.get_window_extent().width < cell for text in figure.axes[0].texts)
