"""The exceptions that Tenfold raises on purpose.

    TenfoldError             the user's input is at fault; the command line prints it and exits with 2
    ├── BackendError         Keras runs, or was asked to run, on something else than JAX
    ├── DataError            a data set cannot be read or makes no sense
    ├── ImageError           one image file or array cannot be used
    ├── RecipeError          a recipe, a layer or a `--set` is wrong
    ├── RunError             a run folder is missing, incomplete or in the way
    ├── ModelError           a model file cannot be used
    ├── KernelError          the native kernels were asked for something that is not there
    └── NonFiniteLossError   training diverged

    ParityError              model.onnx disagrees with the Keras model: a defect of ours; exit code 1
    TrainingInterrupted      a KeyboardInterrupt that says where the run so far was saved

Every message says what was found, what was expected and what to do. Anything else that escapes is a defect of ours.
"""


class TenfoldError(Exception):
    """Base of all errors that are the input's fault."""


class BackendError(TenfoldError):
    """Keras runs, or was asked to run, on another backend than JAX."""


class DataError(TenfoldError):
    """A data set cannot be read or makes no sense."""


class ImageError(TenfoldError):
    """One image file or array cannot be used."""


class RecipeError(TenfoldError):
    """A recipe, one of its layers or an override is wrong."""


class RunError(TenfoldError):
    """A run folder is missing, incomplete or in the way."""


class ModelError(TenfoldError):
    """A model file cannot be used."""


class KernelError(TenfoldError):
    """The native kernels were asked for something that is not there."""


class NonFiniteLossError(TenfoldError):
    """The loss became infinite or not a number; the model keeps its last finite weights."""


class ParityError(Exception):
    """A model in another format does not give what the Keras model gives; it was not written."""


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM during training; what was reached is saved."""
