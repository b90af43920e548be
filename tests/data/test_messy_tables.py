"""Tables, arrays and IDX files as people have them: right at once, or refused with the line to type."""

import gzip

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tenfold.data.load import load_dataset
from tenfold.errors import DataError

DIGITS = load_digits()
COUNT = 300
UCI_ROWS = np.column_stack([DIGITS.data, DIGITS.target])[:COUNT].astype(int)


def csv_text(rows: np.ndarray, separator: str = ",") -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in rows.tolist())


@pytest.fixture
def cats_and_dogs(tmp_path, draw):
    """data/images/cat/0.png … and dog/5.png …, ten pictures of different names."""
    for i in range(10):
        draw(tmp_path / "data" / "images" / ("cat" if i < 5 else "dog") / f"{i}.png", seed=i)
    return tmp_path / "data"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("first_line", ["", "300,64,0,1,2,3,4,5,6,7,8,9\n"])
def test_ucis_digits_have_their_labels_last(tmp_path, separator, first_line):
    path = tmp_path / "digits.csv"
    path.write_text(first_line.replace(",", separator) + csv_text(UCI_ROWS, separator))
    dataset = load_dataset(path)
    assert dataset.class_names == tuple("0123456789")
    assert dataset.image_shape == (8, 8, 1)
    assert len(dataset.train) + len(dataset.test) == COUNT
    assert "digits.csv: column 65 (the last) holds the labels: 10 different values; the other 64" in "".join(
        dataset.notes
    )
    assert "Pixel values 0…16 were scaled to 0…255." in dataset.notes
    assert dataset.train.images.max() == 255
    assert any("only counts what follows (300 rows of 65 columns)" in note for note in dataset.notes) == bool(
        first_line
    )


def test_labels_first_without_header(tmp_path):
    (tmp_path / "digits.csv").write_text(csv_text(np.roll(UCI_ROWS, 1, axis=1)))
    dataset = load_dataset(tmp_path / "digits.csv")
    assert dataset.class_names == tuple("0123456789")
    assert "column 1 (the first) holds the labels" in dataset.notes[0]


def test_pixels_alone_are_refused_with_what_to_type(tmp_path):
    (tmp_path / "a.csv").write_text(csv_text(np.random.default_rng(0).integers(0, 256, (40, 64))))
    with pytest.raises(DataError, match=r"neither the first .* --label NUMBER \(1 to 64\)"):
        load_dataset(tmp_path / "a.csv")


def test_the_label_column_can_be_chosen(tmp_path):
    (tmp_path / "digits.csv").write_text(csv_text(np.column_stack([np.arange(COUNT) % 3, UCI_ROWS[:, :64]])))
    assert load_dataset(tmp_path / "digits.csv", label_column="1").class_names == ("0", "1", "2")
    with pytest.raises(DataError, match="there is no column 'label'.* from 1 to 65"):
        load_dataset(tmp_path / "digits.csv", label_column="label")


def test_two_columns_of_words_need_a_choice(cats_and_dogs):
    rows = [f"images/{'cat' if i < 5 else 'dog'}/{i}.png,{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(10)]
    (cats_and_dogs / "a.csv").write_text("img,kind,place\n" + "".join(rows))
    with pytest.raises(DataError, match=r"2 columns could\. Say it with --label and its heading; .*img, kind, place"):
        load_dataset(cats_and_dogs / "a.csv")
    dataset = load_dataset(cats_and_dogs / "a.csv", label_column="kind")
    assert dataset.class_names == ("a", "b")
    assert dataset.notes[0] == (
        "a.csv: column 1 (img) names the picture files, column 2 (kind) holds the labels: 2 different values."
    )


@pytest.mark.parametrize(
    "pattern",
    [
        r"images/{kind}/{i}.png",
        r"images\{kind}\{i}.png",
        r"C:\Users\me\data\images\{kind}\{i}.png",
        r"D:\{kind}\{i}.png",
        "/home/me/{kind}/{i}.png",
        "{i}.png",
        "{i}",
    ],
)
@pytest.mark.parametrize("header", ["", "id,label\n"])
def test_pictures_are_found_by_the_end_of_their_path(cats_and_dogs, pattern, header):
    kinds = ["cat"] * 5 + ["dog"] * 5
    rows = [f"{pattern.format(kind=kind, i=i)},{kind}\n" for i, kind in enumerate(kinds)]
    (cats_and_dogs / "a.csv").write_text(header + "".join(rows))
    dataset = load_dataset(cats_and_dogs / "a.csv")
    assert dataset.class_names == ("cat", "dog")
    for split in (dataset.train, dataset.test):
        assert [file.split("/")[1] for file in split.files] == [dataset.class_names[label] for label in split.labels]


def test_ids_of_letters_need_a_header(cats_and_dogs):
    for path in [*cats_and_dogs.glob("images/*/*.png")]:
        path.rename(path.with_name(f"img_{path.name}"))
    rows = "".join(f"img_{i},{'cat' if i < 5 else 'dog'}\n" for i in range(10))
    (cats_and_dogs / "a.csv").write_text(rows)
    with pytest.raises(
        DataError, match=r"first line names the picture 'img_0', .* Add a first line such as file,label"
    ):
        load_dataset(cats_and_dogs / "a.csv")
    (cats_and_dogs / "a.csv").write_text("file,label\n" + rows)
    assert load_dataset(cats_and_dogs / "a.csv").class_names == ("cat", "dog")


def test_pictures_of_other_folders_are_not_taken(cats_and_dogs):
    (cats_and_dogs / "a.csv").write_text("C:\\data\\dog\\0.png,dog\nC:\\data\\dog\\5.png,dog\n")
    with pytest.raises(DataError, match=r"line 1 names 'C:/data/dog/0.png', but there is no file"):
        load_dataset(cats_and_dogs / "a.csv")


def test_names_that_fit_several_pictures_are_refused(cats_and_dogs, draw):
    draw(cats_and_dogs / "images" / "dog" / "1.png")
    (cats_and_dogs / "a.csv").write_text("0.png,cat\n1.png,cat\n")
    with pytest.raises(DataError, match=r"line 2: '1.png' may mean images/cat/1.png and images/dog/1.png"):
        load_dataset(cats_and_dogs / "a.csv")


def test_ids_without_pictures_are_no_pixels(tmp_path):
    (tmp_path / "labels.csv").write_text("id,breed\n000bec18,poodle\n001513df,collie\n")
    with pytest.raises(DataError, match=r"no column names picture files: its columns are id, breed"):
        load_dataset(tmp_path / "labels.csv")


def test_ids_with_more_columns_need_the_label_named(cats_and_dogs):
    rows = [f"L{i},{i},{'ab'[i % 2]},{20 + i}\n" for i in range(10)]
    (cats_and_dogs / "meta.csv").write_text("lesion,image_id,dx,age\n" + "".join(rows))
    with pytest.raises(DataError, match="--label"):
        load_dataset(cats_and_dogs / "meta.csv")
    assert load_dataset(cats_and_dogs / "meta.csv", label_column="dx").class_names == ("a", "b")


@pytest.mark.parametrize("names", [("train_labels", "val_labels", "test_labels"), ("train", "validation", "test")])
def test_tables_side_by_side_are_all_used(cats_and_dogs, names):
    parts = ([0, 1, 5, 6], [2, 7], [3, 8])
    for name, part in zip(names, parts, strict=True):
        rows = [f"{i}.png,{'cat' if i < 5 else 'dog'}\n" for i in part]
        (cats_and_dogs / f"{name}.csv").write_text("file,label\n" + "".join(rows))
    dataset = load_dataset(cats_and_dogs / f"{names[0]}.csv")
    assert (len(dataset.train), len(dataset.test)) == (6, 2)
    assert f"The 2 validation images of {names[1]}.csv joined the training part." in dataset.notes
    (cats_and_dogs / f"{names[2]}.csv").unlink()
    dataset = load_dataset(cats_and_dogs / f"{names[0]}.csv")
    assert (len(dataset.train), dataset.test.files) == (4, ("images/cat/2.png", "images/dog/7.png"))
    assert any("serve as the test part" in note for note in dataset.notes)


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_test_part_of_another_range_is_no_black_one(tmp_path, kind):
    labels, pixels = UCI_ROWS[:, 64], UCI_ROWS[:, :64] * 255 // 16

    def load(test_pixels):
        if kind == "npz":
            np.savez(tmp_path / "a.npz", x_train=pixels, y_train=labels, x_test=test_pixels, y_test=labels)
            return load_dataset(tmp_path / "a.npz")
        headings = "label," + ",".join(f"p{i}" for i in range(64)) + "\n"
        for name, values in (("train", pixels), ("test", test_pixels)):
            (tmp_path / f"{name}.csv").write_text(headings + csv_text(np.column_stack([labels.astype(object), values])))
        return load_dataset(tmp_path / "train.csv")

    dataset = load(pixels / 255)
    assert np.array_equal(np.sort(dataset.test.images, axis=None), np.sort(dataset.train.images, axis=None))
    assert any(note.startswith("Pixel values 0…1 of ") for note in dataset.notes)
    with pytest.raises(DataError, match=r"differ in their ranges .* by 255"):
        load(pixels // 128)


def test_scikit_learns_digits_as_arrays(tmp_path):
    np.savez(tmp_path / "digits.npz", **{key: DIGITS[key] for key in ("data", "target", "images", "DESCR")})
    dataset = load_dataset(tmp_path / "digits.npz")
    assert dataset.class_names == tuple("0123456789")
    np.savez(tmp_path / "plain.npz", x_train=np.rint(DIGITS.images * (255 / 16)), y_train=DIGITS.target)
    assert dataset.fingerprint == load_dataset(tmp_path / "plain.npz").fingerprint


def test_deep_arrays_with_a_column_of_labels(tmp_path):
    images = (np.arange(40 * 16).reshape(40, 4, 4) * 100).astype(np.uint16)
    np.savez(tmp_path / "deep.npz", images=images, labels=np.repeat([[1], [5]], 20, axis=0))
    dataset = load_dataset(tmp_path / "deep.npz")
    assert dataset.class_names == ("1", "5")
    assert "Pixel values 0…65,535 were scaled to 0…255." in dataset.notes


def test_four_images_are_cut_by_class_or_refused(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 5), np.uint8)
    np.savez(tmp_path / "a.npz", x=images, y=["a", "a", "b", "b"])
    dataset = load_dataset(tmp_path / "a.npz")
    assert sorted(dataset.train.labels) == sorted(dataset.test.labels) == [0, 1]
    np.savez(tmp_path / "b.npz", x=images, y=["a", "a", "a", "b"])
    with pytest.raises(DataError, match="the class 'b' has a single image"):
        load_dataset(tmp_path / "b.npz")


@pytest.mark.parametrize("given", ["", "MNIST", "MNIST/raw"])
def test_torchvisions_mnist(tmp_path, given):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 20), ("t10k", 4)):
        for what, values in (("images-idx3", np.zeros((count, 5, 5), np.uint8)), ("labels-idx1", np.arange(count) % 2)):
            sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
            content = bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()
            (raw / f"{part}-{what}-ubyte").write_bytes(content)
            (raw / f"{part}-{what}-ubyte.gz").write_bytes(gzip.compress(content))
    dataset = load_dataset(tmp_path / given)
    assert (len(dataset.train), len(dataset.test), dataset.class_names) == (20, 4, ("0", "1"))


@pytest.mark.parametrize("name", ["a.csv", "a.npz", "train-images-idx3-ubyte"])
def test_files_that_git_lfs_keeps_are_not_trained_on(tmp_path, name):
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(DataError, match="not downloaded: .*git lfs pull"):
        load_dataset(tmp_path if name.startswith("train") else tmp_path / name)


@pytest.mark.parametrize("name", ["a.parquet", "a.mat", "a.tfrecord"])
def test_formats_of_other_programs_are_refused_with_the_command_that_converts_them(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"python -c .*savez"):
        load_dataset(tmp_path / name)


def table_of(folder, heading: str, cells: list[str]):
    """A table of the ten pictures, with these cells in further columns."""
    rows = [f"images/{'cat' if i < 5 else 'dog'}/{i}.png,{cell}\n" for i, cell in enumerate(cells)]
    (folder / "_classes.csv").write_text(f"filename,{heading}\n" + "".join(rows))
    return folder / "_classes.csv"


@pytest.mark.parametrize("others", ["", ", owl"])
def test_a_column_for_each_class_gives_the_labels(cats_and_dogs, others):
    path = table_of(
        cats_and_dogs, f" cat, dog{others}", [f"{i < 5:d},{i >= 5:d}{',0' if others else ''}" for i in range(10)]
    )
    dataset = load_dataset(path)
    assert dataset.class_names == ("cat", "dog")
    assert all(
        f"/{dataset.class_names[k]}/" in f for f, k in zip(dataset.train.files, dataset.train.labels, strict=True)
    )
    assert f"the column with the 1 gives the label: cat, dog{others}." in dataset.notes[0]
    dataset = load_dataset(path, label_column="cat")
    assert dataset.class_names == ("0", "1")
    assert f"is one of {3 if others else 2} columns with a single 1 in each row" in dataset.warnings[0]


def test_classes_that_are_numbered_are_no_pixels(cats_and_dogs):
    path = table_of(
        cats_and_dogs, ",".join(map(str, range(9))), [",".join(f"{i % 3 == k:d}" for k in range(9)) for i in range(10)]
    )
    assert load_dataset(path).class_names == ("0", "1", "2")


@pytest.mark.parametrize(("cell", "found"), [("1,1,0", r"2 of them \(cat, dog\)"), ("0,0,0", "none of them")])
def test_pictures_of_several_classes_or_none_are_refused(cats_and_dogs, cell, found):
    with pytest.raises(DataError, match=rf"cat, dog, owl .* line 5 has a 1 in {found}"):
        load_dataset(table_of(cats_and_dogs, "cat,dog,owl", [cell if i == 3 else "1,0,0" for i in range(10)]))


def test_a_picture_with_several_labels_is_refused(cats_and_dogs):
    path = table_of(cats_and_dogs, "label", list("aaaabbbbbb"))
    text = path.read_text()
    path.write_text(text + "images/cat/0.png,a\n")
    assert any("1 of 10 pictures are listed more than once with the same label" in n for n in load_dataset(path).notes)
    path.write_text(text + "images/cat/0.png,b\nimages/cat/1.png,b\n")
    with pytest.raises(
        DataError, match=r"2 of 10 pictures .* 0\.png: 'a' in line 2 of .*, 'b' in line 12 of .*bounding box"
    ):
        load_dataset(path)


SIZES = {"train": 180, "validation": 60, "test": 60}


@pytest.mark.parametrize("heading", ["split", "Usage", "which"])
@pytest.mark.parametrize("words", [("train", "val", "test"), ("Training", "PublicTest", "PrivateTest")])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_column_names_the_part_of_each_row(tmp_path, heading, words, place):
    parts = [words[i] for i, count in enumerate(SIZES.values()) for _ in range(count)]
    rows = [["label", *(f"p{i}" for i in range(64))], *([row[64], *row[:64]] for row in UCI_ROWS.tolist())]
    for row, cell in zip(rows, [heading, *parts], strict=True):
        row.insert(place if place >= 0 else len(row), cell)
    (tmp_path / "a.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    dataset = load_dataset(tmp_path / "a.csv")
    assert (len(dataset.train), len(dataset.test), dataset.image_shape) == (240, 60, (8, 8, 1))
    assert dataset.test.labels.tolist() == UCI_ROWS[240:, 64].tolist()
    assert any(
        f"({heading}) names the part of each row: 180 train, 60 validation, 60 test." in n for n in dataset.notes
    )


def test_a_number_means_the_column_of_the_first_table(cats_and_dogs):
    (cats_and_dogs / "train.csv").write_text(
        "file,kind,place\n" + "".join(f"{i}.png,{'ab'[i % 2]},{'xy'[i % 2]}\n" for i in range(8))
    )
    (cats_and_dogs / "test.csv").write_text("file,place,kind\n8.png,x,a\n9.png,y,b\n")
    dataset = load_dataset(cats_and_dogs / "train.csv", label_column="2")
    assert dataset.class_names == ("a", "b")
    assert dataset.test.labels.tolist() == [0, 1]


def test_a_column_of_parts_in_a_table_of_files(cats_and_dogs):
    cells = [f"{'ab'[i % 2]},{'test' if i in (2, 3) else 'train'}" for i in range(10)]
    dataset = load_dataset(table_of(cats_and_dogs, "kind,set", cells))
    assert dataset.test.files == ("images/cat/2.png", "images/cat/3.png")
    assert dataset.class_names == ("a", "b")
    cells[4] = "a,unused"
    with pytest.raises(DataError, match=r"line 6 has 'unused' in column 3 \(set\).* Expected train, val or test"):
        load_dataset(table_of(cats_and_dogs, "kind,set", cells))
    with pytest.raises(DataError, match="none is for training"):
        load_dataset(table_of(cats_and_dogs, "kind,set", [f"{'ab'[i % 2]},test" for i in range(10)]))


@pytest.mark.parametrize("between", [" ", ", "])
@pytest.mark.parametrize("header", ["emotion,pixels,Usage\n", ""])
def test_all_pixels_in_one_cell(tmp_path, header, between):
    rows = [
        f'{row[64]},"{between.join(map(str, row[:64] * 15))}",{"PrivateTest" if i >= 200 else "Training"}\n'
        for i, row in enumerate(UCI_ROWS)
    ]
    (tmp_path / "fer2013.csv").write_text(header + "".join(rows))
    dataset = load_dataset(tmp_path / "fer2013.csv")
    assert (len(dataset.train), len(dataset.test)) == (200, 100)
    assert np.array_equal(dataset.test.images.reshape(100, 64), UCI_ROWS[200:, :64] * 15)
    assert dataset.test.labels.tolist() == UCI_ROWS[200:, 64].tolist()


def test_a_cell_with_too_few_pixels_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("emotion,pixels\n1,1 2 3 4\n2,1 2 3\n")
    with pytest.raises(DataError, match="line 3 has 3 numbers in column 2; expected 4, as in the first row"):
        load_dataset(tmp_path / "a.csv")


@pytest.mark.parametrize("header", ["label;" + ";".join(f"p{i}" for i in range(64)) + "\n", ""])
def test_decimal_commas(tmp_path, header):
    rows = [f"{row[64]};" + ";".join(f"{value / 16:.4f}".replace(".", ",") for value in row[:64]) for row in UCI_ROWS]
    (tmp_path / "a.csv").write_text(header + "\n".join(rows))
    (tmp_path / "b.csv").write_text(csv_text(np.roll(UCI_ROWS, 1, axis=1)))
    assert load_dataset(tmp_path / "a.csv").fingerprint == load_dataset(tmp_path / "b.csv").fingerprint


@pytest.mark.parametrize("heading", ["id", "index", "ImageId"])
def test_a_column_of_ids_holds_no_pixels(tmp_path, heading):
    header = f"{heading},label," + ",".join(f"p{i}" for i in range(64)) + "\n"
    rows = np.column_stack([np.arange(COUNT)[::-1], UCI_ROWS[:, 64], UCI_ROWS[:, :64]])
    (tmp_path / "a.csv").write_text(header + csv_text(rows))
    dataset = load_dataset(tmp_path / "a.csv")
    assert dataset.image_shape == (8, 8, 1)
    assert f"a.csv: column 1 ({heading}) numbers the rows: ignored." in dataset.notes


@pytest.mark.parametrize("numbers", [COUNT, COUNT - 1])
def test_a_column_without_heading_that_numbers_all_rows_holds_no_pixels(tmp_path, numbers):
    rows = np.column_stack([np.minimum(np.arange(COUNT), numbers - 1), UCI_ROWS[:, 64], UCI_ROWS[:, :64]])
    (tmp_path / "a.csv").write_text(csv_text(rows))
    if numbers < COUNT:  # the last number is there twice
        with pytest.raises(DataError, match="65 pixel values .* no square"):
            load_dataset(tmp_path / "a.csv", label_column="2")
    else:
        assert load_dataset(tmp_path / "a.csv").image_shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("headings", "message"),
    [
        (["label", "age", *(f"p{i}" for i in range(64))], r"label: column 1 .*Not headed like .*: column 2 \(age\)"),
        (
            ["a", "label", *(f"p{i}" for i in range(64))],
            r"as pixels: column 1 \(a\) to column 66 \(p63\)\. .*: column 1",
        ),
        (["label", "x", "id"], "1 columns of pixels; expected at least 4"),
    ],
)
def test_columns_too_many_are_named(tmp_path, headings, message):
    rows = np.column_stack([np.arange(9)] * len(headings))
    rows[:, headings.index("label")] = 1
    (tmp_path / "a.csv").write_text(",".join(headings) + "\n" + csv_text(rows))
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / "a.csv")


@pytest.mark.parametrize("label", ["5", "cat"])
def test_a_header_that_pandas_made_of_the_first_row_is_no_image(tmp_path, label):
    pandas_header = f"{label}," + ",".join("0" if i == 0 else f"0.{i}" for i in range(64)) + "\n"
    labels = UCI_ROWS[:, 64] if label == "5" else np.array(["cat", "dog"])[UCI_ROWS[:, 64] % 2]
    (tmp_path / "a.csv").write_text(
        pandas_header + csv_text(np.column_stack([labels.astype(object), UCI_ROWS[:, :64]]))
    )
    dataset = load_dataset(tmp_path / "a.csv")
    assert len(dataset.train) + len(dataset.test) == COUNT
    assert "what pandas made of the first row" in dataset.notes[0]


def test_what_was_left_out_of_a_test_table_is_told(tmp_path):
    rows = csv_text(np.roll(UCI_ROWS, 1, axis=1))
    (tmp_path / "train.csv").write_text(rows)
    (tmp_path / "test.csv").write_text("5," + ",".join("0" if i == 0 else f"0.{i}" for i in range(64)) + "\n" + rows)
    dataset = load_dataset(tmp_path / "train.csv")
    assert len(dataset.test) == COUNT
    assert any(note.startswith("The first line of test.csv is what pandas made") for note in dataset.notes)


def test_what_excel_adds(cats_and_dogs):
    rows = "".join(f"{i}.png;{'a' if i < 5 else chr(34) + 'big' + chr(10) + 'dog' + chr(34)}\n" for i in range(10))
    (cats_and_dogs / "a.csv").write_text(f"sep=;\nfile;label\n{rows};\n;\n")
    assert load_dataset(cats_and_dogs / "a.csv").class_names == ("a", "big dog")
    (cats_and_dogs / "a.csv").write_text('file;label\n0.png;5" nail\n1.png;"a\n2.png;b\n')
    with pytest.raises(DataError, match="line 3 opens a quotation mark that nothing closes"):
        load_dataset(cats_and_dogs / "a.csv")
