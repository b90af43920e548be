import numpy as np
import pytest

from tenfold.figures.prediction_tiles import prediction_gallery
from tenfold.figures.style import BLUE, GREY, RED


def test_wrong_is_red_with_a_cross_and_right_is_blue_with_a_tick(
    predictions, class_names, assert_nothing_clipped
) -> None:
    shown = predictions.take(np.array([0, 1]))
    figure = prediction_gallery(shown, class_names, columns=5, title="T", note="n")
    colors = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colors["✗ predicted: banana"] == RED
    assert colors["✓ predicted: banana"] == BLUE
    assert {"true: apple", "true: banana"} <= set(colors)
    assert_nothing_clipped(figure)


def test_what_is_rejected_is_marked_and_neither_right_nor_wrong(
    predictions, class_names, assert_nothing_clipped
) -> None:
    shown = predictions._replace(accepted=~predictions.accepted).take(np.array([0, 1]))
    figure = prediction_gallery(shown, class_names, columns=5, title="T", note="n")
    colors = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colors["– rejected, nearest: banana"] == GREY
    assert not any(text.startswith(("✓", "✗")) for text in colors)
    assert_nothing_clipped(figure)


def test_bars_show_the_most_probable_classes(predictions, class_names) -> None:
    probabilities = np.tile(np.float32([0.1, 0.2, 0.0, 0.7]), (60, 1))
    shown = predictions._replace(probabilities=probabilities).take(np.array([1]))
    figure = prediction_gallery(shown, class_names, columns=1, title="T", note="")
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said[2:] == ["$d_1$ <b>", "70.0 %", "banana", "20.0 %", "apple", "10.0 %"]
    bars = [patch for patch in figure.axes[0].patches if patch.get_facecolor()[3] and patch.get_linewidth() == 0]
    grounds, lengths = bars[::2], bars[1::2]
    shares = [bar.get_width() / ground.get_width() for ground, bar in zip(grounds, lengths, strict=True)]
    assert shares == pytest.approx([0.7, 0.2, 0.1])


def test_captions_of_neighbours_do_not_touch(predictions, texts_of) -> None:
    names = ["W" * 40, "M" * 40, "w" * 40, "m" * 40]
    figure = prediction_gallery(predictions.take(np.arange(10)), names, columns=5, title="T", note="")
    assert texts_of(figure)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(first.overlaps(other) for i, first in enumerate(boxes) for other in boxes[i + 1 :])


def test_named_images_have_the_name_of_their_file(predictions, class_names, texts_of, assert_nothing_clipped) -> None:
    files = [f"folder/{position}.png" for position in range(60)]
    shown = predictions._replace(files=files).take(np.array([7, 3]))
    named, unnamed = (
        prediction_gallery(shown, class_names, columns=2, title="T", note="", named=named) for named in (True, False)
    )
    assert [text for text in texts_of(named) if text.endswith(".png")] == ["7.png", "3.png"]
    assert not any(text.endswith(".png") for text in texts_of(unnamed))
    assert_nothing_clipped(named)
