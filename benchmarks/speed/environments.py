"""An environment of its own for each peer, made on demand below `.bench/`, and the way to run a contestant in it."""

import json
import os
import subprocess
import sys
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BENCH = ROOT / ".bench"

_COMMON = ("keras==3.15.1", "numpy==2.4.6")
REQUIREMENTS = {
    "tensorflow": (*_COMMON, "tensorflow==2.21.0"),
    "jax": (*_COMMON, "jax==0.10.2"),
    "torch": (*_COMMON, "torch==2.13.0"),
    "scikit-learn": ("numpy==2.4.6", "scikit-learn==1.9.1"),
}


class ContestantError(Exception):
    """A contestant's process failed; the message is the end of what it wrote."""


@dataclass(frozen=True)
class Contestant:
    """Who trains.

    Args:
        name: As `--contestants` takes it.
        label: As tables show it.
        module: Its script in `contestants/`.
        environment: A name in `REQUIREMENTS`; None is the environment that Tenfold is installed in.
        variables: Environment variables that it needs.
    """

    name: str
    label: str
    module: str
    environment: str | None
    variables: dict[str, str] = field(default_factory=dict)


CONTESTANTS = (
    Contestant("tenfold", "Tenfold", "tenfold_fit", None),
    Contestant("tenfold-pure", "Tenfold, pure install", "tenfold_fit", None, {"TENFOLD_KERNELS": "none"}),
    Contestant("keras-tensorflow", "Keras, TensorFlow", "keras_fit", "tensorflow", {"KERAS_BACKEND": "tensorflow"}),
    Contestant("keras-jax", "Keras, JAX", "keras_fit", "jax", {"KERAS_BACKEND": "jax"}),
    Contestant("keras-torch", "Keras, PyTorch", "keras_fit", "torch", {"KERAS_BACKEND": "torch"}),
    Contestant("pytorch", "PyTorch by hand", "pytorch_loop", "torch"),
    Contestant("scikit-learn", "scikit-learn", "sklearn_mlp", "scikit-learn"),
)


def ready_python(environment: str | None) -> Path:
    """The Python of an environment; made and filled first, unless that was done before with the same versions."""
    if environment is None:
        return Path(sys.executable)
    folder = BENCH / environment
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted, installed = "\n".join(REQUIREMENTS[environment]), folder / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        print(f"setting up {folder.relative_to(ROOT)}: {', '.join(REQUIREMENTS[environment])}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *REQUIREMENTS[environment]], check=True)
        installed.write_text(wanted)
    return python


def run_contestant(contestant: Contestant, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train once in a fresh process.

    Args:
        contestant: Who trains.
        content: The task, as `Task.content` gives it.
        folder: For the trained model and for whatever the contestant caches from one start to the next.

    Returns:
        What `contestants.trial.run_trial` printed.

    Raises:
        ContestantError: The process failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ready_python(contestant.environment)  # what it may install is no part of the time
    task_file = folder / "task.json"
    task_file.write_text(json.dumps(content | {"started": time.time()}), encoding="utf-8")
    module = f"benchmarks.speed.contestants.{contestant.module}"
    output = run_module(contestant.environment, module, [str(task_file), str(folder)], variables(contestant, folder))
    return json.loads(output)


def run_module(environment: str | None, module: str, arguments: list[str], variables: dict[str, str]) -> str:
    """The last line that a module of this benchmark printed.

    Raises:
        ContestantError: It failed.
    """
    command = [ready_python(environment), "-m", module, *arguments]
    result = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ContestantError("\n".join(result.stderr.splitlines()[-15:]))
    return result.stdout.splitlines()[-1]


def variables(contestant: Contestant, folder: Path) -> dict[str, str]:
    """The environment variables for a contestant: processor only, and neither settings nor caches of the user's."""
    alike = {
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "KERAS_HOME": str(folder),
        "TENFOLD_CACHE": str(folder / "cache"),
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "cache" / "torchinductor"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    settings = ("KERAS_", "TF_", "JAX_", "TENFOLD_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    if contestant.environment:
        inherited.pop("PYTHONPATH", None)
    return inherited | alike | contestant.variables
