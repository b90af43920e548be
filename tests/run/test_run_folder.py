import json
import os
from pathlib import Path

import pytest

from tenfold.errors import RunError
from tenfold.run.run_folder import check_out, create_run_folder, find_run, write_csv


def finished(name, age=0, status="finished"):
    folder = create_run_folder(None, name, "quick")
    folder.run.write_text(json.dumps({"name": name, "status": status}))
    stat = folder.run.stat()
    os.utime(folder.run, (stat.st_atime, stat.st_mtime - age))
    return folder


def test_each_run_gets_the_next_free_number():
    names = [create_run_folder(None, "mnist", "quick").path.as_posix() for _ in range(2)]
    assert names == ["runs/mnist-quick-1", "runs/mnist-quick-2"]


def test_out_may_be_new_or_empty_and_nothing_else(tmp_path):
    assert create_run_folder(tmp_path / "a" / "b", "mnist", "quick").path.is_dir()
    assert create_run_folder(tmp_path / "a" / "b", "mnist", "quick").path == tmp_path / "a" / "b"
    (tmp_path / "a" / "b" / "mine.txt").touch()
    (tmp_path / "file").touch()
    for taken in ("a/b", "file"):
        with pytest.raises(RunError, match="Choose another --out"):
            create_run_folder(tmp_path / taken, "mnist", "quick")
    with pytest.raises(RunError, match="Cannot make a run folder"):
        create_run_folder(tmp_path / "file" / "below", "mnist", "quick")


def test_out_has_to_be_text():
    with pytest.raises(RunError, match="is not valid UTF-8. Choose another --out"):
        check_out(Path("r\udcfc"))


def test_last_is_the_run_that_finished_last():
    finished("new")
    finished("old", age=100)
    create_run_folder(None, "unwritten", "quick")
    finished("interrupted", status="interrupted")
    damaged = {"damaged": "{", "listed": "[]"}
    for name, content in damaged.items():
        finished(name).run.write_text(content)
    assert find_run("last").name == "new-quick-1"


def test_runs_are_found_by_path_and_by_name():
    folder = finished("mnist")
    assert find_run("mnist-quick-1") == find_run("runs/mnist-quick-1") == folder.path


def test_a_missing_run_is_answered_with_what_there_is(tmp_path):
    with pytest.raises(RunError, match="There is no finished run below"):
        find_run("last")
    finished("begun", status="interrupted")
    with pytest.raises(RunError, match="Not finished are begun-quick-1: give the name of one"):
        find_run("last")
    finished("mnist")
    with pytest.raises(RunError, match="Runs below runs/: begun-quick-1, mnist-quick-1"):
        find_run("mnist-quick-7")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="is no run folder"):
        find_run("empty")


def test_what_a_row_lacks_stays_empty(tmp_path):
    write_csv(
        tmp_path / "a.csv", [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "val_loss": 0.4}], ["epoch", "loss", "val_loss"]
    )
    assert (tmp_path / "a.csv").read_text() == "epoch,loss,val_loss\n1,0.5,\n2,,0.4\n"


@pytest.mark.parametrize(
    ("data", "label"),
    [("mnist", "mnist"), ("scans.2024", "scans.2024"), ("数字", "数字"), ("a/b: c", "a-b-c"), ("..", "data")],
)
def test_the_datas_name_becomes_part_of_the_folders_name(data, label):
    assert create_run_folder(None, data, "quick").path.name == f"{label}-quick-1"


def test_a_name_that_the_system_refuses_is_answered(tmp_path):
    with pytest.raises(RunError, match="cannot be a run folder"):
        create_run_folder(tmp_path / ("x" * 300), "mnist", "quick")
