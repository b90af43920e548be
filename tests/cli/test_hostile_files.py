"""Whatever lies behind a path: a reason, quickly, in little memory."""

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from tenfold.classifier.classifier import default_model_path
from tenfold.errors import ImageError
from tenfold.photo.reader import Reader, load_classifier
from tests.cli.hostile_files import frames, hostile_files

COUNT, SEED = 300, 0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return hostile_files(tmp_path_factory.mktemp("hostile"), COUNT, SEED)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_classifier(default_model_path())


def test_each_is_refused_with_a_reason_that_names_it(files: list[Path], reader: Reader):
    assert len(files) == COUNT
    tracemalloc.start()
    try:
        for path in files:
            with pytest.raises(ImageError) as refusal:
                reader.predict(path)
            reason = str(refusal.value).removeprefix(f"{path}: ")
            assert reason != str(refusal.value) and len(reason) > 20, reason
        assert tracemalloc.get_traced_memory()[1] < 300_000_000
    finally:
        tracemalloc.stop()


def test_of_ten_thousand_frames_the_first_is_read(tmp_path: Path, reader: Reader):
    one, many = (reader.predict(frames(tmp_path / f"{count}.gif", count)) for count in (1, 10_000))
    assert one == many


def test_the_command_names_each_and_exits_with_2(files: list[Path]):
    some = [path for path in files if path.name != "folder.png"][:40]  # a folder stands for the images in it
    code = "from tenfold.cli.app import main; main()"
    bounded = ["sh", "-c", 'ulimit -d 2000000; ulimit -t 60; exec "$@"', "sh"]  # kilobytes, seconds
    command = [*bounded, sys.executable, "-c", code, "predict", *map(os.fspath, some)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert f"{len(some)} of {len(some)} images cannot be used:" in done.stderr
    assert done.stderr.count("\n  ") == 20 + 1  # so many are named, the others counted
