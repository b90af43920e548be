import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tenfold.data.folder import read_folder
from tenfold.data.options import ReadOptions
from tenfold.data.parts import Parts
from tenfold.errors import DataError, ImageError


def read(folder) -> Parts:
    return read_folder(folder, ReadOptions(), lambda done, total: None)


def test_sub_folders_are_classes_in_natural_order(class_folders):
    parts = read(class_folders)
    assert parts.class_names == ("2", "10")
    assert parts.train.labels.tolist() == [0] * 5 + [1] * 5
    assert parts.train.files[:2] == ("2/0.png", "2/1.png")
    assert parts.test is None
    assert parts.notes == ()
    for image, file in zip(parts.train.images, parts.train.files, strict=True):
        assert np.array_equal(image[..., 0], np.asarray(Image.open(class_folders / file)))


def test_chinese_and_spaced_names(tmp_path, draw):
    for name in ("猫", "狗", "a b"):
        draw(tmp_path / name / "图.png")
    assert read(tmp_path).class_names == ("a b", "狗", "猫")


def test_hidden_files_are_skipped_and_others_noted(class_folders, draw):
    for name in (".DS_Store", "Thumbs.db", "2/.hidden.png", "2/desktop.ini"):
        (class_folders / name).touch()
    for name in ("__MACOSX", ".git", "@eaDir", "__pycache__", "lost+found", "$RECYCLE.BIN", "2/@eaDir"):
        draw(class_folders / name / "2" / "a.png")
    assert read(class_folders).notes == ()
    (class_folders / "2" / "notes.txt").touch()
    draw(class_folders / "stray.png")
    parts = read(class_folders)
    assert len(parts.train) == 10
    assert parts.notes == (
        "Not used, being no pictures by their names or lying beside the class folders: 2 files (such as stray.png).",
    )
    (class_folders / "2" / "notes.txt").unlink()
    assert read(class_folders).notes[0].endswith("one file (stray.png).")


def test_pictures_further_down_belong_to_the_class_above(class_folders, draw):
    draw(class_folders / "2" / "more" / "x.PNG")
    parts = read(class_folders)
    assert "2/more/x.PNG" in parts.train.files
    assert parts.class_names == ("2", "10")


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "Testing")])
def test_train_and_test_folders(tmp_path, class_folders, train, test):
    shutil.copytree(class_folders, tmp_path / "split" / train)
    shutil.copytree(class_folders / "10", tmp_path / "split" / test / "10")
    parts = read(tmp_path / "split")
    assert parts.class_names == ("2", "10")
    assert (len(parts.train), len(parts.test)) == (10, 5)
    assert parts.test.labels.tolist() == [1] * 5
    assert parts.test.files[0] == f"{test}/10/0.png"


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_validation_images_join_training_or_serve_as_test(tmp_path, class_folders, name):
    root = tmp_path / "split"
    for part in ("train", "test", name):
        shutil.copytree(class_folders, root / part)
    parts = read(root)
    assert (len(parts.train), len(parts.test)) == (20, 10)
    assert parts.notes == (f"The 10 validation images of {name}/ joined the training part.",)
    assert np.bincount(parts.train.labels).tolist() == [10, 10]
    shutil.rmtree(root / "test")
    parts = read(root)
    assert (len(parts.train), len(parts.test)) == (10, 10)
    assert parts.test.files[0].startswith(f"{name}/")
    assert parts.notes == (f"The 10 validation images of {name}/ serve as the test part, as there is no test/.",)


def test_test_pictures_without_classes_are_not_used(tmp_path, class_folders, draw):
    shutil.copytree(class_folders, tmp_path / "split" / "train")
    draw(tmp_path / "split" / "test" / "0.png")
    shutil.copytree(class_folders, tmp_path / "split" / "sketches")
    parts = read(tmp_path / "split")
    assert parts.test is None
    assert parts.notes == (
        "test/ has no class folders, so its images have no labels: not used.",
        "Beside train/, these folders were not used: sketches (10 pictures).",
    )


def test_a_class_may_be_called_train(tmp_path, draw):
    for name in ("car", "train"):
        draw(tmp_path / name / "0.png")
    assert read(tmp_path).class_names == ("car", "train")


def test_a_class_of_the_test_part_alone_is_refused(tmp_path, class_folders, draw):
    shutil.copytree(class_folders, tmp_path / "split" / "train")
    draw(tmp_path / "split" / "test" / "3" / "0.png")
    with pytest.raises(DataError, match=r"split/test: has the class '3' \(1 picture\), which train/ lacks"):
        read(tmp_path / "split")


def test_an_empty_class_is_named(class_folders):
    (class_folders / "7").mkdir()
    with pytest.raises(DataError, match=r"letters/7: this class has no pictures \(it is empty\)"):
        read(class_folders)
    (class_folders / "7" / "a.heic").touch()
    with pytest.raises(DataError, match=r"only other files, such as a\.heic"):
        read(class_folders)


def test_a_single_class_is_refused_with_the_folder_that_was_meant(tmp_path, class_folders):
    with pytest.raises(DataError, match=r"only one class folder, 'letters'.*Did you mean .*letters\?"):
        read(tmp_path)
    shutil.rmtree(class_folders / "2")
    with pytest.raises(DataError, match="only one class folder, '10'; .* Add a sub-folder"):
        read(class_folders)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "is empty; expected one sub-folder for each class"),
        ([".DS_Store"], "is empty"),
        (["a.png"], "its images lie beside one another"),
        (["a.txt"], "has no sub-folders; expected one sub-folder"),
        (["train.csv", "a.png"], r"has no sub-folders but train\.csv. Give that file itself"),
    ],
)
def test_folders_without_classes_are_refused(tmp_path, files, message):
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_a_train_folder_without_classes_is_refused(tmp_path, draw):
    draw(tmp_path / "train" / "cat.0.png")
    draw(tmp_path / "test" / "0.png")
    with pytest.raises(DataError, match="train: has no sub-folders; expected one for each class"):
        read(tmp_path)


def test_an_unreadable_folder_is_named(class_folders, monkeypatch):
    """The superuser may read every folder, so the operating system's refusal is put in its place."""
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    (class_folders / "2" / "deep").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"2/deep: cannot be read \(Permission denied\)"):
        read(class_folders)


def test_an_unreadable_picture_is_named(class_folders):
    (class_folders / "10" / "3.png").write_bytes((class_folders / "10" / "3.png").read_bytes()[:-40])
    with pytest.raises(ImageError, match=r"10/3\.png: damaged or truncated"):
        read(class_folders)


def test_a_dangling_link_is_named(class_folders):
    (class_folders / "10" / "9.png").symlink_to(class_folders / "none.png")
    with pytest.raises(ImageError, match=r"10/9\.png: cannot be read"):
        read(class_folders)


def test_linked_folders_are_read(tmp_path, class_folders, draw):
    draw(tmp_path / "elsewhere" / "deep" / "x.png")
    (class_folders / "2" / "more").symlink_to(tmp_path / "elsewhere")
    (class_folders / "3").symlink_to(tmp_path / "elsewhere")
    parts = read(class_folders)
    assert parts.class_names == ("2", "3", "10")
    assert {"2/more/deep/x.png", "3/deep/x.png"} < set(parts.train.files)
    assert parts.notes == ()


def test_a_class_that_is_a_link_to_another_is_refused(class_folders):
    (class_folders / "two").symlink_to(class_folders / "2")
    with pytest.raises(DataError, match=r"2/, two/ are the same folder, by a link"):
        read(class_folders)


def test_links_that_lead_back_are_named_and_not_followed(class_folders, draw):
    draw(class_folders / "2" / "deep" / "x.png")
    (class_folders / "2" / "deep" / "back").symlink_to(class_folders / "2")
    parts = read(class_folders)
    assert len(parts.train) == 11
    note = "Not followed, leading to a folder above or to one that is read anyway: "
    assert parts.notes == (f"{note}one link (2/deep/back).",)
    (class_folders / "2" / "whole").symlink_to(class_folders)
    (class_folders / "2" / "twice").symlink_to(class_folders / "2" / "deep")
    parts = read(class_folders)
    assert len(parts.train) == 11
    assert parts.notes == (f"{note}3 links (such as 2/twice).",)


def test_two_class_folders_of_one_name_are_refused(tmp_path, draw):
    for name in ("e\u0301", "\u00e9"):
        draw(tmp_path / name / "a.png")
    with pytest.raises(DataError, match="have the same name, apart from spaces or how accents are composed"):
        read(tmp_path)


def test_file_names_that_are_no_utf8_are_escaped_in_notes_and_files(class_folders, draw):
    draw(class_folders / "2" / "x.png").rename(class_folders / "2" / "\udcfc.png")
    (class_folders / "2" / "\udcdcbersicht.txt").touch()
    parts = read(class_folders)
    assert "2/\\udcfc.png" in parts.train.files
    assert "2/\\udcdcbersicht.txt" in parts.notes[0]
