import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from tenfold.cli.app import app
from tenfold.errors import DataError, ImageError, RecipeError
from tenfold.recipes.recipe import recipe_path


@pytest.fixture(autouse=True)
def own_folders(tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENFOLD_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def sound_pets(tmp_path) -> Path:
    """30 pictures of each of two classes, all of them different."""
    generator = np.random.default_rng(0)
    for name in ("猫", "[dog]"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(30):
            pixels = generator.integers(0, 256, (9, 7), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i}.png")
    return tmp_path / "pets"


@pytest.fixture
def cats_and_dogs(sound_pets) -> Path:
    """The same with one picture twice under 猫 and once under [dog] as well."""
    first = (sound_pets / "猫" / "0.png").read_bytes()
    (sound_pets / "猫" / "1.png").write_bytes(first)
    (sound_pets / "[dog]" / "5.png").write_bytes(first)
    return sound_pets


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["data", *arguments], catch_exceptions=False)


def test_list_names_what_comes_along():
    result = run("list")
    assert result.exit_code == 0
    assert "fashion-mnist" in result.stdout
    assert "CC BY-SA 3.0" in result.stdout
    names = [entry["name"] for entry in json.loads(run("list", "--json").stdout)["data"]]
    assert names == ["mnist", "fashion-mnist"]


def test_show_prints_tables_and_leaves_pictures(cats_and_dogs):
    result = run("show", str(cats_and_dogs))
    assert result.exit_code == 0
    assert "(48, 9, 7, 1)" in result.stdout
    assert "[dog]" in result.stdout
    assert "猫" in result.stdout
    assert "There is no test part" in result.stderr
    for name in ("samples.png", "class_distribution.png"):
        with Image.open(Path("data-pictures") / "pets-1" / name) as picture:
            assert picture.width > 400
        assert f"data-pictures/pets-1/{name}" in result.stdout


def test_show_never_overwrites(cats_and_dogs):
    run("show", str(cats_and_dogs))
    run("show", str(cats_and_dogs))
    assert sorted(path.name for path in Path("data-pictures").iterdir()) == ["pets-1", "pets-2"]
    with pytest.raises(DataError, match="pets-1: exists and is not empty; nothing is overwritten"):
        run("show", str(cats_and_dogs), "--out", "data-pictures/pets-1")
    run("show", str(cats_and_dogs), "--out", "new/folder")
    assert len(list(Path("new/folder").iterdir())) == 2


def test_show_refuses_a_folder_that_cannot_be_made(cats_and_dogs):
    Path("file").touch()
    for out in ("file", "file/folder"):
        with pytest.raises(DataError, match="file"):
            run("show", str(cats_and_dogs), "--out", out)


def test_show_draws_what_a_recipes_augmentation_does(cats_and_dogs, tmp_path):
    recipe = recipe_path("dense-128").read_text(encoding="utf-8")
    path = tmp_path / "varied.toml"
    path.write_text(f"{recipe}\n[augmentation]\nrotation = 20.0\nflip = 'horizontal'\n", encoding="utf-8")
    result = run("show", str(cats_and_dogs), "--augment", str(path), "--out", "out")
    with Image.open("out/augmented_samples.png") as picture:
        assert picture.width > 600
    assert "out/augmented_samples.png" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [("strong", "--set", "augmentation.elastic=0.5"), ("auto",), ("dense-128", "--set", "augmentation.shift=0.1")],
)
def test_show_draws_what_built_in_recipes_do_and_changes_of_them(cats_and_dogs, arguments):
    run("show", str(cats_and_dogs), "--augment", *arguments, "--out", "out")
    assert Path("out/augmented_samples.png").exists()


def test_show_takes_changes_of_a_recipe_only(cats_and_dogs):
    with pytest.raises(RecipeError, match="--augment"):
        run("show", str(cats_and_dogs), "--set", "augmentation.shift=0.1")


def test_show_refuses_augmentation_that_is_missing_or_changes_labels(cats_and_dogs, tmp_path):
    with pytest.raises(RecipeError, match=r"dense-128 does not vary images of .*--set augmentation\.rotation"):
        run("show", str(cats_and_dogs), "--augment", "dense-128", "--out", "out")
    path = tmp_path / "flipped.toml"
    recipe = recipe_path("dense-128").read_text(encoding="utf-8")
    path.write_text(f"{recipe}\n[augmentation]\nflip = 'vertical'\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="digits or letters"):
        run("show", "mnist", "--augment", str(path), "--out", "out")
    assert not Path("out").exists()


def test_show_as_json(cats_and_dogs):
    document = json.loads(run("show", str(cats_and_dogs), "--size", "8x6", "--json").stdout)
    assert document["image_shape"] == [8, 6, 1]
    assert document["class_names"] == ["[dog]", "猫"]
    assert document["train"]["count"] == 48
    assert document["train"]["images"]["dtype"] == "uint8"
    assert document["train"]["images"]["shape"] == [48, 8, 6, 1]
    assert 0 <= document["train"]["images"]["min"] < document["train"]["images"]["max"] <= 255
    assert [a + b for a, b in zip(document["train"]["counts"], document["test"]["counts"], strict=True)] == [30, 30]
    assert len(document["fingerprint"]) == 64
    assert all(Path(path).is_file() for path in document["pictures"])
    assert any("as asked for" in note for note in document["notes"])


def test_check_prints_findings_and_ends_well(cats_and_dogs):
    result = run("check", str(cats_and_dogs))
    assert result.exit_code == 0
    assert result.stdout.startswith("problem: 1 image occurs")
    assert "猫/0.png (猫)" in result.stdout
    assert "[dog]/5.png ([dog])" in result.stdout
    assert "pets: 60 images checked" in result.stdout


def test_check_as_json_is_one_document(cats_and_dogs):
    (finding, *_) = json.loads(run("check", str(cats_and_dogs), "--json").stdout)["findings"]
    assert set(finding) == {"kind", "severity", "message", "items"}
    assert finding["kind"] == "conflicting-labels"
    assert {item["file"] for item in finding["items"][0]} == {"猫/0.png", "猫/1.png", "[dog]/5.png"}


def test_check_of_sound_data_says_so(sound_pets):
    assert run("check", str(sound_pets)).stdout == "pets: 60 images checked, nothing found.\n"
    assert json.loads(run("check", str(sound_pets), "--json").stdout) == {"findings": []}


def test_errors_leave_nothing_behind(cats_and_dogs):
    (cats_and_dogs / "猫" / "3.png").write_bytes(b"")
    with pytest.raises(ImageError, match=r"猫/3\.png: the file is empty"):
        run("show", str(cats_and_dogs), "--out", "out")
    assert not Path("out").exists()


def test_the_column_of_labels_can_be_chosen(tmp_path):
    generator = np.random.default_rng(0)
    rows = [[i % 2, *generator.integers(0, 256, 16), i % 3] for i in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
    with pytest.raises(
        DataError, match="both the first and the last column look like labels. Name the right one: --label NUMBER"
    ):
        run("check", "a.csv")
    with pytest.raises(DataError, match="17 pixel values for each image make no square"):
        run("check", "a.csv", "--label", "18")
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, row[:-1])) for row in rows))
    result = run("check", "a.csv", "--label", "1")
    assert "column 1 (the first) holds the labels: 2 different values; the other 16 columns are pixels" in result.stderr


def test_bad_pictures_are_left_out_on_request(sound_pets):
    (sound_pets / "猫" / "3.png").write_bytes(b"")
    with pytest.raises(
        ImageError, match=r"1 of 60 images cannot be used:\n.*3\.png: the file is empty(.*\n)+.*--skip-bad"
    ):
        run("check", str(sound_pets))
    result = run("check", str(sound_pets), "--skip-bad")
    assert "Note: 1 of 60 images cannot be used and is left out:" in result.stderr
    assert "3.png: the file is empty" in result.stderr
