import pytest

from tenfold.data.csv_file import read_csv
from tenfold.data.options import ReadOptions
from tenfold.errors import DataError, ImageError


@pytest.fixture
def read(tmp_path, draw):
    for name in ("a.png", "sub/b.png", "图.png"):
        draw(tmp_path / name)

    def read_texts(*texts: str, options: ReadOptions | None = None):
        for name, text in zip(("train.csv", "test.csv"), texts, strict=False):
            (tmp_path / name).write_text(text, encoding="utf-8")
        return read_csv(tmp_path / "train.csv", options or ReadOptions(), lambda done, total: None)

    return read_texts


def test_files_lie_relative_to_the_table(read):
    parts = read("file,label\na.png,cat\nsub/b.png,猫\nsub\\b.png,猫\n图.png,cat\n")
    assert parts.class_names == ("cat", "猫")
    assert parts.train.labels.tolist() == [0, 1, 1, 0]
    assert parts.train.files == ("a.png", "sub/b.png", "sub/b.png", "图.png")
    assert parts.test is None


def test_a_second_table_is_the_test_part(read):
    parts = read("a.png,x\nsub/b.png,y\n", "图.png,y\n")
    assert parts.test.labels.tolist() == [1]
    assert parts.test.files == ("图.png",)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("none.png,x", "line 2 names 'none.png', but there is no file .*none.png"),
        (",x", "line 2 names ''"),
        ("sub,x", "line 2 names 'sub'"),
        ("a.png", "line 2 has 1 columns; expected 2"),
        ("a.png,", "line 2 has the label ''"),
    ],
)
def test_wrong_rows_are_named(read, row, message):
    with pytest.raises(DataError, match=message):
        read(f"a.png,x\n{row}\n")


def test_files_outside_the_folder_keep_their_whole_path(read, tmp_path, draw):
    outside = draw(tmp_path.parent / f"{tmp_path.name}-outside" / "c.png")
    parts = read(f"a.png,x\n{outside},y\n../{outside.parent.name}/c.png,y\n")
    assert parts.train.files[1] == outside.as_posix()
    assert len(parts.train) == 3


def test_an_unreadable_picture_is_named(read, tmp_path):
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    with pytest.raises(ImageError, match=r"a\.png"):
        read("a.png,x\n")
