"""Numbers about predictions: how often they are right, how sure that is, and which classes are mixed up.

`evaluate_predictions` gives all of them at once; its result is what `metrics.json` holds.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from pydantic import BaseModel, ConfigDict

from tenfold.errors import DataError, ModelError
from tenfold.evaluation.calibration import are_probabilities, expected_calibration_error
from tenfold.evaluation.mistakes import losses
from tenfold.types import Accepted, ConfusionCounts, Labels, Probabilities

_Z_95 = NormalDist().inv_cdf(0.975)
_MOST_CONFUSED = 10


class ClassMetrics(BaseModel):
    """How well one class is recognised.

    Attributes:
        name: The class.
        count: Its images.
        precision: Of the images predicted as this class, the share that is of it; None if it was never
            predicted.
        recall: Of the images of this class, the share predicted as it; None if there are none.
        f1: Harmonic mean of precision and recall, 2·tp / (2·tp + fp + fn); None if the class neither occurs
            nor was predicted. All three run from 0 to 1, and 1 is best.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    count: int
    precision: float | None
    recall: float | None
    f1: float | None


class Confusion(BaseModel):
    """So many images of class `true` were taken for class `predicted`; 4 → 9 is another pair than 9 → 4."""

    model_config = ConfigDict(frozen=True)

    true: str
    predicted: str
    count: int


class Metrics(BaseModel):
    """What `evaluate_predictions` finds, and the content of `metrics.json`.

    Attributes:
        accuracy: Share of the images whose most probable class is the true one, 0…1; higher is better.
        correct: How many those are.
        count: How many images were evaluated.
        interval: Low and high end of the accuracy's 95 % interval (Wilson).
        accepted: How many images got a label; the others were taken for none of the classes. None where there is no
            rule that rejects images, as in files of earlier versions.
        correct_and_accepted: How many images got the true label; None as for `accepted`.
        loss: Mean cross-entropy of the network's own probabilities in nats, as Keras evaluates it; lower is better.
        expected_calibration_error: Mean distance of the probabilities that `predict` states from accuracy, 0…1; lower
            is better.
        classes: One entry for each class, in the order of the labels.
        confusion: Counts; row: true class, column: predicted class.
        most_confused: At most ten ordered pairs of different classes, the most frequent first.
    """

    model_config = ConfigDict(frozen=True)

    accuracy: float
    correct: int
    count: int
    interval: tuple[float, float]
    accepted: int | None = None
    correct_and_accepted: int | None = None
    loss: float
    expected_calibration_error: float
    classes: tuple[ClassMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    most_confused: tuple[Confusion, ...]

    @property
    def rejected_share(self) -> float | None:
        """Share of the images that were taken for none of the classes, 0…1; None without a rule."""
        return None if self.accepted is None else (self.count - self.accepted) / self.count


def evaluate_predictions(
    probabilities: Probabilities,
    labels: Labels,
    class_names: Sequence[str],
    *,
    calibrated: Probabilities | None = None,
    accepted: Accepted | None = None,
) -> Metrics:
    """Compare predicted probabilities with the true labels.

    The predicted class is the most probable one, the first of them where several are equally probable.

    Args:
        probabilities: [n, classes], each row summing to 1.
        labels: [n], 0…classes-1.
        class_names: One name for each class.
        calibrated: The probabilities that are stated, [n, classes], of the same order in each row; None if these are
            the network's own.
        accepted: Which images get a label, [n]; None if all do, as there is no rule.

    Raises:
        DataError: No images, or labels that do not fit the probabilities or the class names.
        ModelError: The probabilities are not finite, or are no probabilities.
    """
    _check_labels(probabilities, labels, class_names)
    _check_probabilities(probabilities)
    predicted = probabilities.argmax(axis=1)
    counts = _confusion_counts(predicted, labels, len(class_names))
    correct, count = int(np.trace(counts)), len(labels)
    stated = probabilities if calibrated is None else calibrated
    return Metrics(
        accuracy=correct / count,
        correct=correct,
        count=count,
        interval=wilson_interval(correct, count),
        accepted=None if accepted is None else int(accepted.sum()),
        correct_and_accepted=None if accepted is None else int((accepted & (predicted == labels)).sum()),
        loss=float(losses(probabilities, labels).mean()),
        expected_calibration_error=expected_calibration_error(stated, labels),
        classes=_class_metrics(counts, class_names),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        most_confused=most_confused(counts, class_names),
    )


def wilson_interval(correct: int, count: int) -> tuple[float, float]:
    """The 95 % interval of an accuracy, after Wilson (J. Am. Stat. Assoc. 22, 1927).

    With p = correct / count and z = 1.96: (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n). Unlike the
    textbook's p ± z·√(p(1-p)/n) it holds for few images and near 0 and 1, and it never leaves 0…1.

    Args:
        correct: Images predicted rightly, 0…count.
        count: Images evaluated, at least 1.

    Raises:
        ValueError: The numbers lie outside these ranges.

    Example:
        >>> low, high = wilson_interval(9_800, 10_000)
        >>> f"{low:.4f} {high:.4f}"
        '0.9771 0.9826'
    """
    if not 0 <= correct <= count or count == 0:
        raise ValueError(f"{correct} correct of {count}: expected 0 <= correct <= count and at least one image")
    share, z2 = correct / count, _Z_95**2 / count
    middle = share + z2 / 2
    half = math.sqrt(z2 * (share * (1 - share) + z2 / 4))
    # At 0 and 1 one end is exact; rounding must not push it beside.
    low = 0.0 if correct == 0 else (middle - half) / (1 + z2)
    high = 1.0 if correct == count else (middle + half) / (1 + z2)
    return low, high


def most_confused(counts: ConfusionCounts, class_names: Sequence[str]) -> tuple[Confusion, ...]:
    """The ordered pairs of different classes that were mixed up most often.

    Args:
        counts: Entry [i, j]: images of class i that were taken for class j.
        class_names: One name for each class.

    Returns:
        At most ten pairs, the most frequent first, equal ones in the order of the classes; none with count 0.
    """
    mistakes = np.array(counts)
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:_MOST_CONFUSED]
    pairs = zip(*np.unravel_index(order, mistakes.shape), strict=True)
    return tuple(
        Confusion(true=class_names[true], predicted=class_names[predicted], count=int(mistakes[true, predicted]))
        for true, predicted in pairs
        if mistakes[true, predicted]
    )


def _confusion_counts(predicted: Labels, labels: Labels, classes: int) -> ConfusionCounts:
    counts = np.bincount(labels.astype(np.int64) * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes)


def _class_metrics(counts: ConfusionCounts, class_names: Sequence[str]) -> tuple[ClassMetrics, ...]:
    columns = zip(np.diag(counts).tolist(), counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist(), strict=True)
    return tuple(
        ClassMetrics(
            name=name,
            count=count,
            precision=_share(right, predicted),
            recall=_share(right, count),
            f1=_share(2 * right, count + predicted),
        )
        for name, (right, count, predicted) in zip(class_names, columns, strict=True)
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _check_labels(probabilities: Probabilities, labels: Labels, class_names: Sequence[str]) -> None:
    expected = (len(labels), len(class_names))
    if probabilities.shape != expected:
        raise DataError(
            f"Probabilities are {list(probabilities.shape)}, but there are {expected[0]:,} labels and "
            f"{expected[1]} class names; expected {list(expected)}. Evaluate on data of the same classes."
        )
    if len(labels) == 0:
        raise DataError("There are no images to evaluate. Give at least one.")
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise DataError(
            f"Labels run from {labels.min()} to {labels.max()}, but there are {len(class_names)} classes; "
            f"expected 0 to {len(class_names) - 1}."
        )


def _check_probabilities(probabilities: Probabilities) -> None:
    broken = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if len(broken):
        raise ModelError(
            f"The model's output is not finite for {len(broken):,} of {len(probabilities):,} images (first: "
            f"{broken[0]}). Its training diverged; train again with a lower learning rate."
        )
    if not are_probabilities(probabilities):
        sums = probabilities.sum(axis=1, dtype=np.float64)
        worst = int(np.abs(sums - 1).argmax())
        raise ModelError(
            f"The model's outputs are no probabilities (those of image {worst} sum to {sums[worst]:.4g}, the "
            f"smallest is {probabilities.min():.4g}); expected 0…1 with sum 1. "
            'End the network with activation = "softmax".'
        )
