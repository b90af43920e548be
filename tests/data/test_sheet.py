import pytest

from tenfold.data.sheet import read_sheet
from tenfold.errors import DataError


@pytest.fixture
def sheet(tmp_path):
    def write(text: str):
        (tmp_path / "a.csv").write_text(text)
        return read_sheet(tmp_path / "a.csv")

    return write


@pytest.mark.parametrize(
    "first_line", ["label,0,1,2,3", "0,1,2,3,4,y", "0,1,2,3,4", "1,2,3,4,5", ",0,1,2,3", "a,b,c,d,e", "x,y,1,2,3"]
)
def test_headings_are_recognised(sheet, first_line):
    row = ",".join("709086"[: first_line.count(",") + 1])
    assert sheet(f"{first_line}\n{row}\n").headings == tuple(first_line.split(","))


@pytest.mark.parametrize("first_line", ["5,0,1,2,3", "y,0,0,9,0", "0,0,0,0,0", "cat,1,2,3,9", "a.png,x,1,2,3"])
def test_data_are_no_headings(sheet, first_line):
    read = sheet(f"{first_line}\n7,0,9,0,8\n")
    assert not read.has_header
    assert [number for number, _ in read.rows] == [1, 2]


def test_a_first_line_that_counts_is_left_out(sheet):
    read = sheet("2,4,cat,dog\n0,9,0,8,1\n7,0,9,0,8\n")
    assert not read.has_header
    assert read.rows == [(2, "0,9,0,8,1"), (3, "7,0,9,0,8")]
    assert read.notes == ("The first line of a.csv only counts what follows (2 rows of 5 columns): not used.",)


def test_columns_are_described_by_number_and_heading_or_place(sheet):
    assert sheet("a,b,c\n1,2,3\n").describe(1) == "column 2 (b)"
    headless = sheet("1,2,3\n")
    assert [headless.describe(column) for column in range(3)] == [
        "column 1 (the first)",
        "column 2",
        "column 3 (the last)",
    ]


def test_what_git_lfs_keeps_is_named(sheet):
    with pytest.raises(DataError, match=r"a\.csv: not downloaded: .*Run git lfs pull"):
        sheet("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
