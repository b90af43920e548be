import pytest

from tenfold.data.picture_search import find_picture, part_of, pictures_by_stem
from tenfold.errors import DataError

PICTURES = ("1.png", "a/2.png", "a/b/3.png", "x/4.jpg", "x/4.png", "cat/5.png", "dog/5.png")


@pytest.fixture
def find(tmp_path):
    for name in PICTURES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def found(text: str) -> str | None:
        path = find_picture(text, tmp_path, pictures_by_stem(tmp_path))
        return path and path.relative_to(tmp_path).as_posix()

    return found


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        ("2.png", "a/2.png"),
        ("2", "a/2.png"),
        ("b/3.png", "a/b/3.png"),
        ("C:/data/a/2.png", "a/2.png"),
        ("C:/data/1.png", "1.png"),
        ("/mnt/else/b/3.png", "a/b/3.png"),
        ("4.jpg", "x/4.jpg"),
        ("cat/5", "cat/5.png"),
        ("C:/all/dog/5.png", "dog/5.png"),
        ("C:/data/z/2.png", None),
        ("2.jpg", None),
        ("9.png", None),
        ("", None),
    ],
)
def test_the_end_of_the_path_decides(find, text, picture):
    assert find(text) == picture


def test_a_table_of_training_images_means_those_below_train(tmp_path):
    for name in ("train/cat/1.jpg", "test_pictures/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    pictures = pictures_by_stem(tmp_path)
    for table, picture in (("trainLabels.csv", "train/cat/1.jpg"), ("test.csv", "test_pictures/1.jpg")):
        assert find_picture("1", tmp_path, pictures, part_of(tmp_path / table)) == tmp_path / picture
    with pytest.raises(DataError, match="'1' may mean"):
        find_picture("1", tmp_path, pictures, part_of(tmp_path / "labels.csv"))


@pytest.mark.parametrize(("text", "message"), [("5.png", "cat/5.png and dog/5.png"), ("x/4", "x/4.jpg and x/4.png")])
def test_several_pictures_are_refused(find, text, message):
    with pytest.raises(DataError, match=f"{text!r} may mean {message}"):
        find(text)
