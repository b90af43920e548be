import json
import shutil
from pathlib import Path

from typer.testing import CliRunner

from tenfold.cli.app import app

OLD_RUNS = Path(__file__).parents[1] / "run" / "version_0_1_0"


def test_the_report_is_written_again_and_its_place_is_printed(tmp_path, monkeypatch):
    shutil.copytree(OLD_RUNS / "finished", tmp_path / "runs" / "finished")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", "last", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "run": "runs/finished",
        "report": "runs/finished/report.html",
        "figures": "runs/finished/figures",
    }
    assert Path("runs/finished/report.html").read_text().startswith("<!doctype html>")
