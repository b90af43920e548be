import json
from pathlib import Path
from typing import Any

import pytest

from tenfold.errors import RunError
from tenfold.messages import Note
from tenfold.models.arithmetic import LayerArithmetic
from tenfold.record import (
    SCHEMA_VERSION,
    CalibrationRecord,
    DataRecord,
    MachineRecord,
    NetworkRecord,
    Results,
    RunRecord,
    SecondsRecord,
    read_record,
    write_record,
)

OLD_RUNS = sorted((Path(__file__).parent / "run" / "version_0_1_0").glob("*/run.json"))


@pytest.fixture
def record() -> RunRecord:
    """A record with everything in it."""
    record = RunRecord(
        tenfold="0.2.0",
        name="shapes-1",
        path="runs/shapes-1",
        status="finished",
        recipe="quick",
        seed=3,
        language="zh",
        data=DataRecord(
            name="shapes",
            fingerprint="abc",
            classes=["圆", "square"],
            image_shape=(28, 20, 1),
            train=80,
            outliers=5,
            validation=20,
            test=10,
            train_counts=[60, 40],
            test_counts=[6, 4],
        ),
        network=NetworkRecord(
            parameters=1122,
            networks=2,
            layers=[LayerArithmetic("dense", "Dense", (2,), 1122, "560 × 2 + 2 = 1,122", 1120)],
            starts=[0, 2],
        ),
        calibration=CalibrationRecord(temperature=1.25, rejection_threshold=2.5, threshold_from="validation"),
        onnx_difference=1e-7,
        results=Results(accuracy=0.9, interval=(0.6, 0.98), loss=0.3, count=10),
        command="tenfold train shapes",
        started="2026-01-02T03:04:05+00:00",
        predicted_seconds=60.0,
        seconds=SecondsRecord(stages={"training": 1.5}, epochs=[0.8, 0.7], before_report=2.0, total=2.5),
        versions={"python": "3.11.9"},
        machine=MachineRecord(system="Linux", processor="x86_64", cores=2),
        peak_memory_bytes=1000,
    )
    record.set_notes("data", [Note("resized", "{count} images were resized.", {"count": 12})])
    return record


@pytest.fixture
def changed(record: RunRecord, tmp_path: Path) -> Any:
    """Writes the record with changes to its document."""

    def write(**changes: Any) -> Path:
        path = tmp_path / "run.json"
        path.write_text(json.dumps({**record.model_dump(mode="json"), **changes}), encoding="utf-8")
        return path

    return write


def test_a_record_comes_back_as_it_was_written(record, tmp_path):
    write_record(tmp_path / "run.json", record)
    assert read_record(tmp_path / "run.json") == record
    assert json.loads((tmp_path / "run.json").read_bytes())["schema_version"] == SCHEMA_VERSION
    assert "圆" in (tmp_path / "run.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, "two", None])
def test_a_schema_version_that_is_not_known_is_refused(version, changed):
    path = changed(schema_version=version)
    with pytest.raises(RunError) as refusal:
        read_record(path)
    assert str(refusal.value).startswith(f"{path}: has the schema version {version!r}")
    assert f"reads versions up to {SCHEMA_VERSION}" in str(refusal.value)
    assert "Install a newer Tenfold" in str(refusal.value)


def test_what_a_later_version_adds_is_passed_over(record, changed):
    assert read_record(changed(colour="blue")) == record


@pytest.mark.parametrize(
    "changes",
    [{"status": "lost"}, {"data": {}}, {"seed": "three"}, {"seconds": []}, {"notes": [{"about": "weather"}]}],
)
def test_a_damaged_record_is_refused(changes, changed):
    path = changed(**changes)
    with pytest.raises(RunError, match="is no record of a run.*damaged: train the run again") as refusal:
        read_record(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert next(iter(changes)) in str(refusal.value)


@pytest.mark.parametrize("content", ["", "{", "[]", None])
def test_a_file_that_is_no_table_or_is_missing_is_refused(content, tmp_path):
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RunError, match="cannot be read"):
        read_record(path)


@pytest.mark.parametrize("document", [{}, {"data": 3}, {"data": {}, "seconds": {}, "calibration": {}}])
def test_a_damaged_record_without_a_version_is_refused(document, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document))
    with pytest.raises(RunError, match="is no record of a run"):
        read_record(path)


@pytest.mark.parametrize("path", OLD_RUNS, ids=lambda path: path.parent.name)
def test_a_record_of_version_0_1_0_says_the_same(path):
    document, record = json.loads(path.read_bytes()), read_record(path)
    same = ("tenfold", "name", "status", "recipe", "seed", "command", "started", "versions", "peak_memory_bytes")
    assert [getattr(record, key) for key in same] == [document[key] for key in same]
    data = record.data.model_dump(mode="json")
    assert {key: data[key] for key in ("name", "classes", "image_shape", "train", "validation", "test")}.items() <= (
        document["data"].items()
    )
    assert record.data.outliers == document["data"]["strangers"]
    assert record.network.parameters == document["parameters"]
    assert record.network.networks == document["networks"]
    assert record.seconds.epochs == document["seconds"]["epochs"]
    assert record.seconds.total == document["seconds"]["total"]
    assert record.seconds.stages["training"] == document["seconds"]["training"]
    assert {"total", "epochs"}.isdisjoint(record.seconds.stages)
    assert [str(note) for note in record.notes_about("data", "note")] == document["data"]["notes"]


def test_all_kinds_of_old_runs_are_there():
    assert [path.parent.name for path in OLD_RUNS] == ["ensemble", "finished", "interrupted"]


def test_an_interrupted_run_of_version_0_1_0_is_not_calibrated():
    calibrations = {path.parent.name: read_record(path).calibration for path in OLD_RUNS}
    assert calibrations["interrupted"] is None
    assert calibrations["finished"].temperature == 0.2472
    assert calibrations["finished"].threshold_from == "validation"


def test_notes_and_warnings_of_version_0_1_0_keep_their_subjects(tmp_path):
    document = json.loads(OLD_RUNS[1].read_bytes())
    document["data"] |= {"notes": ["{no} template"], "warnings": ["Copies."]}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document | {"time_limit_notes": ["Fewer epochs."], "warnings": ["Nothing learnt."]}))
    assert [(note.about, note.severity, str(note)) for note in read_record(path).notes] == [
        ("data", "note", "{no} template"),
        ("data", "warning", "Copies."),
        ("time_limit", "note", "Fewer epochs."),
        ("result", "warning", "Nothing learnt."),
    ]


@pytest.mark.parametrize("path", OLD_RUNS, ids=lambda path: path.parent.name)
def test_a_record_of_version_0_1_0_is_never_rewritten(path, tmp_path):
    copy = tmp_path / "run.json"
    copy.write_bytes(path.read_bytes())
    record = read_record(copy)
    record.status = "interrupted"
    record.set_notes("result", [Note("a", "A.")])
    write_record(copy, record)
    assert copy.read_bytes() == path.read_bytes()


def test_set_notes_replaces_the_notes_about_the_same_subject(record):
    record.set_notes("result", [Note("old", "Old."), Note("older", "Older.", severity="warning")])
    record.set_notes("result", [Note("new", "New, of {count}.", {"count": 2}, "warning")])
    assert [str(note) for note in record.notes] == ["12 images were resized.", "New, of 2."]
    assert [note.code for note in record.notes_about("result", "warning")] == ["new"]
    assert record.notes_about("result", "note") == []
    record.set_notes("result", [])
    assert [note.about for note in record.notes] == ["data"]


def test_a_wrong_value_cannot_be_set(record):
    with pytest.raises(ValueError, match="status"):
        record.status = "lost"
