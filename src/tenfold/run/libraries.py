"""Loading Keras and all that training needs in the background, while the command reads its data."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

_DISPENSABLE = ("sklearn", "matplotlib")
"""What Keras loads, if it is installed, for its scikit-learn wrappers and its galleries: half of its loading time."""


def load_libraries_early(when_loaded: Callable[[], None] | None = None) -> None:
    """Begin to load what `tenfold.train` needs, and return at once.

    Only for a process where no code but Tenfold's runs: in it, Keras does without its wrappers for scikit-learn and its
    galleries, and nothing else may import matplotlib before `wait_for_libraries` has returned.

    Args:
        when_loaded: Is called by `wait_for_libraries`, in its thread, when all is loaded.
    """
    global _when_loaded
    _when_loaded = when_loaded
    _loading.start()


def wait_for_libraries() -> None:
    """Return when `load_libraries_early` is through; at once if it was not called."""
    if _loading.ident is not None:
        _loading.join()
        if _when_loaded:
            _when_loaded()


def _load() -> None:
    # Whatever is wrong, such as another backend, is said when the same modules are imported where they are used.
    with contextlib.suppress(Exception), _as_if_absent(_DISPENSABLE):
        import tenfold.run.calibrate
        import tenfold.run.export
        import tenfold.run.learning  # noqa: F401


_when_loaded: Callable[[], None] | None = None
_loading = Thread(target=_load, name="load libraries", daemon=True)


@contextmanager
def _as_if_absent(packages: tuple[str, ...]) -> Iterator[None]:
    """Inside the block, these packages cannot be imported, unless they have been."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
