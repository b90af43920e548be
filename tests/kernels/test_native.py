import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tenfold.errors import KernelError
from tenfold.kernels import native

PROJECT = Path(__file__).parents[2]
TRAIN = """
import numpy as np
import tenfold
from tenfold.keras_on_jax import keras
from tenfold.kernels import native

keras.utils.set_random_seed(0)
layers = keras.layers
model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2),
                          layers.Flatten(), layers.Dense(2, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
random = np.random.default_rng(0)
history = tenfold.fit(model, random.normal(size=(64, 8, 8, 1)), random.integers(0, 2, 64), epochs=2, verbose=0)
print(native.instruction_set(), round(history.history["loss"][-1], 5), tenfold.__file__)
"""


def test_an_unknown_instruction_set_is_refused():
    with pytest.raises(KernelError, match="'mmx' is not available"):
        native.choose_instruction_set("mmx")


def test_a_program_names_the_library_that_it_was_compiled_for(monkeypatch, tmp_path):
    other = tmp_path / "library"
    other.write_bytes(b"another version")
    name = native.target("conv_forward")
    native._digest.cache_clear()
    monkeypatch.setenv("TENFOLD_KERNELS_LIBRARY", str(other))
    assert native.target("conv_forward") != name
    native._digest.cache_clear()


@pytest.fixture(scope="module")
def losses(tmp_path_factory):
    """What the same training prints from a wheel built with a compiler, and from one built without."""
    folder = tmp_path_factory.mktemp("wheels")
    return [_train_from_wheel(folder / name, name == "native") for name in ("native", "pure")]


def test_wheels_with_and_without_a_compiler_train_alike(losses):
    (fast, fast_loss, fast_file), (pure, pure_loss, pure_file) = losses
    assert fast in native.INSTRUCTION_SETS
    assert pure == "None"
    assert float(fast_loss) == pytest.approx(float(pure_loss), abs=2e-5)
    assert "native" in fast_file and "pure" in pure_file


def _train_from_wheel(folder: Path, with_compiler: bool) -> list[str]:
    """Build a wheel, install it where there is no compiler, train; instruction set, loss, and where tenfold lay."""
    environment = {**os.environ, **({} if with_compiler else {"CXX": str(folder / "no-compiler")})}
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    subprocess.run([*command, PROJECT], check=True, env=environment, capture_output=True)
    (wheel,) = folder.glob("tenfold-*.whl")
    assert ("none-any" in wheel.name) != with_compiler
    venv.create(folder / "empty", with_pip=False)
    python = next((folder / "empty").glob("*/python"))
    packages = next((folder / "empty").glob("lib/*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--no-deps", "--target", packages, wheel],
        check=True,
        capture_output=True,
    )
    # The dependencies come from the tests' own environment; its editable Tenfold is not among them.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    done = subprocess.run(
        [python, "-c", TRAIN], cwd=folder, env={"PATH": ""}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("TENFOLD_KERNELS_LIBRARY", "/nowhere/libtenfold_kernels.so", "cannot be loaded .*TENFOLD_KERNELS=none"),
        ("TENFOLD_KERNELS", "bogus", "TENFOLD_KERNELS is 'bogus'; expected none, or an instruction set"),
    ],
)
def test_a_wrong_choice_of_kernels_is_named(monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    with pytest.raises(KernelError, match=message):
        native._library.__wrapped__()
