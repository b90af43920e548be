import pytest

from tenfold.data.known_classes import read_known_classes
from tenfold.data.options import ReadOptions
from tenfold.recipes.recipe import dump_recipe, load_recipe


def read(folder, class_names=("cat", "dog")):
    return read_known_classes(folder, class_names, ReadOptions(), lambda done, total: None)


def test_a_folder_named_like_a_class_shows_that_class(tmp_path, draw):
    draw(tmp_path / "cat" / "0.png")
    parts = read(tmp_path / "cat")
    assert (parts.class_names, len(parts.train)) == (("cat",), 1)
    assert read(tmp_path / "cat", ("dog", "owl")) is None


@pytest.mark.parametrize("name", ["test", "TestSet", "hold_out", "test1/test1", "seg_test/seg_test", "测试集"])
def test_the_test_part_is_meant_however_it_is_spelt(tmp_path, draw, name):
    for animal in ("cat", "dog"):
        draw(tmp_path / ("seg_train" if "seg" in name else "train") / animal / "0.png")
    draw(tmp_path / name / "cat" / "1.png")
    parts = read(tmp_path)
    assert (parts.class_names, parts.train.files) == (("cat",), (f"{name}/cat/1.png",))
    assert read(tmp_path, ("test", "train", "TestSet", "hold_out", "test1", "seg_test", "测试集")) is None


def test_what_tenfold_wrote_is_no_class(tmp_path, draw):
    draw(tmp_path / "cat" / "0.png")
    run = tmp_path / "runs" / "1"
    run.mkdir(parents=True)
    (run / "recipe.toml").write_text(dump_recipe(load_recipe("quick")))
    assert read(tmp_path).train.files == ("cat/0.png",)


def test_several_test_parts_are_joined(tmp_path, draw):
    for name in ("Training/dog", "PublicTest/cat", "PrivateTest/cat"):
        draw(tmp_path / name / "0.png")
    assert len(read(tmp_path).train) == 2
