import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from PIL import Image

import tenfold as package
from tenfold.cli import app as cli
from tenfold.cli.app import app
from tenfold.errors import ParityError

TENFOLD = str(Path(sys.executable).parent / "tenfold")


def tenfold(*arguments):
    return subprocess.run([TENFOLD, *arguments], capture_output=True, text=True, check=False)


def test_help_names_every_command():
    result = tenfold("--help")
    assert result.returncode == 0
    for command in ("train", "evaluate", "predict", "recipes", "doctor", "data"):
        assert command in result.stdout


@pytest.mark.parametrize(
    "command", [["train"], ["evaluate"], ["predict"], ["recipes"], ["data", "show"], ["data", "check"]]
)
def test_help_shows_each_option_as_it_is_written(command):
    shown = "".join(character for character in tenfold(*command, "--help").stdout if character not in " \n│╭╮╰╯─")
    group = typer.main.get_command(app)
    for name in command:
        group = group.commands[name]
    texts = [parameter.help for parameter in group.params if parameter.help]
    assert texts
    for text in texts:
        assert text.replace(" ", "").replace("`", "") in shown


def test_help_loads_nothing_heavy():
    code = (
        "import sys, tenfold.cli.app;"
        "print(sorted({'keras', 'jax', 'numpy', 'matplotlib', 'pydantic', 'onnx', 'PIL'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_ctrl_c_while_the_command_is_loaded_ends_it_quietly():
    command = [sys.executable, "-X", "importtime", TENFOLD, "recipes", "quick"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        next(line for line in process.stderr if line.endswith(" tenfold.errors\n"))
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in rest


@pytest.mark.parametrize("module", ["tenfold.run.libraries", "keras.src.backend.config", "onnx.helper"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_a_training_loads_its_libraries_ends_it_quietly(number, module, tmp_path):
    command = [sys.executable, "-X", "importtime", TENFOLD, "train", "mnist", "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        next(line for line in process.stderr if line.endswith(f" {module}\n"))
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in rest
    assert not (tmp_path / "run").exists()


def test_a_model_that_disagrees_in_another_format_is_one_message_and_exit_code_1(monkeypatch, capsys):
    def disagree(**options):
        raise ParityError("model.onnx was not written")

    monkeypatch.setattr(cli, "app", disagree)
    assert cli._run() == 1
    assert capsys.readouterr().err == "Error: model.onnx was not written\n"


def test_version_is_the_packages():
    assert tenfold("--version").stdout == f"{package.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["train"], "Missing argument 'data'.\nExample: tenfold train mnist"),
        (["predict"], "Missing argument 'images'.\nExample: tenfold predict seven.png"),
        (["data", "check"], "Missing argument 'data'.\nExample: tenfold data check letters"),
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


def test_a_reader_that_has_gone_is_no_defect():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        command = [TENFOLD, "recipes", "quick", "--json"]
        result = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("arguments", [["recipes"], ["recipes", "--json"], ["--version"]])
def test_a_full_disk_is_said_once(arguments):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([TENFOLD, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.count("The output cannot be written (No space left on device)") == 1
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize(("arguments", "code"), [(["recipes"], 0), (["recipes", "none"], 2), (["--nonsense"], 2)])
def test_messages_that_cannot_be_written_change_no_exit_code(arguments, code):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([TENFOLD, *arguments], stdout=subprocess.DEVNULL, stderr=full, check=False)
    assert result.returncode == code


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [("recipes", 0), ("recipes none", 2)])
def test_closed_streams_are_no_defect(closed, arguments, code):
    result = subprocess.run(["sh", "-c", f"{TENFOLD} {arguments} {closed}"], capture_output=True, check=False)
    assert result.returncode == code
    assert b"Traceback" not in result.stderr


def test_a_terminal_without_unicode_gets_every_answer(tmp_path):
    Image.new("L", (60, 40), 255).save(tmp_path / "空.png")
    latin = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [TENFOLD, "predict", "空.png"]
    result = subprocess.run(command, cwd=tmp_path, env=latin, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("\\u7a7a.png  \\u2013")
    document = subprocess.run([*command, "--json"], cwd=tmp_path, env=latin, capture_output=True, text=True, check=True)
    assert json.loads(document.stdout)["predictions"][0]["file"] == "空.png"


def test_warnings_are_notes(tmp_path):
    for name in ("\U00013000", "\U00013001"):  # hieroglyphs, which hardly any font has
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(2):
            Image.new("L", (8, 8), 50 * number).save(tmp_path / "data" / name / f"{number}.png")
    result = subprocess.run(
        [TENFOLD, "data", "show", "data"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert result.stderr.count("Note: No installed font has all characters") == 1
    assert "UserWarning" not in result.stderr


def test_answers_before_an_error_reach_a_pipe(tmp_path):
    Image.new("L", (28, 28)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [TENFOLD, "predict", "good.png", "bad.png"]
    result = subprocess.run(command, cwd=tmp_path, env=buffered, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stdout.startswith("good.png ")
    assert "bad.png" in result.stderr


def test_what_the_system_refuses_is_the_users_to_mend(tmp_path):
    result = subprocess.run(
        [TENFOLD, "train", "mnist", "--out", "x" * 300],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "cannot be a run folder" in result.stderr
