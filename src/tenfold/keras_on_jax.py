"""The one place that imports Keras, so that it always runs on JAX.

Use `from tenfold.keras_on_jax import keras`.
"""

import os
import sys

from tenfold.errors import BackendError


def _check_backend() -> None:
    loaded = sys.modules.get("keras")
    if loaded is None:
        # An `import keras` that failed before, without TensorFlow, leaves modules that would make it fail again.
        for name in [name for name in sys.modules if name.startswith("keras.")]:
            del sys.modules[name]
    if loaded is not None and loaded.backend.backend() != "jax":
        raise BackendError(
            f"Keras was already imported with the {loaded.backend.backend()} backend, but Tenfold trains on JAX. "
            'Put  import os; os.environ["KERAS_BACKEND"] = "jax"  above your first `import keras`, '
            "or import tenfold's functions first."
        )
    asked = os.environ.setdefault("KERAS_BACKEND", "jax")
    if asked != "jax":
        raise BackendError(
            f"The environment variable KERAS_BACKEND asks for {asked!r}, but Tenfold trains on JAX. "
            "Unset it, or set KERAS_BACKEND=jax. (The trained model.keras loads on every backend.)"
        )


_check_backend()

import keras  # noqa: E402

__all__ = ["keras"]
