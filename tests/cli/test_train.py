"""`tenfold train` and `tenfold evaluate` as a user runs them, with real signals."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tenfold.data.load import load_dataset

TENFOLD = str(Path(sys.executable).parent / "tenfold")
QUICKLY = ["train", "mnist", "--recipe", "dense-128", "--fraction", "0.02", "--epochs", "1"]


def tenfold(*arguments, cwd):
    return subprocess.run([TENFOLD, *arguments], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return folder, tenfold(*QUICKLY, cwd=folder)


def test_training_prints_epochs_on_stderr_and_the_result_on_stdout(trained):
    folder, result = trained
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("Epoch 1/1 ")
    for word in (
        "test accuracy",
        "95 % interval",
        "lowest recall",
        "most confused",
        "runs/mnist-dense-128-1/report.html",
    ):
        assert word in result.stdout
    assert (folder / "runs" / "mnist-dense-128-1" / "report.html").is_file()


def test_evaluate_finds_what_the_run_found(trained):
    folder, _ = trained
    written = json.loads((folder / "runs" / "mnist-dense-128-1" / "metrics.json").read_text())
    for run in ("last", "runs/mnist-dense-128-1"):
        assert json.loads(tenfold("evaluate", run, "--json", cwd=folder).stdout) == written


def test_evaluate_on_other_data_needs_the_same_classes(trained):
    folder, _ = trained
    result = tenfold("evaluate", "last", "--data", "fashion-mnist", cwd=folder)
    assert result.returncode == 2
    assert "fashion-mnist has the classes T-shirt/top" in result.stderr
    assert json.loads(tenfold("evaluate", "last", "--data", "mnist", "--json", cwd=folder).stdout)["count"] == 10_000


def test_a_file_that_cannot_be_written_is_named_with_what_is_left(tmp_path):
    """As on a full disk: no file may be larger than 300,000 bytes, and the model is."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    command = [TENFOLD, *QUICKLY]
    environment = os.environ | {"TENFOLD_COMPILE_CACHE": "off"}
    result = subprocess.run(
        command, cwd=tmp_path, preexec_fn=limit, env=environment, capture_output=True, text=True, check=False
    )
    run = "runs/mnist-dense-128-1"
    assert f"Error: {run}/model.keras: cannot be written (File too large)." in result.stderr
    assert (
        f"{run} holds checkpoint, history.csv, recipe.toml, run.json. Make room. Continue: tenfold resume {run}"
        in result.stderr
    )
    assert "Traceback" not in result.stderr
    assert result.returncode == 2


def test_json_is_one_document_and_the_second_run_gets_its_own_folder(trained):
    folder, _ = trained
    result = tenfold(*QUICKLY, "--json", cwd=folder)
    document = json.loads(result.stdout)
    assert document["run"] == "runs/mnist-dense-128-2"
    assert document["count"] == 10_000
    assert 0 < document["accuracy"] < 1
    first, second = ((folder / "runs" / f"mnist-dense-128-{n}" / "history.csv").read_bytes() for n in (1, 2))
    assert first == second


def test_a_profile_accounts_for_every_second_since_the_process_was_started(tmp_path):
    result = tenfold(*QUICKLY, "--profile", "--json", cwd=tmp_path)
    seconds = json.loads(result.stdout)["seconds"]
    lines = [line.split() for line in result.stderr.splitlines() if line.endswith("%")]
    shown = {words[0]: float(words[1]) for words in lines}
    assert list(shown) == [
        *("start", "data", "libraries", "model", "compiling", "training"),
        *("saving", "calibration", "export", "evaluation", "figures", "report", "other", "total"),
    ]
    assert shown["total"] == pytest.approx(seconds["total"], abs=0.01)
    assert sum(shown.values()) == pytest.approx(2 * seconds["total"], abs=0.2)
    assert seconds["start"] > 0
    assert lines[-1][-1] == "100.0%"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_long_training_and_leaves_a_loadable_run(number, tmp_path):
    command = [
        TENFOLD,
        "train",
        "mnist",
        "--recipe",
        "dense-512",
        "--epochs",
        "200",
        "--set",
        "training.watch_test_set=false",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("Epoch   1/200")
        process.send_signal(number)
        message = process.stderr.read().splitlines()[-1]
        assert process.wait() == 130
    assert message.startswith("Interrupted. The model so far is in runs/mnist-dense-512-1 (1 finished")
    run = tmp_path / "runs" / "mnist-dense-512-1"
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    pictures = ["--model", "runs/mnist-dense-512-1", "--json"]
    Image.fromarray(load_dataset("mnist").test.images[0, ..., 0]).save(tmp_path / "seven.png")
    answer = json.loads(tenfold("predict", "seven.png", *pictures, cwd=tmp_path).stdout)
    assert answer["predictions"][0]["label"] == "7"


def test_a_reader_of_the_progress_who_leaves_ends_no_training(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        result = subprocess.run(
            [TENFOLD, *QUICKLY], cwd=tmp_path, stdout=subprocess.PIPE, stderr=closed, text=True, check=False
        )
    assert result.returncode == 0
    assert "test accuracy" in result.stdout
