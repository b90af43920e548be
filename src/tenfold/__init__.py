"""From a folder of small images to a classifier that you can trust and ship.

    import tenfold
    run = tenfold.train("mnist", recipe="cnn-32-64-128")
    history = tenfold.fit(model, x, y, batch_size=128, epochs=5, validation_split=0.2)
    classifier = tenfold.load_classifier("runs/mnist-quick-1")

Importing `tenfold` loads neither Keras nor JAX; each name below loads what it needs when it is first used.
"""

import os
import sys
from importlib import import_module, util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenfold.data.load import load_dataset as load_dataset
    from tenfold.photo.reader import load_classifier as load_classifier
    from tenfold.photo.reader import read_picture as read_picture
    from tenfold.recipes.augmentation import Augmentation as Augmentation
    from tenfold.run.resume import resume as resume
    from tenfold.run.runs import load_run as load_run
    from tenfold.run.train import train as train
    from tenfold.training.fit import fit as fit

if "keras" not in sys.modules and not any(map(util.find_spec, ("tensorflow", "torch"))):
    # What Keras would choose is not installed: an `import keras` after this one has to find what is.
    os.environ.setdefault("KERAS_BACKEND", "jax")

__version__ = "0.1.0"

_MODULE_OF = {
    "Augmentation": "tenfold.recipes.augmentation",
    "fit": "tenfold.training.fit",
    "load_classifier": "tenfold.photo.reader",
    "load_dataset": "tenfold.data.load",
    "load_run": "tenfold.run.runs",
    "read_picture": "tenfold.photo.reader",
    "resume": "tenfold.run.resume",
    "train": "tenfold.run.train",
}

__all__ = ["Augmentation", "fit", "load_classifier", "load_dataset", "load_run", "read_picture", "resume", "train"]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'tenfold' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
