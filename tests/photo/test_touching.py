import numpy as np

from tenfold.classifier.classifier import Prediction
from tenfold.photo.characters import Mark
from tenfold.photo.touching import split_touching


def bars(count: int, apart: int = 30) -> Mark:
    """Upright strokes 10 wide, joined by a thin one across."""
    ink = np.zeros((40, apart * (count - 1) + 10), np.float32)
    for number in range(count):
        ink[:, apart * number : apart * number + 10] = 1
    ink[20:24] = 1
    return Mark(ink, 100, 50)


def is_one(mark: Mark) -> bool:
    return np.count_nonzero(mark.ink.mean(axis=0) > 0.9) <= 10


def known(probability: float) -> Prediction:
    return Prediction("1", probability, (("1", probability),))


def unknown(probability: float) -> Prediction:
    return Prediction(None, probability, (("1", probability),))


def single_bars(marks: list[Mark]) -> list[Prediction]:
    """Sure of a single upright stroke, unsure of all else."""
    return [known(0.99) if is_one(mark) else known(0.2) for mark in marks]


def test_touching_strokes_are_cut_apart_from_left_to_right():
    parts = split_touching([bars(3)], single_bars)
    assert len(parts) == 3
    lefts = [part.left for part in parts]
    assert lefts == sorted(lefts)
    assert sum(part.width for part in parts) == bars(3).width
    assert sum(float(part.ink.sum()) for part in parts) == bars(3).ink.sum()
    assert [int(part.ink.mean(axis=0).argmax()) + part.left for part in parts] == [100, 130, 160]


def test_what_is_likelier_as_a_whole_stays_whole():
    mark = bars(2)
    parts = split_touching([mark], lambda marks: [known(0.99 if one.width == mark.width else 0.3) for one in marks])
    assert [(part.left, part.top, part.width, part.height) for part in parts] == [(100, 50, 40, 40)]


def test_a_pair_is_not_cut_into_something_unknown_but_a_row_is():
    def all_but_the_first(marks: list[Mark]) -> list[Prediction]:
        return [known(0.99) if is_one(one) and one.left > 100 else unknown(0.2) for one in marks]

    pair, row = bars(3), bars(8, apart=12)
    assert pair.width < 2 * pair.height < row.width
    assert [part.width for part in split_touching([pair], all_but_the_first)] == [pair.width]
    assert len(split_touching([row], all_but_the_first)) > 1


def test_narrow_marks_are_not_looked_at():
    mark = Mark(np.ones((40, 20), np.float32), 0, 0)

    def fail(marks: list[Mark]) -> list[Prediction]:
        raise AssertionError("asked for the probabilities of a narrow mark")

    assert split_touching([mark], fail) == [mark]
