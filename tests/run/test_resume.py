"""`tenfold.resume` ends with the very files that a run without a break has."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import tenfold
from tenfold.errors import RunError, TrainingInterrupted
from tenfold.events import Silence, events_to
from tenfold.files import in_use
from tenfold.record import read_record

OLD = Path(__file__).parent / "version_0_1_0"
FILES = ("model.weights.h5", "history.csv", "metrics.json", "predictions.csv")
KINDS = {
    "validation": [],
    "one network of two": ["averaging.networks=2"],
    "smaller images": ["training.progressive_resizing={}", "training.epochs=4"],
    "early stopping": ['training.early_stopping={monitor="val_loss", patience=1}', "training.epochs=5"],
    "schedule, average, varied": [
        *("compile.schedule={name='one-cycle'}", "compile.ema_momentum=0.9", "training.validation_split=0.0"),
        *("augmentation={rotation=5}", "training.class_weight=balanced"),
    ],
}
SIZELESS = (
    "network=[{layer='Conv2D', filters=4, kernel_size=3}, {layer='BatchNormalization'}, {layer='Dropout', rate=0.1}, "
    "{layer='GlobalAveragePooling2D'}, {layer='Dense', units='classes', activation='softmax'}]"
)


class Interrupts(Silence):
    """Ctrl-C as soon as so many epochs are told of."""

    def __init__(self, epochs):
        self.left = epochs

    def line(self, text):
        self.left -= text.startswith("Epoch")
        if not self.left:
            raise KeyboardInterrupt


def content(run):
    return {name: (run.path / name).read_bytes() for name in FILES}


def interrupted(epochs, *arguments, out, **options):
    with events_to(Interrupts(epochs)), pytest.raises(TrainingInterrupted, match="Continue"):
        tenfold.train(*arguments, out=out, **options)


@pytest.fixture(scope="module")
def finished(npz_file, recipe_file, tmp_path_factory):
    return tenfold.train(npz_file, recipe_file, out=tmp_path_factory.mktemp("runs") / "one", verbose=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epochs", [1, 3])
def test_an_interrupted_run_ends_like_one_without_a_break(npz_file, recipe_file, tmp_path, kind, epochs):
    overrides = KINDS[kind] + [SIZELESS] * (kind == "smaller images")
    whole = tenfold.train(npz_file, recipe_file, overrides=overrides, out=tmp_path / "whole", verbose=0)
    interrupted(epochs, npz_file, recipe_file, overrides=overrides, out=tmp_path / "part")
    assert epochs == 1 or (tmp_path / "part" / "checkpoint").is_dir()  # Ctrl-C came before the first epoch was done
    run = tenfold.resume(tmp_path / "part", verbose=0)
    assert run.record.status == "finished"
    assert content(run) == content(whole)
    assert {path.name for path in run.path.iterdir()} == {path.name for path in whole.path.iterdir()}
    assert len(run.seconds["epochs"]) == len(run.history)


def test_a_run_without_a_checkpoint_starts_again(npz_file, recipe_file, tmp_path, finished):
    interrupted(2, npz_file, recipe_file, out=tmp_path / "part")
    shutil.rmtree(tmp_path / "part" / "checkpoint")
    assert content(tenfold.resume(tmp_path / "part", verbose=0)) == content(finished)


@pytest.mark.parametrize("stage", ["calibrate", "evaluate_split", "write_report"])
def test_stages_after_training_are_repeated(npz_file, recipe_file, tmp_path, finished, monkeypatch, stage):
    def killed(*arguments, **options):
        raise SystemExit  # nothing in Tenfold handles it: no more is written than by SIGKILL

    with monkeypatch.context() as patched:
        patched.setattr(f"tenfold.run.complete.{stage}", killed)
        with pytest.raises(SystemExit):
            tenfold.train(npz_file, recipe_file, out=tmp_path / "part", verbose=0)
    assert read_record(tmp_path / "part" / "run.json").status == "trained"
    run = tenfold.resume(tmp_path / "part", verbose=0)
    assert content(run) == content(finished)
    assert {"compiling", "training", "report"} < run.record.seconds.stages.keys()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("sign", ["checkpoint/network-1/state.npz", "model.keras", "metrics.json"])
def test_after_sigkill(npz_file, recipe_file, tmp_path, finished, sign):
    """Killed as soon as a file is there, with what the process was just writing."""
    program = "import sys, tenfold; tenfold.train(sys.argv[1], sys.argv[2], out=sys.argv[3], epochs=int(sys.argv[4]))"
    run, epochs = tmp_path / "part", "400" if sign.startswith("checkpoint") else "3"
    process = subprocess.Popen(
        [sys.executable, "-c", program, npz_file, recipe_file, run, epochs], stderr=subprocess.DEVNULL
    )
    while not (run / sign).exists():
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (run / ".abcdefgh.model.keras").write_bytes(b"half a file")
    resumed = tenfold.resume(run, verbose=0)
    assert resumed.record.status == "finished"
    assert not list(run.rglob(".*"))
    whole = finished
    if epochs != "3":
        whole = tenfold.train(npz_file, recipe_file, out=tmp_path / "whole", epochs=400, verbose=0)
    assert content(resumed) == content(whole)


def test_arrays_are_given_again(dataset, recipe_file, tmp_path):
    whole = tenfold.train(dataset, recipe_file, out=tmp_path / "whole", verbose=0)
    with events_to(Interrupts(2)), pytest.raises(TrainingInterrupted, match=r'tenfold\.resume\(".*", data\)'):
        tenfold.train(dataset, recipe_file, out=tmp_path / "part")
    with pytest.raises(RunError, match="was trained on arrays"):
        tenfold.resume(tmp_path / "part")
    assert content(tenfold.resume(tmp_path / "part", dataset, verbose=0)) == content(whole)


def test_a_finished_run_continues_to_more_epochs(npz_file, recipe_file, tmp_path):
    whole = tenfold.train(npz_file, recipe_file, epochs=4, out=tmp_path / "whole", verbose=0)
    tenfold.train(npz_file, recipe_file, epochs=2, out=tmp_path / "part", verbose=0)
    with events_to(Interrupts(1)), pytest.raises(TrainingInterrupted):
        tenfold.resume(tmp_path / "part", epochs=4)
    run = tenfold.resume(tmp_path / "part", verbose=0)
    assert run.recipe.training.epochs == 4
    assert content(run) == content(whole)


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("averaging.networks=2", "averages several networks"),
        ("compile.schedule.name=cosine", "schedule is stretched over its epochs"),
        ("compile.ema_momentum=0.9", "moving averages of those that were trained"),
        ('training.early_stopping={monitor="loss"}', "early stopping went back"),
        ("compile.optimizer={name='muon', learning_rate=0.01}", "muon"),
    ],
)
def test_what_cannot_be_trained_further_is_refused_in_a_sentence(npz_file, recipe_file, tmp_path, override, reason):
    overrides = [override, "training.epochs=1"]
    run = tenfold.train(npz_file, recipe_file, overrides=overrides, out=tmp_path / "run", verbose=0)
    before = content(run)
    with pytest.raises(RunError, match=rf"cannot be trained further: .*{reason}.*Train anew with --epochs 5"):
        tenfold.resume(run.path, epochs=5, verbose=0)
    assert content(tenfold.load_run(run.path)) == before
    assert tenfold.load_run(run.path).record.status == "finished"


def test_what_there_is_nothing_to_resume_of(finished, npz_file, recipe_file, tmp_path):
    with pytest.raises(RunError, match="is finished. To train it further, say to how many epochs: --epochs N"):
        tenfold.resume(finished.path)
    with pytest.raises(RunError, match="has 3 epochs already; expected more"):
        tenfold.resume(finished.path, epochs=3, verbose=0)
    with pytest.raises(RunError, match="There is no run to continue below"):
        tenfold.resume("last")
    shutil.copytree(OLD / "interrupted", tmp_path / "old")
    with pytest.raises(RunError, match=r"made by Tenfold 0\.1\.0, which kept no state"):
        tenfold.resume(tmp_path / "old")
    interrupted(1, npz_file, recipe_file, out=tmp_path / "part")
    with pytest.raises(RunError, match="has 3 epochs to train. Continue it without --epochs"):
        tenfold.resume(tmp_path / "part", epochs=9)


def test_last_is_the_last_run_that_is_not_finished(npz_file, recipe_file, tmp_path):
    interrupted(1, npz_file, recipe_file, out=None)
    tenfold.train(npz_file, recipe_file, epochs=1, verbose=0)
    assert tenfold.resume("last", verbose=0).path == Path("runs/bars-small-1")


def test_changed_data_is_refused(npz_file, recipe_file, dataset, tmp_path):
    data = tmp_path / "data.npz"
    shutil.copy(npz_file, data)
    interrupted(1, data, recipe_file, out=tmp_path / "part")
    data.unlink()
    with pytest.raises(RunError, match=r"cannot be read from here.*--data DATA"):
        tenfold.resume(tmp_path / "part", verbose=0)
    other = replace(dataset, train=dataset.train.take(range(200)))
    with pytest.raises(RunError, match="the data has changed"):
        tenfold.resume(tmp_path / "part", other, verbose=0)
    assert tenfold.resume(tmp_path / "part", npz_file, verbose=0).record.status == "finished"


@pytest.mark.skipif(os.name != "posix", reason="folders are locked on POSIX only")
def test_a_run_that_another_process_trains_is_left_alone(npz_file, recipe_file, tmp_path):
    interrupted(1, npz_file, recipe_file, out=tmp_path / "part")
    with in_use(tmp_path / "part"), pytest.raises(RunError, match="is in use: another process trains it"):
        tenfold.resume(tmp_path / "part")


def test_a_diverged_run_is_not_resumed(finished, tmp_path):
    shutil.copytree(finished.path, tmp_path / "run")
    record = tmp_path / "run" / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"status": "diverged"}))
    with pytest.raises(RunError, match=r"diverged, and would again.*learning_rate=0\.001"):
        tenfold.resume(tmp_path / "run")
