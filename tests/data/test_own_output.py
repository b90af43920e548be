from pathlib import Path

import pytest

from tenfold.data.folder import read_folder
from tenfold.data.options import ReadOptions
from tenfold.data.own_output import is_own_output, own_output_below
from tenfold.errors import DataError
from tenfold.recipes.recipe import dump_recipe, load_recipe


def write(folder: Path, *files: str) -> Path:
    folder.mkdir(parents=True)
    for file in files:
        text = dump_recipe(load_recipe("quick")) if file == "recipe.toml" else ""
        (folder / file).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "own"),
    [
        (["recipe.toml", "run.json", "model.onnx"], True),
        (["recipe.toml"], True),  # interrupted
        (["samples.png", "class_distribution.png"], True),
        (["samples.png", "class_distribution.png", "augmented_samples.png"], True),
        (["00-picture.png", "01-network-input.png"], True),
        (["recipe.toml", "run.json", "screenshot.png"], True),
        (["recipe.toml", "model.keras", "me.jpg", "notes.txt"], True),
        (["recipe.toml", "cat.png"], False),
        (["samples.png", "class_distribution.png", "cat.png"], True),
        (["00-picture.png", "01-network-input.png", "mine.png"], True),
        (["samples.png"], False),
        (["00-picture.png", "cat.png"], False),
        (["run.json"], False),
        ([], False),
    ],
)
def test_what_tenfold_wrote_is_known_by_its_files(tmp_path, files, own):
    assert is_own_output(write(tmp_path / "a", *files)) == own
    write(tmp_path / "runs" / "a", *files)
    assert is_own_output(tmp_path / "runs") == own
    (tmp_path / "runs" / "b").mkdir()
    assert is_own_output(tmp_path / "runs") == own
    write(tmp_path / "runs" / "old notes", "notes.txt")
    (tmp_path / "runs" / "screenshot.png").touch()
    assert is_own_output(tmp_path / "runs") == own
    write(tmp_path / "runs" / "c", "cat.png")
    assert not is_own_output(tmp_path / "runs")


def test_a_recipe_of_ones_own_makes_no_run(tmp_path, class_folders):
    (class_folders / "recipe.toml").write_text(dump_recipe(load_recipe("quick")))  # a copy of a run's
    assert not is_own_output(class_folders)
    (class_folders / "2" / "recipe.toml").write_text(dump_recipe(load_recipe("quick")))
    assert not is_own_output(class_folders / "2")
    folder = write(tmp_path / "cat", "0.png")
    (folder / "recipe.toml").write_text('name = "soup"\n')
    assert not is_own_output(folder)
    (folder / "recipe.toml").write_bytes(b"\xff")
    assert not is_own_output(folder)


def test_own_output_is_skipped_at_any_depth_and_named(class_folders):
    before = read_folder(class_folders, ReadOptions(), lambda done, total: None)
    write(class_folders / "runs" / "letters-quick-1", "recipe.toml", "run.json")
    write(class_folders / "runs" / "letters-quick-1" / "figures", "samples.png")
    write(class_folders / "data-pictures" / "letters-1", "samples.png", "class_distribution.png")
    write(class_folders / "2" / "run1", "recipe.toml")
    write(class_folders / "2" / "run1" / "figures", "samples.png")
    found = ["data-pictures", "runs", "2/run1"]
    assert own_output_below(class_folders) == [class_folders / name for name in found]
    after = read_folder(class_folders, ReadOptions(), lambda done, total: None)
    assert (after.train.files, after.class_names) == (before.train.files, before.class_names)
    assert after.notes == ("Not used, being written by Tenfold: data-pictures/, runs/, 2/run1/.",)


def test_runs_are_no_data(tmp_path):
    write(tmp_path / "runs" / "a", "recipe.toml")
    with pytest.raises(DataError, match="runs: holds what Tenfold wrote, no data. Give a folder with one sub-folder"):
        read_folder(tmp_path / "runs", ReadOptions(), lambda done, total: None)
