import numpy as np
import pytest

from tenfold.data import pixel_table
from tenfold.data.options import ReadOptions
from tenfold.data.pixel_table import read_pixel_tables
from tenfold.data.table import read_table
from tenfold.errors import DataError


@pytest.fixture
def read(tmp_path):
    def read_texts(*texts: str):
        paths = [tmp_path / f"{number}.csv" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        contents, notes = read_pixel_tables(
            [read_table(path) for path in paths], ReadOptions(), lambda done, total: None
        )
        return [one.images for one in contents], [one.labels for one in contents], notes

    return read_texts


def test_pixels_are_rows_of_a_square(read):
    (images,), (labels,), notes = read("label,a,b,c,d\n7,0,1,2,255\n3,4,5,6,7\n")
    assert images.shape == (2, 2, 2, 1)
    assert images[0, ..., 0].tolist() == [[0, 1], [2, 255]]
    assert labels == ["7", "3"]
    assert notes == ()


def test_the_label_may_stand_last_and_cells_in_quotation_marks(read):
    (images,), (labels,), _ = read('a,b,c,d,class\n"0","1","2","3","cat, big"\n4,5.4,6,255,dog\n')
    assert images.reshape(2, 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 255]]
    assert labels == ["cat, big", "dog"]


def test_colour_has_three_values_for_each_pixel(read):
    (images,), _, _ = read("label" + 12 * ",p" + "\n1," + ",".join(map(str, range(120, 0, -10))) + "\n")
    assert images.shape == (1, 2, 2, 3)
    assert images[0, 0, 1].tolist() == [90, 80, 70]


def test_fractions_are_scaled_alike_in_both_tables(read):
    (train, test), labels, notes = read("label,a,b,c,d\n1,0,0.5,1,0\n", "label,a,b,c,d\n0,0,0,0.2,0\n")
    assert train.max() == 255
    assert test.max() == 51
    assert labels == [["1"], ["0"]]
    assert notes == ("Pixel values 0…1 were scaled to 0…255.",)


def test_many_chunks_equal_one(read, monkeypatch):
    values = np.random.default_rng(0).integers(0, 256, (10, 5))
    text = "label,a,b,c,d\n" + "\n".join(",".join(map(str, row)) for row in values)
    monkeypatch.setattr(pixel_table, "_CHUNK_ROWS", 3)
    (images,), (labels,), _ = read(text)
    assert np.array_equal(images.reshape(10, 4), values[:, 1:])
    assert labels == [str(label) for label in values[:, 0]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,2,3,x,5", r"0\.csv: line 3, column 4 \(c\) holds 'x'; expected a pixel value"),
        ("1,2,3,4,", r"line 3, column 5 \(d\) holds ''"),
        ("1,2,nan,4,5", r"line 3, column 3 \(b\) holds 'nan'"),
        ("1,inf,3,4,5", r"line 3, column 2 \(a\) holds 'inf'"),
        ("1,2,3,4", "line 3 has 4 columns; expected 5"),
        ("1,2,3,4,5,6", "line 3 has 6 columns; expected 5"),
        ('"1",2,"3,4",5', "line 3 has 4 columns; expected 5"),
        ("1,2,3,4,256", "pixel values run from 0 to 256"),
        ("1,2,3,4,-5", "pixel values run from -5 to 4"),
        ("-1,2,3,4,5", "line 3 has the label '-1'"),
    ],
)
def test_wrong_rows_are_named(read, row, message):
    with pytest.raises(DataError, match=message):
        read(f"label,a,b,c,d\n1,0,0,0,0\n{row}\n")


def test_pixels_that_make_no_square_are_refused(read):
    with pytest.raises(DataError, match=r"0\.csv: 5 pixel values for each image make no square"):
        read("label,a,b,c,d,e\n1,0,0,0,0,0\n")


@pytest.mark.parametrize("heading", ["", "Unnamed: 0"])
def test_the_index_that_pandas_writes_is_ignored(read, heading):
    (images,), (labels,), notes = read(f"{heading},label,a,b,c,d\n17,7,0,1,2,255\n3,3,4,5,6,7\n")
    assert images.reshape(2, 4).tolist() == [[0, 1, 2, 255], [4, 5, 6, 7]]
    assert labels == ["7", "3"]
    assert notes == (
        "The first column of 0.csv has no heading: ignored, as it is the index that pandas writes (to_csv with "
        "index=False leaves it out).",
    )


@pytest.mark.parametrize("headings", ["label,,b,c,d,e", "Unnamed: 0.1,Unnamed: 0,label,b,c,d"])
def test_a_column_too_many_without_heading_is_named(read, headings):
    columns = headings.count(",")
    message = rf"0\.csv: {columns} pixel values .* no square.* Column [12] has no heading: .*index=False"
    with pytest.raises(DataError, match=message):
        read(f"{headings}\n{','.join('5' * (columns + 1))}\n")


def test_progress_counts_rows_over_all_tables(tmp_path):
    tables = []
    for name, rows in (("a.csv", 2), ("b.csv", 1)):
        (tmp_path / name).write_text("label,a,b,c,d\n" + "1,0,0,0,0\n" * rows)
        tables.append(read_table(tmp_path / name))
    steps = []
    read_pixel_tables(tables, ReadOptions(), lambda done, total: steps.append((done, total)))
    assert steps[:2] == [(2, 3), (3, 3)]
