import pytest

from tenfold.data.csv_file import read_csv
from tenfold.data.options import ReadOptions
from tenfold.errors import DataError

TRAIN = "label,a,b,c,d\n3,0,0,0,9\n5,0,0,0,200\n"


@pytest.fixture
def read(tmp_path):
    def read_files(first: str, options: ReadOptions | None = None, **files: str):
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return read_csv(tmp_path / f"{first}.csv", options or ReadOptions(), lambda done, total: None)

    return read_files


def test_a_table_alone(read):
    parts = read("digits", digits=TRAIN)
    assert parts.class_names == ("3", "5")
    assert parts.train.labels.tolist() == [0, 1]
    assert parts.train.images.shape == (2, 2, 2, 1)
    assert parts.test is None


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("my_Train_set", "my_test_set")])
def test_the_test_table_beside_it(read, train, test):
    parts = read(train, **{train: TRAIN, test: "label,a,b,c,d\n5,1,2,3,99\n"})
    assert parts.test.labels.tolist() == [1]
    assert parts.notes[1:] == (f"{test}.csv is the test part.",)


@pytest.mark.parametrize(
    ("train", "test"),
    [("Train", "test"), ("TRAIN", "TEST"), ("train/labels", "test/labels"), ("Train/labels", "testing/labels")],
)
def test_the_test_table_in_capitals_or_in_a_folder_of_its_own(tmp_path, read, train, test):
    for path in (train, test):
        (tmp_path / path).parent.mkdir(exist_ok=True)
    parts = read(train, **{train: TRAIN, test: "label,a,b,c,d\n5,1,2,3,99\n"})
    assert parts.test.labels.tolist() == [1]
    assert parts.notes[1] == f"{test}.csv is the test part."


def test_a_test_table_without_labels_is_not_used(read):
    parts = read("train", train=TRAIN, test="a,b,c,d\n1,2,3,99\n")
    assert parts.test is None
    assert parts.notes[1:] == ("test.csv has no labels: not used.",)


@pytest.mark.parametrize("test", [",a,b,c,d\n3,1,2,3,99\n", "a,b,c,d\n1,2,3,99\n"])
def test_an_index_does_not_stand_in_for_labels(read, test):
    for train in (TRAIN, ",label,a,b,c,d\n0,3,0,0,0,9\n1,5,0,0,0,200\n"):
        parts = read("train", train=train, test=test)
        assert parts.test is None
        assert parts.notes[1] == "test.csv has no labels: not used."


def test_ids_do_not_stand_in_for_labels(read):
    parts = read(
        "train", train="id,label,p0,p1,p2,p3\n0,3,0,0,0,9\n1,5,0,0,0,200\n", test="id,p0,p1,p2,p3\n0,1,2,3,99\n"
    )
    assert parts.test is None
    assert "test.csv has no labels: not used." in parts.notes


def test_an_index_in_one_of_two_tables_is_ignored(read):
    parts = read("train", train=TRAIN, test=",label,a,b,c,d\n0,5,1,2,3,99\n")
    assert parts.test.images.ravel().tolist() == [1, 2, 3, 99]
    assert parts.test.labels.tolist() == [1]
    assert "first column of test.csv has no heading" in parts.notes[2]


def test_a_test_table_of_another_layout_is_refused(read):
    with pytest.raises(DataError, match=r"test\.csv: has 3 columns, but train\.csv has 5"):
        read("train", train=TRAIN, test="label,a,b\n1,2,3\n")


def test_a_class_of_the_test_table_alone_is_refused(read):
    with pytest.raises(DataError, match=r"test\.csv: has classes that train\.csv lacks: 7, 9\."):
        read("train", train=TRAIN, test="label,a,b,c,d\n7,1,2,3,99\n9,1,2,3,99\n")


def test_classes_of_a_validation_table_alone_are_told(read):
    tables = {"train": TRAIN, "test": TRAIN, "val": "label,a,b,c,d\n7,1,2,3,99\n9,1,2,3,99\n3,1,2,3,99\n"}
    parts = read("train", **tables)
    assert parts.class_names == ("3", "5", "7", "9")
    assert (
        "val.csv has classes that train.csv lacks: 7, 9; they join the training part, as its images do." in parts.notes
    )
    with pytest.raises(DataError, match=r"val\.csv: has classes that my_train\.csv lacks: 7, 9"):
        read("my_train", my_train=TRAIN, my_val=tables["val"])


def test_a_column_of_groups_holds_no_pixels(read):
    text = "a,b,c,d,who,letter\n" + "".join(f"{i},9,0,200,{i // 3},{'xyz'[i % 3]}\n" for i in range(12))
    parts = read("digits", ReadOptions(group_column="who", label_column="letter"), digits=text)
    assert parts.train.images.shape == (12, 2, 2, 1)
    assert parts.train.images[5].ravel().tolist() == [5, 9, 0, 200]


def test_size_applies_to_pixels_too(read):
    parts = read("digits", ReadOptions((4, 6)), digits=TRAIN)
    assert parts.train.images.shape == (2, 4, 6, 1)
    assert "resized to 4×6" in parts.notes[1]


def test_labels_with_files(read, tmp_path, draw):
    draw(tmp_path / "x.png")
    draw(tmp_path / "y.png")
    parts = read("train", train="file,label\nx.png,a\ny.png,b\n", test="file,label\ny.png,b\n")
    assert parts.train.files == ("x.png", "y.png")
    assert parts.test.labels.tolist() == [1]
