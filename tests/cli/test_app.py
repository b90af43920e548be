import subprocess
import sys
from pathlib import Path

import pytest

import tenfold as package

TENFOLD = str(Path(sys.executable).parent / "tenfold")


def tenfold(*arguments):
    return subprocess.run([TENFOLD, *arguments], capture_output=True, text=True, check=False)


def test_help_names_every_command():
    result = tenfold("--help")
    assert result.returncode == 0
    for command in ("train", "evaluate", "predict", "recipes", "data"):
        assert command in result.stdout


def test_help_loads_nothing_heavy():
    code = (
        "import sys, tenfold.cli.app;"
        "print(sorted({'keras', 'jax', 'numpy', 'matplotlib', 'pydantic', 'onnx', 'PIL'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_version_is_the_packages():
    assert tenfold("--version").stdout == f"{package.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["train"], "Missing argument"),
        (["train", "mnist", "--epochs", "many"], "--epochs"),
        (["train", "mnst"], "Did you mean 'mnist'?"),
        (["train", "mnist", "--recipe", "dense128"], "Did you mean 'dense-128'?"),
        (["train", "mnist", "--set", "training.epoch=3"], "Did you mean 'epochs'?"),
        (["train", "mnist", "--size", "big"], "The size 'big' cannot be read"),
        (["evaluate", "nowhere"], "There is no run 'nowhere'"),
    ],
)
def test_wrong_input_is_one_message_on_stderr_and_exit_code_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = tenfold(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_defect():
    command = f"'{TENFOLD}' recipes | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "defect" not in result.stderr
    assert "Traceback" not in result.stderr
