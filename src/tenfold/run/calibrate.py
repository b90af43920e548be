"""After training: how far the model's probabilities can be believed, and which images are none of its classes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import onnx
from threadpoolctl import threadpool_limits

from tenfold.classifier.distance import ClassDistance, fit_class_distance
from tenfold.classifier.onnx_score import hidden_values, strangeness
from tenfold.data.dataset import Split
from tenfold.evaluation.calibration import fit_temperature
from tenfold.messages import Note
from tenfold.run.plan import Plan
from tenfold.types import Indices, Scores

FALSE_REJECTIONS = 0.01
"""Share of the images of the classes themselves that may be rejected."""

_HANDS = 4
"""Copies of each validation image, each in another hand: one alone gives thresholds that differ by chance."""

_LEAST_FOR_TEMPERATURE = 50
"""Validation images: fewer say by chance alone that a model is ten times too sure, or not sure enough."""

_LEAST_FOR_THRESHOLD = math.ceil(1 / FALSE_REJECTIONS) - 1
"""With fewer, no threshold is known to reject so few (see `rejection_threshold`)."""

MOST_IMAGES = 2_500
"""So many fit the distance, and so many set the threshold (in other hands, `_HANDS` times as many): a tenth of a second
for small networks."""


_TOO_FEW = (
    "Every picture will get a label, even one that shows none of the classes: a rejection threshold needs {needed} "
    "images; found {found}. Train on more images to change that."
)
_TOO_WIDE = (
    "Every picture will get a label, even one that shows none of the classes: the network's last two layers are too "
    "wide to compare with. Make one of them narrower to change that."
)


@dataclass(frozen=True)
class Calibration:
    """What was measured on a trained model, for its ONNX file.

    Args:
        temperature: See `tempered`; 1 with no or few validation images.
        rejection_threshold: Images of a higher score are none of the classes; None rejects nothing.
        at_hand: Images that a threshold could be set on.
        threshold_from: The images that it was set on: validation images; without any, training images.
        distances: What the score measures.
    """

    temperature: float = 1.0
    rejection_threshold: float | None = None
    at_hand: int = 0
    threshold_from: Literal["validation", "training"] | None = None
    distances: Mapping[str, ClassDistance] = field(default_factory=dict)

    @property
    def notes(self) -> list[Note]:
        """That nothing is rejected, why, and what to do."""
        if self.rejection_threshold is not None:
            return []
        if self.at_hand < _LEAST_FOR_THRESHOLD:
            numbers = {"found": self.at_hand, "needed": _LEAST_FOR_THRESHOLD}
            return [Note("too_few_images_to_reject", _TOO_FEW, numbers)]
        return [Note("layers_too_wide_to_reject", _TOO_WIDE)]


def calibrate(network: onnx.ModelProto, plan: Plan) -> Calibration:
    """Measure temperature and rejection threshold.

    Validation images set both; where a recipe trains on other hands, their copies in another hand do. A recipe that
    trains on all images leaves none (and test images set nothing), so its temperature stays 1, and its threshold comes
    from training images that the distance was not fitted to; see
    docs/decisions/0010-calibration-without-validation.md.

    Args:
        network: The trained network, as `onnx_network` gives it.
        plan: What it was trained on.
    """
    validation = _validation(plan)
    fitted, held_out = _parts(plan.train, validation)
    if redrawn_images(plan):
        held_out = _in_other_hands(held_out, plan.dataset.class_names)
    probabilities, values_by_name = hidden_values(network, np.concatenate([fitted.images, held_out.images]))
    enough = validation is not None and len(validation) >= _LEAST_FOR_TEMPERATURE
    temperature = fit_temperature(probabilities[len(fitted) :], held_out.labels) if enough else 1.0
    known = {name: values[len(fitted) :] for name, values in values_by_name.items()}
    with threadpool_limits(1, "blas"):  # on a busy machine, OpenBLAS's threads wait seconds for one another
        distances = {
            name: fit_class_distance(values[: len(fitted)], fitted.labels).standardised(known[name])
            for name, values in values_by_name.items()
        }
        scores = strangeness(probabilities[len(fitted) :], known, distances) if distances else None
    threshold = None if scores is None else rejection_threshold(scores)
    if threshold is None:
        return Calibration(temperature, at_hand=len(held_out))
    return Calibration(temperature, threshold, len(held_out), "validation" if validation else "training", distances)


def redrawn_images(plan: Plan) -> int:
    """How many images in another hand are drawn to calibrate with: none, unless a recipe trains on such."""
    validation = _validation(plan)
    return _HANDS * min(MOST_IMAGES, len(validation)) if validation and plan.recipe.training.redrawn else 0


def _validation(plan: Plan) -> Split | None:
    """Images that were not learnt from; test images set nothing."""
    return None if plan.recipe.training.watch_test_set else plan.validation


def rejection_threshold(scores: Scores) -> float | None:
    """The score above which at most `FALSE_REJECTIONS` of images like these are expected, or None if they are too few.

    The smallest score that at least (1 - rate) · (n + 1) of the n scores do not exceed: then a further image of the
    same kind exceeds it with at most that rate, whatever the distribution (split conformal prediction: Papadopoulos,
    Proedrou, Vovk, Gammerman, ECML 2002). It takes at least 99 images for 1 %. Of copies of one image in several hands,
    which resemble one another, it holds on average only.
    """
    rank = math.ceil((1 - FALSE_REJECTIONS) * (len(scores) + 1) - 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else None


def _parts(train: Split, validation: Split | None) -> tuple[Split, Split]:
    """What the distance is fitted to, and what the threshold is set on; at most `MOST_IMAGES` each."""
    if validation is not None:
        return train.take(_some(len(train), MOST_IMAGES)), validation.take(np.sort(_some(len(validation), MOST_IMAGES)))
    some = _some(len(train), 2 * MOST_IMAGES)
    some = some[np.argsort(train.labels[some], kind="stable")]  # half of each class, of the smallest, too
    return train.take(some[::2]), train.take(some[1::2])


def _in_other_hands(split: Split, class_names: Sequence[str]) -> Split:
    """The images as photos of other hands would give them, each `_HANDS` times."""
    from tenfold.photo.redrawing import redraw, shown_characters  # SciPy takes a while to load

    characters = shown_characters(split.labels, class_names)
    images = np.concatenate([redraw(split.images, characters, seed, spoilt=0) for seed in range(_HANDS)])
    return Split(images, np.tile(split.labels, _HANDS), split.files * _HANDS)


def _some(count: int, at_most: int) -> Indices:
    """Positions in random order: in the order of the data, every so many images may be of one class."""
    return np.random.default_rng(0).permutation(count)[:at_most]
