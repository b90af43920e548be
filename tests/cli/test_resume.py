"""`tenfold resume` as a command."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TENFOLD = Path(sys.executable).with_name("tenfold")
SLOWLY = ["train", "mnist", "--recipe", "dense-512", "--epochs", "40", "--set", "training.watch_test_set=false"]


def tenfold(*arguments, cwd):
    return subprocess.run([TENFOLD, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_an_interrupt_the_message_says_how_to_continue_and_that_works(number, tmp_path):
    fraction = ["--fraction", "0.1"]
    with subprocess.Popen([TENFOLD, *SLOWLY, *fraction], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            assert process.stderr.readline().startswith("Epoch")
        process.send_signal(number)
        message = process.stderr.read().splitlines()[-1]
        assert process.wait() == 130
    command = message.partition("Continue: tenfold ")[2].split()
    assert command == ["resume", "runs/mnist-dense-512-1"]
    result = tenfold(*command, "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["run"] == "runs/mnist-dense-512-1"
    assert len(document["seconds"]["epochs"]) == 40
    epochs = [line for line in result.stderr.splitlines() if line.startswith("Epoch")]
    assert epochs[-1].startswith("Epoch 40/40")
    assert len(epochs) < 40  # the first ones were not repeated


def test_what_cannot_be_resumed_is_one_message(tmp_path):
    result = tenfold("resume", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith("Error: There is no run to continue below")
    assert "Traceback" not in result.stderr
