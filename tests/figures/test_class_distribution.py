from itertools import pairwise

import pytest

from tenfold.figures.class_distribution import class_distribution_figure


def test_bars_are_the_counts(texts_of, assert_nothing_clipped) -> None:
    figure = class_distribution_figure([1200, 300, 0], [5, 0, 0], ["many", "few", "none"])
    lengths = [[bar.get_width() for bar in axes.containers[0]] for axes in figure.axes]
    assert lengths == [[1200, 300, 0], [5, 0, 0]]
    said = texts_of(figure)
    assert {"many", "few", "none", "1,200", "300", "5", "Training: 1,500 images", "Test: 5 images"} <= set(said)
    # If all had the same: 1500 / 3.
    assert figure.axes[0].lines[0].get_xdata()[0] == 500
    assert_nothing_clipped(figure)


def test_the_dashed_line_runs_through_no_number(assert_nothing_clipped) -> None:
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    figure = class_distribution_figure(counts, counts, "0123456789")
    assert_nothing_clipped(figure)
    for axes in figure.axes:
        line = axes.transData.transform((axes.lines[0].get_xdata()[0], 0))[0]
        longest = max(bar.get_window_extent().x1 for bar in axes.containers[0])
        numbers = [text.get_window_extent() for text in axes.texts]
        assert len(numbers) == 10
        assert all(box.x0 > max(line, longest) + 2 for box in numbers)


@pytest.mark.parametrize("classes", [1, 2, 26, 200])
def test_any_number_of_classes_fits(classes: int, assert_nothing_clipped) -> None:
    counts = [3] * classes
    figure = class_distribution_figure(counts, counts, [f"W{'W' * 40}{i}" for i in range(classes)])
    assert max(figure.get_size_inches()) < 14
    assert_nothing_clipped(figure)
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert not any(upper.overlaps(lower) for upper, lower in pairwise(boxes))
