import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import typer
from onnx import helper, numpy_helper
from PIL import Image
from typer.testing import CliRunner

from tenfold.classifier import classifier
from tenfold.classifier.metadata import Metadata
from tenfold.classifier.model_file import read_model_file
from tenfold.cli import predict as predict_module
from tenfold.cli.predict import predict
from tenfold.data.load import load_dataset
from tenfold.errors import ImageError, ModelError, RunError

METADATA = Metadata(
    class_names=("暗", "bright", "never"),
    image_shape=(4, 6, 1),
    polarity="none",
    recipe="by-hand",
    accuracy=1.0,
    test_count=2,
    data="two greys",
    data_fingerprint="0" * 64,
    tenfold_version="0.1.0",
)

MNIST_TEST = load_dataset("mnist").test

app = typer.Typer()
app.command("predict")(predict)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model built by hand: the brighter, the surer "bright" (logits 1, 4 b and -3 for a brightness b of 0…1)."""
    kernel = np.zeros((24, 3), np.float32)
    kernel[:, 1] = 4 / 255 / 24
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Flatten", ["pixels"], ["row"]),
        helper.make_node("MatMul", ["row", "kernel"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("images", onnx.TensorProto.UINT8, ["n", 4, 6, 1])],
        [helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(np.float32([1, 0, -3]), "bias")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(proto, METADATA.to_properties())
    path = tmp_path / "run" / "model.onnx"
    path.parent.mkdir()
    onnx.save(proto, path)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of white and black pictures, and of what is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("a 10.png", "white"), ("a 9.JPG", "black"), ("[b].gif", "black")):
        Image.new("RGB", (30, 20), colour).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(b"no picture")
    (folder / "more").mkdir()
    return folder


def run(*arguments: Any, content: bytes | None = None) -> str:
    result = CliRunner().invoke(app, [str(part) for part in arguments], input=content, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def failure(*arguments: Any) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, [str(part) for part in arguments])
    return result.stdout, result.exception


def test_lines_are_aligned_and_tell_the_next_two(model: Path, pictures: Path):
    assert run(pictures / "a 10.png", pictures / "[b].gif", "--model", model).splitlines() == [
        f"{pictures}/a 10.png  bright   95.2 %  (暗 4.7 %, never 0.1 %)",
        f"{pictures}/[b].gif   暗       72.1 %  (bright 26.5 %, never 1.3 %)",
    ]


def test_a_folder_is_its_images_in_natural_order(model: Path, pictures: Path):
    lines = run(pictures, "--model", model).splitlines()
    names = [line.split("  ")[0].strip() for line in lines]
    assert names == [f"{pictures}/{name}" for name in ("[b].gif", "a 9.JPG", "a 10.png")]


def test_json_is_one_document(model: Path, pictures: Path):
    document = json.loads(run(pictures / "a 10.png", "--model", model, "--json"))
    total = np.exp(1) + np.exp(4) + np.exp(-3)
    expected = [round(float(np.exp(logit) / total), 5) for logit in (4, 1, -3)]
    (prediction,) = document["predictions"]
    top = prediction.pop("top")
    assert [name for name, _ in top] == ["bright", "暗", "never"]
    assert [value for _, value in top] == pytest.approx(expected, abs=1e-5)
    probability = top[0][1]
    assert prediction == {
        "file": f"{pictures}/a 10.png",
        "label": "bright",
        "probability": probability,
        "text": "bright",
        "characters": [{"label": "bright", "probability": probability, "box": [0, 0, 30, 20]}],
        "notes": [],
    }


def test_the_box_is_that_of_the_upright_picture(model: Path, tmp_path: Path):
    image = Image.new("L", (30, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    (prediction,) = json.loads(run(tmp_path / "turned.jpg", "--model", model, "--json"))["predictions"]
    assert prediction["characters"][0]["box"] == [0, 0, 20, 30]


def test_standard_input_is_one_picture(model: Path):
    content = io.BytesIO()
    Image.new("L", (9, 9), 255).save(content, "PNG")
    assert run("-", "--model", model, content=content.getvalue()).startswith("-  bright")


def test_a_run_folder_is_a_model(model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch):
    assert "bright" in run(pictures, "--model", model.parent)
    monkeypatch.chdir(model.parent)
    assert "bright" in run(pictures, "--model", ".")


def test_last_is_the_last_run(model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    _, error = failure(pictures, "--model", "last")
    assert isinstance(error, RunError)
    last = tmp_path / "runs" / "greys-by-hand-1"
    last.mkdir(parents=True)
    model.rename(last / "model.onnx")
    (last / "run.json").write_text('{"status": "finished"}')
    assert "bright" in run(pictures, "--model", "last")
    assert "bright" in run(pictures, "--model", "greys-by-hand-1")


def test_without_a_model_the_shipped_one_is_taken(model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(classifier, "default_model_path", lambda: model)
    assert "bright" in run(pictures)


def test_many_pictures_are_read_in_parts(model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch):
    at_once = run(pictures, pictures, "--model", model)
    monkeypatch.setattr(predict_module, "_AT_ONCE", 2)
    result = CliRunner().invoke(app, [str(pictures), str(pictures), "--model", str(model)], catch_exceptions=False)
    assert result.stdout == at_once
    assert len(at_once.splitlines()) == 6


def test_bad_pictures_are_named_after_the_answers(model: Path, pictures: Path):
    (pictures / "a 11.png").write_bytes(b"no picture")
    (pictures / "empty.png").touch()
    stdout, error = failure(pictures, "--model", model)
    assert len(stdout.splitlines()) == 3
    assert isinstance(error, ImageError)
    summary, first, second = str(error).splitlines()
    assert summary == "2 of 5 images cannot be used:"
    assert first.startswith(f"  {pictures}/a 11.png: no readable image")
    assert second.startswith(f"  {pictures}/empty.png: the file is empty")
    stdout, error = failure(pictures, "--model", model, "--json")
    assert len(json.loads(stdout)["predictions"]) == 3
    assert isinstance(error, ImageError)


def test_a_single_bad_picture_gives_its_message_alone(model: Path, tmp_path: Path):
    stdout, error = failure(tmp_path / "none.png", "--model", model, "--json")
    assert stdout == ""
    assert str(error).startswith(f"{tmp_path}/none.png: cannot be read (No such file or directory)")


def test_very_many_bad_pictures_are_counted(model: Path, tmp_path: Path):
    _, error = failure(*(tmp_path / f"{number}.png" for number in range(25)), "--model", model)
    lines = str(error).splitlines()
    assert lines[0] == "25 of 25 images cannot be used:"
    assert lines[-1] == "  … and 5 more"
    assert len(lines) == 22


def test_a_folder_without_images_is_refused(model: Path, pictures: Path):
    _, error = failure(pictures / "more", "--model", model)
    assert isinstance(error, ImageError)
    assert "no images in this folder" in str(error)
    assert "Its sub-folders hold none" in str(error)


def test_a_folder_of_folders_suggests_them(model: Path, tmp_path: Path):
    for name in ("b 10", "b 9", "empty"):
        (tmp_path / "all" / name).mkdir(parents=True)
    for name in ("b 10", "b 9"):
        Image.new("L", (9, 9)).save(tmp_path / "all" / name / "1.png")
    _, error = failure(tmp_path / "all", "--model", model)
    assert str(error).endswith(f"Its sub-folders hold some: tenfold predict '{tmp_path}/all/b 9' '{tmp_path}/all/b 10'")


def test_a_model_that_is_none_is_refused(pictures: Path):
    for wrong in (pictures / "notes.txt", pictures / "none.onnx", pictures):
        stdout, error = failure(pictures, "--model", wrong)
        assert stdout == ""
        assert isinstance(error, ModelError)


def test_file_names_that_are_no_unicode_are_printed(model: Path, tmp_path: Path):
    name = "\udce9.png"
    Image.new("L", (5, 5), 255).save(tmp_path / "good.png")
    (tmp_path / "good.png").rename(tmp_path / name)
    assert run(tmp_path / name, "--model", model).startswith(f"{tmp_path}/\\udce9.png  bright")
    (prediction,) = json.loads(run(tmp_path / name, "--model", model, "--json"))["predictions"]
    assert prediction["file"] == f"{tmp_path}/\\udce9.png"


def test_the_hand_made_model_passes_the_checks(model: Path):
    assert read_model_file(model) == model.read_bytes()


def test_the_command_loads_no_training_library(model: Path, pictures: Path):
    code = (
        "import sys, typer\n"
        "from tenfold.cli.predict import predict\n"
        "light = {'keras', 'jax', 'onnx', 'onnxruntime', 'PIL', 'numpy'} & set(sys.modules)\n"
        "app = typer.Typer()\n"
        "app.command()(predict)\n"
        f"app([{str(pictures)!r}, '--model', {str(model)!r}], standalone_mode=False)\n"
        "print(sorted(light), sorted({'keras', 'jax', 'onnx', 'matplotlib', 'sklearn'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] []"


def row_of_digits() -> Image.Image:
    images, labels = (part[:5] for part in (MNIST_TEST.images, MNIST_TEST.labels))
    assert labels.tolist() == [7, 2, 1, 0, 4]
    return Image.fromarray(255 - np.concatenate(images[..., 0], axis=1)).resize((700, 140))


def test_a_photo_of_a_row_is_text_with_boxes_and_notes(tmp_path: Path):
    row_of_digits().save(tmp_path / "row.png")
    lines = run(tmp_path / "row.png").splitlines()
    assert lines[0].startswith(f"{tmp_path}/row.png  72104  ")
    assert lines[-1] == "  five marks: read as five characters"
    (prediction,) = json.loads(run(tmp_path / "row.png", "--json"))["predictions"]
    assert prediction["text"] == "72104"
    assert prediction["label"] is None
    assert [one["label"] for one in prediction["characters"]] == list("72104")
    lefts = [one["box"][0] for one in prediction["characters"]]
    assert all(140 * number <= left < 140 * (number + 1) for number, left in enumerate(lefts))


def test_a_long_text_moves_no_other_pictures_probability(tmp_path: Path):
    row = row_of_digits()
    page = Image.new("L", (700, 6 * 200), 255)
    for number in range(6):
        page.paste(row, (0, 200 * number))
    page.save(tmp_path / "page.png")
    Image.fromarray(MNIST_TEST.images[0, ..., 0]).save(tmp_path / "seven.png")
    lines = run(tmp_path / "page.png", tmp_path / "seven.png").splitlines()
    longest, shortest = (next(line for line in lines if name in line) for name in ("page.png", "seven.png"))
    assert "72104 72104" in longest
    assert "characters)" in longest or "characters are" in longest
    assert shortest.index("%") < len(f"{tmp_path}/seven.png") + 40


def test_a_blank_picture(tmp_path: Path):
    Image.new("L", (300, 200), 255).save(tmp_path / "blank.png")
    assert "nothing found" in run(tmp_path / "blank.png")
    (prediction,) = json.loads(run(tmp_path / "blank.png", "--json"))["predictions"]
    assert (prediction["label"], prediction["probability"], prediction["characters"]) == (None, None, [])


def test_a_long_name_gives_a_folder_of_steps(tmp_path: Path):
    name = "\udcff" * 100  # 600 characters when escaped
    for file in (f"{name}.png", "b.png"):
        row_of_digits().save(tmp_path / "row.png")
        (tmp_path / "row.png").rename(tmp_path / file)
    run(tmp_path / f"{name}.png", tmp_path / "b.png", "--show-steps", tmp_path / "steps")
    assert len(list((tmp_path / "steps").iterdir())) == 2


def test_without_standard_input_there_is_nothing_to_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ImageError, match="reads an image from standard input"):
        predict_module._picture("-")


def test_steps_are_written_and_never_overwritten(tmp_path: Path):
    row_of_digits().save(tmp_path / "row.png")
    run(tmp_path / "row.png", "--show-steps", tmp_path / "one")
    assert len(list((tmp_path / "one").glob("0*.png"))) == 9
    run(tmp_path / "row.png", tmp_path / "row.png", "--show-steps", tmp_path / "two")
    assert sorted(folder.name for folder in (tmp_path / "two").iterdir()) == ["001-row", "002-row"]
    before = sorted((tmp_path / "one").iterdir())
    output, error = failure(tmp_path / "row.png", "--show-steps", tmp_path / "one")
    assert output == ""
    assert isinstance(error, ImageError)
    assert "holds something already, and nothing is overwritten" in str(error)
    assert sorted((tmp_path / "one").iterdir()) == before
