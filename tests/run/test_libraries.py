import os
import subprocess
import sys


def run_python(code, **environment):
    environment = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_a_run_is_planned_without_keras_so_that_it_can_load_meanwhile():
    code = "import sys, tenfold.run.train; print(sorted({'keras', 'jax', 'onnxruntime', 'scipy'} & set(sys.modules)))"
    assert run_python(code).stdout == "[]\n"


def test_loaded_early_keras_does_without_what_training_does_not_need():
    code = """
import sys
from tenfold.run.libraries import load_libraries_early, wait_for_libraries
load_libraries_early()
wait_for_libraries()
print(sorted({"keras", "jax", "sklearn", "matplotlib"} & set(sys.modules)))
import tenfold.figures.style, sklearn
print("found")
"""
    result = run_python(code)
    assert result.stdout == "['jax', 'keras']\nfound\n", result.stderr


def test_what_is_wrong_is_said_where_the_libraries_are_used():
    code = """
from tenfold.run.libraries import load_libraries_early, wait_for_libraries
load_libraries_early()
wait_for_libraries()
print("waited")
import tenfold.run.learning
"""
    result = run_python(code, KERAS_BACKEND="torch")
    assert result.stdout == "waited\n"
    assert "BackendError: The environment variable KERAS_BACKEND asks for 'torch'" in result.stderr


def test_waiting_for_what_was_never_begun_returns():
    result = run_python("from tenfold.run.libraries import wait_for_libraries; wait_for_libraries()")
    assert (result.returncode, result.stderr) == (0, "")
