import pytest

from tenfold.data.part_names import is_version, part_of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *[(name, "train") for name in ("train", "Training", "trainset", "TrainingSet", "train_images", "train-data")],
        *[(name, "validation") for name in ("val", "valid", "validation_set", "dev", "val images")],
        *[(name, "test") for name in ("test", "Testing", "test_set", "TestImages", "test_split")],
        *[(name, None) for name in ("trainer", "valley", "tests_of_time", "device", "training_shoes", "cat", "")],
    ],
)
def test_common_spellings_are_parts_and_other_words_are_not(name, part):
    assert part_of(name) == part


def test_versions():
    assert all(map(is_version, ("raw", "Original", "cropped_images", "augmented-data", "raw data")))
    assert not any(map(is_version, ("rawhide", "original_coke", "cat", "")))
