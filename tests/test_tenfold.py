import os
import subprocess
import sys

import pytest

import tenfold


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_importing_tenfold_loads_nothing_heavy():
    code = "import sys, tenfold; print(sorted({'keras', 'jax', 'numpy', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    assert run_python(code).stdout == "[]\n"


def test_public_names_are_loaded_when_used():
    assert callable(tenfold.fit)
    assert callable(tenfold.train)
    assert set(tenfold.__all__) <= set(dir(tenfold))


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(AttributeError, match="it offers Augmentation, fit, "):
        tenfold.fitt  # noqa: B018


def test_another_backend_in_the_environment_is_refused():
    result = run_python("import tenfold; tenfold.fit", KERAS_BACKEND="torch")
    assert "BackendError: The environment variable KERAS_BACKEND asks for 'torch'" in result.stderr


def test_an_already_imported_keras_on_another_backend_is_refused():
    result = run_python("import keras, tenfold; tenfold.fit", KERAS_BACKEND="numpy")
    assert "BackendError: Keras was already imported with the numpy backend" in result.stderr


def test_a_failed_import_of_keras_does_not_stand_in_the_way():
    """Without KERAS_BACKEND and without TensorFlow, `import keras` fails, and leaves modules behind."""
    code = """
import sys
sys.modules["tensorflow"] = None
try:
    import keras
except ModuleNotFoundError:
    print("as expected")
from tenfold import fit
import keras
print(keras.backend.backend())
"""
    environment = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"} | {
        "KERAS_HOME": "/nowhere"
    }
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert result.stdout == "as expected\njax\n", result.stderr
