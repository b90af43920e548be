import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.data.sheet import cell, cells
from tenfold.data.table import read_table, table_labels
from tenfold.errors import DataError


@pytest.fixture
def table(tmp_path):
    def write(text: str | bytes, name: str = "a.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path)

    return write


def test_kaggles_layout(table):
    read = table("label,pixel0,pixel1\n5,0,255\n\n0,1,2\n")
    assert read.headings == ("label", "pixel0", "pixel1")
    assert (read.label_column, read.file_column) == (0, None)
    assert read.rows == [(2, "5,0,255"), (4, "0,1,2")]
    assert table_labels(read) == ["5", "0"]


def test_without_a_header(table):
    read = table("5,0,255\n0,1,2\n5,0,9\n0,0,77\n")
    assert read.headings == ("column 1", "column 2", "column 3")
    assert [number for number, _ in read.rows] == [1, 2, 3, 4]
    for text in ("cat,0,255\ndog,1,2\n", "y,0,255\nn,1,2\n", "a.png,label\nb.png,class\n"):
        assert len(table(text).rows) == 2


def test_headings_may_be_numbers(table):
    read = table("label,0,1\n5,0,255\n")
    assert read.headings == ("label", "0", "1")
    assert len(read.rows) == 1


@pytest.mark.parametrize(
    ("text", "label_column"),
    [
        ("p0,p1,class\n1,2,a", 2),
        ("a,LABEL,b\n1,2,3", 1),
        ("digit,p0,p1,p2\n1,2,3,4", 0),
        ("1x1,1x2,1x3,what\n1,2,3,4", 3),
    ],
)
def test_the_label_column_is_found_by_its_heading(table, text, label_column):
    read = table(text)
    assert read.label_column == label_column
    assert len(read.rows) == 1


@pytest.mark.parametrize(
    ("text", "label_column", "file_column"),
    [
        ("a.png,cat\nb.png,dog\n", 1, 0),
        ("cat,a.png\n", 0, 1),
        ("file,label\na.png,1\n", 1, 0),
        ("class,when,image\n1,now,x/a.JPG\n", 0, 2),
        ("name,what\na.png,cat\n", 1, 0),
        ("thumb,path,label\nt.png,a.png,1\n", 2, 1),
    ],
)
def test_tables_of_files(table, text, label_column, file_column):
    read = table(text)
    assert (read.label_column, read.file_column) == (label_column, file_column)


@pytest.mark.parametrize(
    ("text", "label_column", "index_column"),
    [
        (",label,a\n0,5,9\n", 1, 0),
        ("Unnamed: 0,a,class\n0,9,5\n", 2, 0),
        (" ,label,0,1\n0,5,9,8\n", 1, 0),
        ("label,,\n5,9,8\n", 0, None),
        (",,label\n9,8,5\n", 2, None),
        (",label\na.png,5\n", 1, None),
        (",image,what\n0,a.png,5\n", 2, 0),
    ],
)
def test_an_unnamed_first_column_beside_the_labels_numbers_the_rows(table, text, label_column, index_column):
    read = table(text)
    assert (read.label_column, read.index_column, len(read.rows)) == (label_column, index_column, 1)
    assert len(read.pixel_columns) == len(read.headings) - 1 - (index_column is not None)


def test_an_unnamed_first_column_may_hold_the_labels(table):
    rows = [(str(i % 2), "0", str(90 + i), "0") for i in range(8)]
    read = table("\n".join(map(",".join, [("", "0", "1", "2"), *rows])))
    assert (read.label_column, read.index_column) == (0, None)
    counted = [(str(i), str(90 + i), "0", str(i % 2)) for i in range(8)]
    read = table("\n".join(map(",".join, [("", "a", "b", "c"), *counted])))
    assert (read.label_column, read.index_column) == (3, 0)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_line_ends(table, separator):
    read = table(separator.join(["label", "a", "b"]) + "\r\n" + separator.join("123") + "\r\n")
    assert read.separator == separator
    assert read.rows == [(2, separator.join("123"))]


def test_excels_mark_at_the_beginning_is_skipped(table):
    assert table("label,a,b\n1,2,3\n".encode("utf-8-sig")).headings == ("label", "a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("label,a\n", "holds a header but no rows"),
        ("1\n2\n", "has a single column"),
        ("5,0,255\n0,1,2\n", "which column holds the labels is unclear: .* neither .* --label NUMBER .1 to 3"),
        (",0,1\n5,9,8\n", "which column holds the labels is unclear: .* too few columns"),
        ("a,b,7,9\nc,d,8,1\n", "which column holds the labels is unclear"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        (
            "a,b,c\nx.png,1,2\n",
            "which column holds the labels is unclear: .*2 columns could.* --label and its heading",
        ),
    ],
)
def test_unclear_layouts_are_refused(table, text, message):
    with pytest.raises(DataError, match=rf"a\.csv: {message}"):
        table(text)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path)


def test_labels_of_both_kinds(table):
    assert table_labels(table("label,a,b\n3.0,1,1\n10,1,1\n")) == ["3", "10"]
    assert table_labels(table('label,a,b\n"cat, big",1,1\n 猫 ,1,1\n7,1,1\n')) == ["cat, big", "猫", "7"]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("", "line 3 has the label '' .*; expected the name of a class"),
        ("nan", "line 3 has the label 'nan' in column 1 .label.; expected a whole number"),
        ("-1", "line 3 has the label '-1' .*; expected a whole number from 0"),
        ("0.5", "line 3 has the label '0.5'"),
    ],
)
def test_wrong_labels_are_named_with_their_line(table, label, message):
    with pytest.raises(DataError, match=message):
        table_labels(table(f"label,a,b\n1,1,1\n{label},1,1\n"))


@pytest.mark.parametrize(("row", "found"), [("1,2", 2), ("1,2,3,4", 4), ('1,"2,3"', 2)])
def test_rows_of_another_length_are_named(table, row, found):
    with pytest.raises(DataError, match=rf"line 4 has {found} columns; expected 3, as in the first line"):
        table(f"label,2,3\n1,2,3\n\n{row}\n")


@given(st.lists(st.text(st.characters(exclude_characters='",\n\r\0', exclude_categories=("Cs",))), min_size=1))
def test_one_cell_equals_splitting_all(row):
    line = ",".join(row)
    if line.strip():
        assert [cell(line, ",", column) for column in range(len(row))] == cells(line, ",")
        assert [cell(line, ",", column - len(row)) for column in range(len(row))] == cells(line, ",")
    quoted = ",".join(f'"{text}"' for text in row)
    assert [cell(quoted, ",", column) for column in range(len(row))] == row
    assert [cell(quoted, ",", column - len(row)) for column in range(len(row))] == row


def test_labels_that_python_alone_takes_for_numbers_are_names(table):
    assert table_labels(table("label,p0,p1\n1_1,0,255\n11,1,2\n")) == ["1_1", "11"]


def test_zeros_in_front_make_a_code_and_decimals_do_not(table):
    text = "label,p0,p1\n007,0,255\n7,1,2\n7.0,1,2\n7.000000000000000000e+00,1,2\n"
    assert table_labels(table(text)) == ["007", "7", "7", "7"]


def test_long_numbers_stay_apart(table):
    text = "label,p0,p1\n9007199254740993,0,255\n9007199254740992,1,2\n"
    assert table_labels(table(text)) == ["9007199254740993", "9007199254740992"]


def test_a_text_file_that_is_no_table_is_refused(table):
    with pytest.raises(DataError, match=r"a\.csv: line 1 cannot be read .*Is it a CSV file"):
        table("x" * 200_000 + '"",\n1,2\n')
