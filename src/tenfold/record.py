"""The record of a run: the one description that everything reads which works on a run folder.

It lies in the folder as `run.json`. Its schema has a version: records of older versions are read as they are, and
stay as they are; those of newer versions are refused.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenfold.errors import RunError
from tenfold.files import read_json, write_text
from tenfold.messages import Language, Note
from tenfold.models.arithmetic import LayerArithmetic

SCHEMA_VERSION = 2
"""Version 1 is that of Tenfold 0.1.0, whose records do not name it."""

Status = Literal["training", "trained", "interrupted", "diverged", "finished"]
"""training: it has begun, and perhaps it was killed; trained: the weights are final, but some stage after training is
missing; interrupted and diverged: training ended early, the folder holds the model so far; finished: all is there."""


class _Part(BaseModel):
    # What a later version adds to the same schema is no reason to refuse a record.
    model_config = ConfigDict(extra="ignore", validate_assignment=True)


class DataRecord(_Part):
    """What was trained on and tested with.

    Attributes:
        name: Of the data set.
        fingerprint: Its SHA-256, see `Dataset.fingerprint`.
        classes: The classes' names, in the order of the labels.
        image_shape: Height, width and channels.
        train: Images that the model learnt from, without outliers.
        outliers: Images of none of the classes that it learnt from.
        validation: Images that were evaluated after each epoch.
        validation_is_test_set: Whether those are the test images.
        test: Images of the final evaluation.
        train_counts: Training images of each class in the whole data set; empty in records of version 1.
        test_counts: Test images of each class; empty in records of version 1.
    """

    name: str
    fingerprint: str
    classes: list[str]
    image_shape: tuple[int, int, int]
    train: int
    outliers: int = 0
    validation: int = 0
    validation_is_test_set: bool = False
    test: int
    train_counts: list[int] = []
    test_counts: list[int] = []


class NetworkRecord(_Part):
    """What was trained.

    Attributes:
        parameters: Of the saved model.
        networks: How many networks it averages.
        layers: Of one network; empty in records of version 1.
        starts: Rows of history.csv before each network began, which were trained one after another.
        seeds: What Dropout and its like would draw from next, which model.keras does not hold.
    """

    parameters: int = 0
    networks: int = 1
    layers: list[LayerArithmetic] = []
    starts: list[int] = [0]
    seeds: list[list[int]] = []


class CalibrationRecord(_Part):
    """How far the model's probabilities can be believed, and what it rejects.

    Attributes:
        temperature: What calibrates the probabilities; 1 changes nothing.
        rejection_threshold: The score above which an image is none of the classes; None rejects nothing.
        threshold_from: The images that the threshold was set on.
        rejected_test_images: Share of the test images that were taken for none of the classes.
    """

    temperature: float
    rejection_threshold: float | None
    threshold_from: Literal["validation", "training"] | None
    rejected_test_images: float | None = None


class SecondsRecord(_Part):
    """Wall-clock.

    Attributes:
        stages: Of each stage, in the order of the run.
        epochs: Of each epoch.
        before_report: From the start of the process to the report, which shows it.
        total: From the start of the process to the end of the run.
    """

    stages: dict[str, float] = {}
    epochs: list[float] = []
    before_report: float = 0.0
    total: float = 0.0


class MachineRecord(_Part):
    """The kind of machine, without anything that names its owner."""

    system: str
    processor: str
    cores: int


class NoteRecord(_Part):
    """A `Note`; `about` says whether it concerns the data, the time limit or the result."""

    about: Literal["data", "time_limit", "result"]
    code: str
    template: str
    parameters: dict[str, Any] = {}
    severity: Literal["note", "warning"] = "note"

    def __str__(self) -> str:
        return str(Note(self.code, self.template, self.parameters, self.severity))


class Results(_Part):
    """What the final evaluation found, in short; metrics.json has it all."""

    accuracy: float
    interval: tuple[float, float]
    loss: float
    count: int


class RunRecord(_Part):
    """A run.

    Attributes:
        schema_version: Of this record.
        tenfold: The version of Tenfold that made the run.
        name: The folder's name.
        path: The folder as the commands in the report name it; empty in records of version 1.
        status: How far it got.
        recipe: The recipe's name.
        seed: Of the recipe.
        language: Of the report.
        data: What it was trained on.
        network: What was trained.
        calibration: None until it is calibrated.
        onnx_difference: Largest difference of a probability between model.onnx and the Keras model.
        results: None until it is evaluated.
        notes: What the user should know.
        command: What the user typed.
        started: When, in ISO 8601.
        predicted_seconds: How long it was going to take, where it had a time limit.
        seconds: How long it took.
        versions: Of Python and of the packages that decide what a run computes.
        machine: Where it ran.
        peak_memory_bytes: The most memory that it had; None where the system does not tell.
    """

    schema_version: int = SCHEMA_VERSION
    tenfold: str
    name: str
    path: str = ""
    status: Status
    recipe: str
    seed: int
    language: Language = "en"
    data: DataRecord
    network: NetworkRecord = Field(default_factory=NetworkRecord)
    calibration: CalibrationRecord | None = None
    onnx_difference: float | None = None
    results: Results | None = None
    notes: list[NoteRecord] = []
    command: str
    started: str
    predicted_seconds: float | None = None
    seconds: SecondsRecord = Field(default_factory=SecondsRecord)
    versions: dict[str, str]
    machine: MachineRecord
    peak_memory_bytes: int | None = None

    def notes_about(self, subject: str, severity: str) -> list[NoteRecord]:
        """The notes of one kind."""
        return [note for note in self.notes if (note.about, note.severity) == (subject, severity)]

    def set_notes(self, about: Literal["data", "time_limit", "result"], notes: Sequence[Note]) -> None:
        """Put notes in the place of those about the same."""
        added = [
            NoteRecord(
                about=about,
                code=note.code,
                template=note.template,
                parameters=dict(note.parameters),
                severity=note.severity,
            )
            for note in notes
        ]
        self.notes = [*(note for note in self.notes if note.about != about), *added]


def read_record(path: Path) -> RunRecord:
    """Read the record of a run, of this version or an older one.

    Args:
        path: Its run.json.

    Raises:
        RunError: It is missing, damaged, or of a newer version.
    """
    document = read_json(path)
    version = document.get("schema_version", 1)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise RunError(
            f"{path}: has the schema version {version!r}; this Tenfold reads versions up to {SCHEMA_VERSION}. "
            "Install a newer Tenfold: pip install --upgrade tenfold"
        )
    try:
        return RunRecord.model_validate(_from_version_1(document) if version == 1 else document)
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(f"{path}: is no record of a run ({reason}). It is damaged: train the run again.") from error


def write_record(path: Path, record: RunRecord) -> None:
    """Write the record of a run as run.json; one of an older version stays as it is."""
    if record.schema_version == SCHEMA_VERSION:
        write_text(path, json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n")


def _from_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """What a record of Tenfold 0.1.0 says, in the places of this version."""
    data, seconds, calibration = (dict(document[key]) for key in ("data", "seconds", "calibration"))
    notes = [("data", "note", text) for text in data["notes"]]
    notes += [("data", "warning", text) for text in data["warnings"]]
    notes += [("time_limit", "note", text) for text in document["time_limit_notes"]]
    notes += [("result", "warning", text) for text in document.get("warnings", [])]
    total, epochs = seconds.pop("total"), seconds.pop("epochs")
    return document | {
        "schema_version": 1,
        "data": data | {"outliers": data["strangers"]},
        "network": {"parameters": document["parameters"], "networks": document["networks"]},
        "calibration": calibration if document["status"] in ("finished", "trained") else None,
        "seconds": {"stages": seconds, "epochs": epochs, "before_report": total, "total": total},
        "notes": [
            {"about": about, "code": "text", "template": "{text}", "parameters": {"text": text}, "severity": severity}
            for about, severity, text in notes
        ],
    }
