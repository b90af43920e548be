"""Layouts as people have them: each gives the right classes at once, or is refused with the line to type."""

import re
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest

from tenfold.data.dataset import Dataset
from tenfold.data.load import load_dataset, load_test_images
from tenfold.data.options import ReadOptions
from tenfold.errors import DataError


@pytest.fixture
def make(tmp_path, draw):
    """Draw pictures that all differ, given as paths; a folder stands for four pictures in it."""

    def write(*paths: str, root: str = "data") -> Path:
        for path in paths:
            names = [path] if Path(path).suffix else [f"{path}/{number}.png" for number in range(4)]
            for name in names:
                draw(tmp_path / root / name, seed=zlib.crc32(name.encode()))
        return tmp_path / root

    return write


def classes_of_files(dataset: Dataset) -> dict[str, str]:
    splits = (dataset.train, dataset.test)
    return {
        file: dataset.class_names[label]
        for split in splits
        for file, label in zip(split.files, split.labels, strict=True)
    }


def warnings_of(folder: Path) -> str:
    return "\n".join(load_dataset(folder).warnings)


def test_numbers_from_0_to_10_are_in_natural_order(make):
    dataset = load_dataset(make(*map(str, range(11))))
    assert dataset.class_names == tuple(map(str, range(11)))
    assert all(name == file.split("/")[0] for file, name in classes_of_files(dataset).items())


def test_nested_class_folders_keep_the_class_of_each_file(make):
    dataset = load_dataset(make("cat/b/2", "cat/a/10", "dog/z", "dog/a/x"))
    assert all(name == file.split("/")[0] for file, name in classes_of_files(dataset).items())
    assert dataset.class_names == ("cat", "dog")


def test_a_hierarchy_is_read_by_its_upper_folders_and_the_other_reading_is_named(make):
    folder = make("animals/cat", "animals/dog", "plants/rose", "plants/tulip")
    assert load_dataset(folder).class_names == ("animals", "plants")
    (warning,) = load_dataset(folder).warnings
    assert "animals (cat, dog), plants (rose, tulip)" in warning
    assert f"give the one that holds them, such as {folder}/animals" in warning
    assert load_dataset(folder / "animals").class_names == ("cat", "dog")


def test_parts_inside_the_classes_are_told(make):
    (warning,) = load_dataset(make("cat/train", "cat/test", "dog/train", "dog/test")).warnings
    assert warning.startswith("The class folders hold test, train themselves")
    assert "train/CLASS/" in warning


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("TrainingSet", "TestSet"),
        ("training_set/training_set", "test_set/test_set"),
        ("train_images", "test_images"),
        ("Train-Data", "test data"),
        ("trainset", "validation"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train-224", "test-224"),
        ("images_train", "images_test"),
        ("01_train", "02_test"),
        ("TRAIN", "TEST_SIMPLE"),
        ("Training", "PublicTest"),
        ("train_set", "hold_out"),
        ("Train", "eval"),
        ("训练集", "测试集"),
        ("训练集", "验证集"),
        ("asl_alphabet_train/asl_alphabet_train", "asl_alphabet_test/images"),
    ],
)
def test_common_spellings_of_parts_are_parts(make, train, test):
    dataset = load_dataset(make(f"{train}/cat", f"{train}/dog", f"{test}/cat", f"{test}/dog"))
    assert dataset.class_names == ("cat", "dog")
    assert (len(dataset.train), len(dataset.test)) == (8, 8)
    assert dataset.warnings == ()


def test_flat_parts_beside_labelled_ones_are_not_used_and_told(make):
    make(*(f"seg_{part}/seg_{part}/{name}" for part in ("train", "test") for name in ("sea", "street")))
    dataset = load_dataset(make("seg_pred/seg_pred"))
    assert dataset.class_names == ("sea", "street")
    assert (len(dataset.train), len(dataset.test)) == (8, 8)
    assert "Beside train/, these folders were not used: seg_pred (4 pictures)." in dataset.notes


def test_flat_parts_with_labels_in_train_alone(make):
    folder = make(*(f"train/{name}.{number}.png" for name in ("cat", "dog") for number in range(5)), "test1")
    with pytest.raises(DataError, match=r"train: has no sub-folders.* labels \(cat, dog\): .* add --label-from-name"):
        load_dataset(folder)
    dataset = load_dataset(folder, label_from_name=True)
    assert dataset.class_names == ("cat", "dog")
    assert len(dataset.train) + len(dataset.test) == 10
    assert any(note.startswith("test1/ has no labels in their names") for note in dataset.notes)


def test_versions_of_the_pictures_are_refused_as_classes(make):
    folder = make("raw/cat", "raw/dog", "cropped/cat", "cropped/dog")
    with pytest.raises(DataError, match=rf"give one of them, such as {re.escape(str(folder))}/cropped\."):
        load_dataset(folder)
    folder = make("images", "masks", root="other")
    with pytest.raises(DataError, match="images/, masks/ are named like versions .* If these are the classes, rename"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["cat", "dog", "test"], "test/ lies beside class folders, .*: move it away. If it is a class, rename it"),
        (["cat", "dog", "augmented"], "augmented/ lies beside class folders"),
        (["cat", "dog", "validation/cat", "validation/dog"], "validation/ lies beside class folders, .*: move it away"),
        (["train/cat", "train/dog", "extra"], "give .*data/train, if the classes are in there"),
        (["seg_train/cat", "seg_train/dog", "seg_pred"], "give .*data/seg_train, if the classes are in there"),
        (["yes", "no", "pred"], "pred/ lies beside class folders"),
        (["train_cat", "test_cat", "train_dog", "test_dog"], "test_cat/, train_cat/ are named like parts of one class"),
        (["cat_train", "cat_val", "dog_train", "dog_val"], "cat_train/, cat_val/ are named like parts of one class"),
        (["dataset/train/a", "dataset/train/b", "dataset/test/a", "extra"], "Give that folder: .*data/dataset"),
    ],
)
def test_a_version_or_part_beside_classes_is_refused(make, paths, message):
    with pytest.raises(DataError, match=message):
        load_dataset(make(*paths))


def test_words_for_parts_and_versions_that_are_things_may_be_classes(make):
    assert warnings_of(make("car", "train", root="vehicles")) == ""
    assert "valid/ was read as a class, but is named like a version or part" in warnings_of(make("valid", "invalid"))


@pytest.mark.parametrize(
    ("outer", "given"),
    [
        (("fold0", "fold1", "fold2"), "fold0"),
        (("patient0", "patient1"), "patient0"),
        (("train_test", "apple"), "apple"),  # which part the first is stays unknown
    ],
)
def test_folders_that_hold_the_same_folders_are_no_classes(make, outer, given):
    folder = make(*(f"{name}/{inner}" for name in outer for inner in ("cat", "dog")))
    with pytest.raises(DataError, match=r"hold folders of the same names \(cat, dog\)") as refused:
        load_dataset(folder)
    assert "move their pictures out of the inner folders" in str(refused.value)
    assert f"such as {folder}/{given}," in str(refused.value)


def test_the_test_part_is_never_offered(make):
    folder = make(*(f"{name}/{inner}" for name in ("a_test", "z_train_x") for inner in ("cat", "dog")))
    with pytest.raises(DataError, match=r"named like versions or parts of one data set.* such as .*data/z_train_x\."):
        load_dataset(folder)
    folder = make(*(f"{name}/{inner}" for name in ("a_test", "z") for inner in ("cat", "dog")), root="other")
    with pytest.raises(DataError, match=r"hold folders of the same names.* such as .*other/z,"):
        load_dataset(folder)
    with pytest.raises(DataError, match="only one class folder, 'seg_test'; .* Add a sub-folder for each other class"):
        load_dataset(make("seg_test/cat", "seg_test/dog", root="single"))


def test_a_label_table_beside_class_folders_is_told(make):
    folder = make("cat", "dog")
    (folder / "labels.csv").write_text("file,label\ncat/0.png,tabby\n")
    assert load_dataset(folder).class_names == ("cat", "dog")
    assert warnings_of(folder).endswith(f"give it instead: {folder}/labels.csv")


def test_a_label_table_beside_one_folder_of_pictures_is_what_to_give(make):
    folder = make("images")
    (folder / "labels.csv").write_text("file,label\nimages/0.png,cat\n")
    with pytest.raises(DataError, match=rf"did you mean {re.escape(str(folder))}/labels\.csv\?"):
        load_dataset(folder)


FLAT = [
    f"{part}/{animal}.{number}.png"
    for part in ("train", "val", "test")
    for animal in ("cat", "dog")
    for number in range(3)
]


def test_flat_parts_are_refused_with_the_option_that_reads_them(make):
    folder = make(*FLAT)
    with pytest.raises(DataError, match=r"labels \(cat, dog\): to use them, add --label-from-name"):
        load_dataset(folder)
    dataset = load_dataset(folder, label_from_name=True)
    assert dataset.class_names == ("cat", "dog")
    assert (len(dataset.train), len(dataset.test)) == (12, 6)
    assert all(Path(file).name.startswith(name) for file, name in classes_of_files(dataset).items())


def test_a_flat_test_part_may_have_one_picture_of_a_class(make):
    folder = make(*(name for name in FLAT if name.startswith("train")), "test/cat.7.png", "test/dog.7.png")
    assert len(load_dataset(folder, label_from_name=True).test) == 2
    make("test/cow.7.png")
    with pytest.raises(DataError, match=r"test: has the class 'cow' \(1 picture\), which train/ lacks"):
        load_dataset(folder, label_from_name=True)


def test_a_flat_test_part_without_labels_is_not_used(make):
    folder = make(*(name for name in FLAT if not name.startswith("val")), "extra/0.png")
    for path in (folder / "test").iterdir():
        path.rename(path.with_name(path.name.replace(".", "", 1).replace("cat", "").replace("dog", "1")))
    dataset = load_dataset(folder, label_from_name=True)
    assert "test/ has no labels in their names, so its images have no labels: not used." in dataset.notes
    assert "Beside train/, these folders were not used: extra (1 picture)." in dataset.notes
    assert len(dataset.train) + len(dataset.test) == 6


def test_flat_parts_without_labels_are_refused(make):
    folder = make("train", "test", "val")
    with pytest.raises(DataError, match=r"train: has no sub-folders; expected one for each class"):
        load_dataset(folder)
    with pytest.raises(DataError, match=r"4 of 4 pictures have no label in their names, such as 0\.png"):
        load_dataset(folder, label_from_name=True)
    shutil.rmtree(folder / "train")
    for label_from_name in (False, True):
        with pytest.raises(DataError, match="has test/, val/ but no train/"):
            load_dataset(folder, label_from_name=label_from_name)


def test_a_flat_folder_is_refused_with_the_option_that_reads_it(make):
    folder = make(*(f"{digit}_{number:04}.png" for digit in (3, 7) for number in range(4)))
    with pytest.raises(DataError, match=r"labels \(3, 7\): to use them, add --label-from-name"):
        load_dataset(folder)
    assert load_dataset(folder, label_from_name=True).class_names == ("3", "7")


def test_photos_named_by_a_camera_have_no_labels(make):
    folder = make(*(f"IMG_{number}.png" for number in range(8)))
    with pytest.raises(DataError, match="classes are unknown") as refused:
        load_dataset(folder)
    assert "--label-from-name" not in str(refused.value)
    with pytest.raises(DataError, match="give only the label 'IMG'"):
        load_dataset(folder, label_from_name=True)


def test_a_class_of_val_alone_is_told_with_its_folder_and_joins_the_training(make):
    folder = make("train/a", "train/b", "val/a", "val/c", "val/d", "test/a", "test/c")
    dataset = load_dataset(folder)
    assert dataset.class_names == ("a", "b", "c", "d")
    (warning,) = dataset.warnings
    assert warning.startswith("val/ has the classes 'c' (4 pictures), 'd' (4 pictures), which train/ lacks.")
    assert "join the training part" in warning
    assert "The test part has no images of b, d." in dataset.notes
    assert {name for file, name in classes_of_files(dataset).items() if file.startswith("test/")} == {"a", "c"}


@pytest.mark.parametrize("part", ["val", "test"])
def test_classes_of_the_test_part_alone_are_all_named_with_the_folder(make, part):
    folder = make("train/a", "train/b", f"{part}/a", f"{part}/c", f"{part}/d")
    expected = rf"data/{part}: has the classes 'c' \(4 pictures\), 'd' \(4 pictures\), which train/ lacks"
    with pytest.raises(DataError, match=expected):
        load_dataset(folder)


def test_a_class_that_test_lacks_shifts_no_labels(make):
    folder = make(*(f"train/{name}" for name in "abcd"), *(f"test/{name}" for name in "abd"))
    (folder / "test" / "c").mkdir()
    dataset = load_dataset(folder)
    assert all(name == file.split("/")[1] for file, name in classes_of_files(dataset).items())
    assert "test/c/ is empty: no images of that class." in dataset.notes
    assert "The test part has no images of c." in dataset.notes


def test_a_few_pictures_are_cut_so_that_each_class_is_in_both_parts(make):
    dataset = load_dataset(make("a/0.png", "a/1.png", "b/0.png", "b/1.png"))
    assert sorted(dataset.train.labels) == sorted(dataset.test.labels) == [0, 1]
    with pytest.raises(DataError, match="class 'c' has a single image"):
        load_dataset(make("c/0.png"))


def test_unequal_classes_keep_their_shares(make):
    names = [f"a/{number}.png" for number in range(95)] + [f"b/{number}.png" for number in range(5)]
    dataset = load_dataset(make(*names))
    assert np.bincount(dataset.test.labels).tolist() == [19, 1]


def test_renaming_files_changes_neither_the_cut_nor_the_order_of_training(make):
    folder = make(*(f"{name}/{number}.png" for name in "ab" for number in range(10)))
    before = load_dataset(folder)
    for number, path in enumerate(sorted(folder.rglob("*.png"), reverse=True)):
        path.rename(path.with_name(f"renamed {number}.png"))
    after = load_dataset(folder)
    assert np.array_equal(before.train.images, after.train.images)
    assert {image.tobytes() for image in before.test.images} == {image.tobytes() for image in after.test.images}


def test_pictures_stored_twice_are_on_one_side(make):
    folder = make("cat/0.png", *(f"{name}/{number}.png" for name in ("cat", "dog") for number in range(20)))
    for path in list(folder.rglob("*.png")):
        shutil.copy(path, path.with_name(f"copy of {path.name}"))
    dataset = load_dataset(folder)
    assert not {image.tobytes() for image in dataset.train.images} & {image.tobytes() for image in dataset.test.images}
    assert np.bincount(dataset.test.labels).tolist() == [8, 8]
    assert "80 of 80 images are equal or nearly so to others (40 sets)" in "\n".join(dataset.notes)


def test_parts_that_share_pictures_are_told(make):
    folder = make(*(f"train/{name}/{number}.png" for name in "ab" for number in range(20)))
    shutil.copytree(folder / "train" / "a", folder / "test" / "a")
    make(*(f"test/b/{number}{number}.png" for number in range(20)))
    assert (
        "20 of the 40 test images also occur, exactly or nearly so, among the training images: the accuracy is too"
        in warnings_of(folder)
    )


def test_a_flat_test_part_whose_labels_are_in_a_table_is_told_with_what_to_give(make):
    folder = make("Train/0", "Train/1", "Test")
    (folder / "Test.csv").write_text("Path,ClassId\nTest/0.png,1\nTest/1.png,0\nTest/2.png,1\nTest/3.png,0\n")
    (note,) = load_dataset(folder).notes[:1]
    assert note.startswith("Test/ has no class folders, so its images have no labels: not used. Test.csv names them")
    assert note.endswith(f"test on them with tenfold evaluate last --data {folder}/Test.csv")
    assert len(load_test_images(folder / "Test.csv", ReadOptions(), class_names=("0", "1"))[0]) == 4


def test_a_table_inside_a_flat_test_part_is_told(make):
    folder = make("train/cat", "train/dog", "test")
    (folder / "test" / "metadata.csv").write_text("file_name,label\n0.png,cat\n")
    assert any(note.endswith(f"--data {folder}/test/metadata.csv") for note in load_dataset(folder).notes)


def test_groups_below_the_folder_are_told_as_not_used(make):
    folder = make("train/cat", "train/dog", "test/cat", "test/dog")
    (folder / "train" / "groups.csv").write_text("file,group\ncat/0.png,a\n")
    (warning,) = load_dataset(folder).warnings
    assert warning.startswith("train/groups.csv is not used")
    assert warning.endswith("Move it up to there, with paths from there: train/…")


def test_many_files_of_kinds_that_are_not_read_are_warned_of(make):
    folder = make(*(f"{name}/{number}.png" for name in ("cat", "dog") for number in range(15)))
    for number in range(90):
        (folder / "cat" / f"IMG_{number}.HEIC").touch()
        (folder / "cat" / f"IMG_{number}.json").touch()
    (folder / "dog" / "x.psd").touch()
    (warning,) = load_dataset(folder).warnings
    assert warning.startswith("90 of 121 files are of a kind that is not read, and are left out: .heic (90).")
    assert "convert them to PNG or JPEG" in warning


def test_many_pictures_beside_class_folders_are_warned_of(make):
    folder = make("cat", "dog", *(f"{number}.png" for number in range(4)))
    assert warnings_of(folder).startswith("4 of 12 pictures lie beside the class folders")
    assert warnings_of(make(*(f"cat/{number}.png" for number in range(100)))) == ""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("train-00000-of-00001.parquet", "Parquet"),
        ("data/train-00000-of-00001.parquet", "Parquet"),
        ("train/0000.parquet", "Parquet"),
        ("cats/x.mat", "MATLAB"),
        ("x.tfrecord-00000-of-00005", "TFRecord"),
        ("data_batch_1", "CIFAR-10"),
    ],
)
def test_folders_of_other_formats_are_refused_with_the_command_that_converts_them(tmp_path, path, kind):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(b"data")
    (tmp_path / "README.md").touch()
    with pytest.raises(DataError, match=f"{re.escape(path)}: {kind} files are not read. Turn it into an .npz"):
        load_dataset(tmp_path)
    (tmp_path / path).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(DataError, match=f"{re.escape(path)}: not downloaded: .*git lfs pull"):
        load_dataset(tmp_path)


def test_a_test_part_of_training_pictures_alone_is_told(make):
    folder = make("train/a", "train/b")
    shutil.copytree(folder / "train", folder / "test")
    assert "All 8 test images also occur, exactly or nearly so, among the training images" in warnings_of(folder)


def test_class_folders_that_differ_in_case_only_are_refused(make):
    with pytest.raises(DataError, match="classes 'Cat', 'cat' differ in upper and lower case only"):
        load_dataset(make("cat", "Cat", "dog"))
    assert load_dataset(make("a", "A", root="letters")).class_names == ("A", "a")


def test_skip_bad_loses_no_class(make):
    folder = make("cat", "dog", "owl")
    for path in (folder / "owl").iterdir():
        path.write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"no training picture of 'owl' \(4 pictures\) can be used"):
        load_dataset(folder, skip_bad=True)
    make("owl/4.png")
    make("owl/5.png")
    assert load_dataset(folder, skip_bad=True).class_names == ("cat", "dog", "owl")
