import pytest

from tenfold.data.part_names import is_version, part_of, parts_of, parts_of_one_class, says_nothing


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *[
            (name, "train")
            for name in (
                "train",
                "Training",
                "trainset",
                "TrainingSet",
                "train_images",
                "train-data",
                "01_TRAIN",
                "train-224x224",
                "训练集1",
            )
        ],
        *[(name, "validation") for name in ("val", "valid", "validation_set", "dev", "val images", "val2017")],
        *[
            (name, "test")
            for name in ("test", "Testing", "test_set", "TestImages", "test_split", "hold out", "PublicTest")
        ],
        *[(name, None) for name in ("trainer", "valley", "tests_of_time", "device", "training_shoes", "cat", "")],
    ],
)
def test_common_spellings_are_parts_and_other_words_are_not(name, part):
    assert part_of(name) == part


def test_words_that_all_parts_share_say_nothing():
    assert parts_of(["seg_train", "seg_test", "seg_pred"]) == {"seg_train": "train", "seg_test": "test"}
    assert parts_of(["toy_train_1", "toy_train_2", "bullet_train", "blood_test"]) == {}


def test_versions():
    assert all(map(is_version, ("raw", "Original", "cropped_images", "augmented-data", "raw data")))
    assert not any(map(is_version, ("rawhide", "original_coke", "cat", "")))


def test_parts_of_one_class():
    assert parts_of_one_class(["test_cats", "train_cats", "train_dogs"]) == ["test_cats", "train_cats"]
    assert parts_of_one_class(["blood_test", "bullet_train", "cat"]) == []


def test_names_that_say_nothing():
    assert all(map(says_nothing, ("images", "DataSet", "图片")))
    assert not any(map(says_nothing, ("10", "x", "train", "cat images", "___", "")))
