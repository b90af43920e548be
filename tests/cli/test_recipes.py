import json
import subprocess
import sys

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tenfold.cli.recipes import recipes
from tenfold.errors import RecipeError, TenfoldError
from tenfold.recipes.recipe import load_recipe, recipe_names

app = typer.Typer()
app.command("recipes")(recipes)


def run(*arguments):
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_list_names_every_recipe_with_its_data():
    header, *lines = run().splitlines()
    assert header.split() == ["name", "data", "description"]
    assert [line.split()[0] for line in lines] == recipe_names()
    for line in lines:
        recipe = load_recipe(line.split()[0])
        assert line.split()[1] == (recipe.data or "any")
        assert line.endswith(recipe.description)
        assert len(line) <= 100


def test_the_list_as_json():
    listed = json.loads(run("--json"))["recipes"]
    assert [one["name"] for one in listed] == recipe_names()
    assert next(one for one in listed if one["name"] == "fashion-cnn-64-64")["data"] == "fashion-mnist"


def test_a_recipe_layer_by_layer():
    lines = run("cnn-32-64-128").splitlines()
    cells = [line.split("  ") for line in lines]
    rows = [[cell.strip() for cell in row if cell.strip()] for row in cells]
    assert ["layer", "output shape", "parameters", "how they come about", "multiply-adds"] in rows
    assert ["images", "28×28×1"] in rows
    assert ["conv2d", "26×26×32", "320", "32 × (3×3×1 + 1) = 320", "194,688"] in rows
    assert ["max_pooling2d_1", "5×5×64", "0"] in rows
    assert ["dense", "10", "11,530", "1,152 × 10 + 10 = 11,530", "11,520"] in rows
    assert ["total", "104,202", "3,100,032"] in rows
    assert ["loss", "sparse categorical cross-entropy (labels are integers)"] in rows
    assert any("the test set, watched after each epoch" in line for line in lines)
    assert all(len(line) <= 100 for line in lines if not line.startswith("file"))


def test_long_arithmetic_is_wrapped_and_never_cut():
    layers = "{layer='BatchNormalization'}, {layer='Activation', activation='softmax'}"
    convolution = "{layer='Conv2D', filters=512, kernel_size=28, name='a_rather_long_name_of_a_layer'}"
    table = run("dense-128", "--set", f"network=[{convolution}, {layers}, {{layer='Flatten'}}]", "--classes", "512")
    first = next(number for number, line in enumerate(table.splitlines()) if "4 × 512 = 2,048, of which" in line)
    assert table.splitlines()[first + 1].split() == ["1,024", "are", "learned"]
    assert all(len(line) <= 100 for line in table.splitlines() if not line.startswith("file"))


def test_a_recipe_as_json():
    document = json.loads(run("dense-128", "--json"))
    assert document["name"] == "dense-128"
    assert (document["parameters"], document["multiply_adds"]) == (101_770, 784 * 128 + 128 * 10)
    assert (document["image_shape"], document["classes"]) == ([28, 28, 1], 10)
    assert [(one["name"], one["output_shape"], one["parameters"]) for one in document["layers"]] == [
        ("scaling", [28, 28, 1], 0),
        ("flatten", [784], 0),
        ("dense", [128], 100_480),
        ("dense_1", [10], 1_290),
    ]
    assert document["layers"][2]["arithmetic"] == "784 × 128 + 128 = 100,480"


def test_other_sizes_classes_and_settings():
    document = json.loads(run("dense-128", "--json", "--size", "4x5", "--classes", "3", "--set", "network.1.units=7"))
    assert document["image_shape"] == [4, 5, 1]
    assert document["parameters"] == (20 * 7 + 7) + (7 * 3 + 3)


def test_the_shape_of_other_data(tmp_path):
    path = tmp_path / "colour.npz"
    labels = np.arange(12) % 3
    images = np.random.default_rng(0).integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    document = json.loads(run("dense-128", "--json", "--data", str(path)))
    assert (document["image_shape"], document["classes"]) == ([6, 5, 3], 3)
    grey = json.loads(run("dense-128", "--json", "--data", str(path), "--set", "gray=true", "--set", "size=[4, 4]"))
    assert grey["image_shape"] == [4, 4, 1]
    fashion = json.loads(run("dense-128", "--json", "--data", "fashion-mnist"))
    assert (fashion["image_shape"], fashion["classes"]) == ([28, 28, 1], 10)


def test_a_recipe_without_data_is_shown_for_mnists_shape(tmp_path):
    path = tmp_path / "mine.toml"
    last = '{ layer = "Dense", units = "classes", activation = "softmax" }'
    path.write_text(
        f'name = "mine"\nnetwork = [{{ layer = "Flatten" }}, {last}]\n'
        '[compile]\noptimizer = { name = "adam" }\n[training]\nepochs = 1\n',
        encoding="utf-8",
    )
    shown = run(str(path))
    assert "7,840 × 10" not in shown
    assert "784 × 10 + 10 = 7,850" in shown
    assert shown.splitlines()[0] == "mine"
    assert shown.splitlines()[-1].split() == ["file", str(path)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dense-12"], "Did you mean 'dense-128'"),
        (["dense-128", "--set", "network.1.unit=3"], "Did you mean 'units'"),
        (["dense-128", "--size", "wide"], "'wide'"),
        (["cnn-32-64-128", "--size", "8x8"], r"its window of 2×2 pixels is larger than the 1×1 that reach it"),
        (["dense-128", "--data", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_wrong_input_is_named(arguments, message):
    with pytest.raises(TenfoldError, match=message):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_nothing_is_printed_before_an_error(capsys):
    with pytest.raises(RecipeError):
        recipes("dense-12", overrides=[])
    assert capsys.readouterr().out == ""


def test_the_command_loads_quickly():
    heavy = "{'keras', 'jax', 'numpy', 'pydantic', 'tomli_w'}"
    code = f"import sys, tenfold.cli.recipes; sys.exit(' '.join({heavy} & set(sys.modules)) or None)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_list_needs_no_keras():
    code = (
        "import sys; from tenfold.cli.recipes import recipes; recipes(); "
        "sys.exit(' '.join({'keras', 'jax'} & set(sys.modules)) or None)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize(
    "arguments", [["--data", "mnist"], ["--size", "8x8"], ["--classes", "3"], ["--set", "training.epochs=1"]]
)
def test_what_belongs_to_one_recipe_needs_its_name(arguments):
    with pytest.raises(RecipeError, match="name it"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
