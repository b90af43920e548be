"""The command line where the locale knows no Unicode."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TENFOLD = Path(sys.executable).with_name("tenfold")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A read-only folder of Unicode names: bright and dark pictures of two classes."""
    folder = tmp_path / "数据 ü x"
    for position, name in enumerate(("größe 一", "猫 🐱")):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            pixels = np.random.default_rng(number).integers(120 * position, 120 * position + 100, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"Bild №{number}.png")
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555)
    return folder


@pytest.fixture
def tenfold(tmp_path: Path) -> Callable[..., str]:
    """Run the command in the C locale, with Python's own way round it (its UTF-8 mode) switched off."""
    unset = ("LANG", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING")
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0"}

    def run(*arguments: str) -> str:
        command = [str(TENFOLD), *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


def test_any_names_work_in_the_c_locale(data: Path, tmp_path: Path, tenfold: Callable[..., str]):
    run = "Läufe 1"
    tenfold("train", data.name, "--out", run, "--epochs", "1")
    assert "猫 🐱" in (tmp_path / run / "report.html").read_text(encoding="utf-8")
    picture = f"{data.name}/猫 🐱/Bild №1.png"
    assert tenfold("predict", picture, "--model", run).startswith(f"{picture}  ")
    assert "猫 🐱" in tenfold("data", "check", data.name)
