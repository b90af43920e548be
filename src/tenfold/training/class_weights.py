"""How much each class counts in the loss."""

from collections.abc import Sequence

import numpy as np

from tenfold.errors import DataError
from tenfold.recipes.settings import Training
from tenfold.types import Labels


def class_weights(training: Training, labels: Labels, class_names: Sequence[str]) -> dict[int, float] | None:
    """Weights by class number, as a recipe asks for them.

    "balanced" gives n / (classes × images of the class), as in scikit-learn: every class counts the same in all.

    Args:
        training: The recipe's `training` table.
        labels: Of the training images, [n].
        class_names: One name for each class.

    Returns:
        None if the recipe asks for no weights.

    Raises:
        DataError: The recipe names a class that the data has not, or leaves one out.
    """
    given = training.class_weight
    if given is None:
        return None
    if given == "balanced":
        counts = np.bincount(labels, minlength=len(class_names))
        return {label: len(labels) / (len(counts) * int(count)) for label, count in enumerate(counts) if count}
    if set(given) != set(class_names):
        wrong = [f"no weight for {name}" for name in class_names if name not in given]
        wrong += [f"one for {name}, which is no class" for name in sorted(given) if name not in class_names]
        raise DataError(
            f"training.class_weight has {'; '.join(wrong)}. The classes are {', '.join(class_names)}: give one weight "
            "for each of them."
        )
    return {label: given[name] for label, name in enumerate(class_names)}
