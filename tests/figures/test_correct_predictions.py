import numpy as np

from tenfold.figures.correct_predictions import correct_predictions_figure


def test_nine_right_ones_of_all_classes(predictions, texts_of, assert_nothing_clipped) -> None:
    figure = correct_predictions_figure(*predictions)
    said = texts_of(figure)
    assert sum(text.startswith("✓") for text in said) == 9
    assert not any(text.startswith("✗") for text in said)
    assert len({text for text in said if text.startswith("true: ")}) == 4
    assert "48 of 60 test images were recognised" in said
    assert_nothing_clipped(figure)


def test_none_right(predictions, texts_of) -> None:
    images, _, probabilities, names, accepted = predictions
    wrong = (probabilities.argmax(axis=1) + 1).astype(np.int32) % 4
    figure = correct_predictions_figure(images, wrong, probabilities, names, accepted)
    assert texts_of(figure) == ["Right predictions", "0 of 60 test images were recognised"]


def test_ten_classes_have_a_picture_each(texts_of, assert_nothing_clipped) -> None:
    labels = np.arange(30, dtype=np.int32) % 10
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), np.uint8)
    figure = correct_predictions_figure(images, labels, np.eye(10, dtype=np.float32)[labels], "0123456789", labels > -1)
    assert {text for text in texts_of(figure) if text.startswith("true: ")} == {f"true: {digit}" for digit in range(10)}
    assert_nothing_clipped(figure)
