import pytest

from tenfold.data.load import load_dataset
from tenfold.data.table_choice import is_predictions_file, table_to_name
from tenfold.errors import DataError

PREDICTIONS = (
    "index,label,predicted,probability,accepted,loss,label_number,predicted_number,file\n0,a,a,1,yes,0,0,0,a.png\n"
)


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (
            {"sample_submission.csv": "ImageId,Label\n", "test.csv": "pixel0\n", "train.csv": "label,pixel0\n"},
            "train.csv",
        ),
        ({"a.csv": "x;y\n", "b.csv": "file;Label\n", "preds.csv": PREDICTIONS}, "b.csv"),
        ({"all.csv": PREDICTIONS, "b.csv": "x,y\n"}, "b.csv"),
        ({"a.npz": "", "train.npz": ""}, "train.npz"),
        ({"sample_submission.csv": "ImageId,Label\n"}, "sample_submission.csv"),
    ],
)
def test_the_table_for_training_is_named(tmp_path, files, named):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert table_to_name(sorted(tmp_path.iterdir())) == tmp_path / named


def test_our_own_predictions_are_no_data(tmp_path, draw):
    for name in "ab":
        for i in range(3):
            draw(tmp_path / f"{name}{i}.png", seed=3 * ord(name) + i)
    rows = "".join(f"{name}{i}.png,{name}\n" for name in "ab" for i in range(3))
    (tmp_path / "train.csv").write_text(f"file,label\n{rows}")
    (tmp_path / "test.csv").write_text(PREDICTIONS)
    assert is_predictions_file(tmp_path / "test.csv")
    assert not is_predictions_file(tmp_path / "train.csv")
    assert "test.csv holds predictions that Tenfold wrote: not used." in load_dataset(tmp_path / "train.csv").notes
    with pytest.raises(DataError, match=r"test\.csv: holds the predictions that Tenfold wrote, no data"):
        load_dataset(tmp_path / "test.csv")
