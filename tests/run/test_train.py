import csv
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tenfold
from tenfold.data.dataset import Dataset
from tenfold.errors import DataError, NonFiniteLossError, RecipeError, RunError, TrainingInterrupted
from tenfold.keras_on_jax import keras
from tenfold.onnx_runtime import onnxruntime
from tenfold.photo.strangers import draw_strangers
from tenfold.recipes.recipe import load_recipe
from tenfold.run.evaluate import evaluate
from tenfold.run.plan import training_splits

FILES = {
    *("recipe.toml", "run.json", "history.csv", "model.keras", "model.weights.h5", "model.onnx", "metrics.json"),
    *("predictions.csv", "pictures.npz", "report.html", "figures/samples.png", "figures/class_distribution.png"),
    *("figures/training_curves.png", "figures/confusion_matrix.png", "figures/correct_predictions.png"),
    *("figures/wrong_predictions.png", "figures/random_predictions.png"),
    *(f"golden/{number:02}.{'jpg' if number == 8 else 'png'}" for number in range(10)),
    "golden/answers.json",
}


@pytest.fixture(scope="module")
def run(npz_file, recipe_file, tmp_path_factory):
    return tenfold.train(npz_file, recipe_file, out=tmp_path_factory.mktemp("runs") / "one", verbose=0)


def interrupt(*arguments):
    raise KeyboardInterrupt


def interrupt_the_second_epoch(self, epoch, logs=None):
    if epoch == 1:
        raise KeyboardInterrupt


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_run_folder_holds_all_its_files_and_nothing_else(run):
    assert files_in(run.path) == FILES


NORMALISED = (
    "network=[{layer='Flatten'}, {layer='BatchNormalization'}, {layer='Dense', units='classes', activation='softmax'}]",
    "training.batch_size=30",
)


def assert_averages_of(model, dataset):
    """The moving means are those of the training images, though later batches count more."""
    (norm,) = (layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    entering = keras.Model(model.inputs, norm.input).predict(dataset.train.images, verbose=0).mean(axis=0)
    np.testing.assert_allclose(norm.moving_mean, entering, rtol=0.1)


def test_after_few_steps_moving_averages_are_those_of_the_training_images(dataset, tmp_path):
    settings = [*NORMALISED, "training.epochs=1"]
    run = tenfold.train(dataset, "dense-128", overrides=settings, out=tmp_path / "run", verbose=0)
    assert_averages_of(keras.saving.load_model(run.path / "model.keras"), dataset)


def test_moving_averages_of_an_early_epoch_that_is_restored_are_those_of_the_training_images(dataset, tmp_path):
    settings = [*NORMALISED, "training.epochs=6", "network.1.momentum=0.9"]
    settings += ["training.early_stopping={monitor='loss', min_delta=100.0, patience=5}"]  # the first is the best
    run = tenfold.train(dataset, "dense-128", overrides=settings, out=tmp_path / "run", verbose=0)
    assert len(run.history) == 6
    assert_averages_of(keras.saving.load_model(run.path / "model.keras"), dataset)


def test_metrics_and_predictions_agree_with_the_keras_model(run, dataset):
    probabilities = keras.saving.load_model(run.path / "model.keras").predict(dataset.test.images, verbose=0)
    metrics = json.loads((run.path / "metrics.json").read_text())
    assert metrics["accuracy"] == (probabilities.argmax(1) == dataset.test.labels).mean() == run.metrics.accuracy
    with (run.path / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["predicted_number"]) for row in rows] == probabilities.argmax(1).tolist()
    assert [int(row["label_number"]) for row in rows] == dataset.test.labels.tolist()
    names = [entry["name"] for entry in metrics["classes"]]
    assert [row["label"] for row in rows] == [names[int(row["label_number"])] for row in rows]
    assert [row["predicted"] for row in rows] == [names[int(row["predicted_number"])] for row in rows]
    losses = -np.log(probabilities[np.arange(90), dataset.test.labels])
    np.testing.assert_allclose([float(row["loss"]) for row in rows], losses, atol=2e-5)
    assert metrics["loss"] == pytest.approx(losses.mean(), abs=1e-5)


def test_the_onnx_model_takes_raw_pixels_and_gives_the_same_probabilities(run, dataset):
    expected = keras.saving.load_model(run.path / "model.keras").predict(dataset.test.images, verbose=0)
    session = onnxruntime.InferenceSession(run.path / "model.onnx")
    (found,) = session.run(None, {"images": dataset.test.images})
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert json.loads(session.get_modelmeta().custom_metadata_map["accuracy"]) == run.metrics.accuracy


def test_the_saved_model_loads_in_plain_keras_and_the_weights_fit_it(run):
    code = (
        "import sys, keras; model = keras.saving.load_model(sys.argv[1]); before = model.get_weights();"
        "model.load_weights(sys.argv[2]); assert 'tenfold' not in sys.modules;"
        "print(all((a == b).all() for a, b in zip(before, model.get_weights())), len(before))"
    )
    models = [str(run.path / "model.keras"), str(run.path / "model.weights.h5")]
    result = subprocess.run([sys.executable, "-c", code, *models], capture_output=True, text=True, check=True)
    assert result.stdout == "True 4\n"


def test_a_model_trained_with_muon_loads_in_plain_keras(npz_file, recipe_file, tmp_path):
    layers = ["{layer='Conv2D', filters=8, kernel_size=3}", "{layer='Flatten'}"]
    layers += ["{layer='Dense', units='classes', activation='softmax'}"]
    overrides = [f"network=[{', '.join(layers)}]", "compile.optimizer={name='muon', learning_rate=0.01}"]
    run = tenfold.train(npz_file, recipe_file, overrides=overrides, out=tmp_path / "run", verbose=0)
    code = "import sys, keras; model = keras.saving.load_model(sys.argv[1]); assert 'tenfold' not in sys.modules;"
    code += "print(type(model.optimizer).__name__, model.loss)"
    command = [sys.executable, "-c", code, str(run.path / "model.keras")]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    assert result.stdout == "SGD sparse_categorical_crossentropy\n"
    assert run.history[-1]["loss"] < run.history[0]["loss"]


def test_the_saved_recipe_repeats_the_run_byte_for_byte(run, npz_file, tmp_path):
    again = tenfold.train(npz_file, run.path / "recipe.toml", out=tmp_path / "two", verbose=0)
    for name in ("history.csv", "model.weights.h5", "model.onnx", "metrics.json", "predictions.csv", "recipe.toml"):
        assert (again.path / name).read_bytes() == (run.path / name).read_bytes(), name


def test_the_run_says_where_its_numbers_come_from(run, dataset):
    document = json.loads((run.path / "run.json").read_text())
    assert document["status"] == "finished"
    assert document["data"]["fingerprint"] == tenfold.load_dataset(run.recipe.data).fingerprint
    assert (document["data"]["train"], document["data"]["validation"], document["data"]["test"]) == (202, 68, 90)
    assert 0 <= document["onnx_difference"] <= 1e-5
    assert document["network"]["parameters"] == (9 + 1) * 4 + (4 * 4 * 4) * 3 + 3
    assert document["seconds"]["total"] >= document["seconds"]["stages"]["training"] > 0
    assert len(document["seconds"]["epochs"]) == 3
    assert document["versions"]["keras"] == keras.__version__


def test_history_has_a_row_for_each_epoch(run):
    with (run.path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["learning_rate"] == "0.01"


def test_arrays_train_without_files_and_early_stopping_restores_the_best_epoch(dataset, recipe_file):
    overrides = ["training.epochs=40", "training.early_stopping={patience = 2, monitor = 'val_loss'}"]
    overrides += ["compile.optimizer.learning_rate=0.1", "compile.loss=categorical_crossentropy"]
    run = tenfold.train(dataset, recipe_file, overrides=overrides, verbose=0)
    assert run.path.as_posix() == "runs/bars-small-1"
    losses = [row["val_loss"] for row in run.history]
    assert len(losses) < 40
    assert len(losses) == int(np.argmin(losses)) + 1 + 2
    model = keras.saving.load_model(run.path / "model.keras")
    _, validation = training_splits(dataset, run.recipe.training)
    one_hot = np.eye(3)[validation.labels]
    assert model.evaluate(validation.images, one_hot, verbose=0)[0] == pytest.approx(min(losses), rel=1e-4)


@pytest.fixture(scope="module")
def ensemble(npz_file, recipe_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "ensemble"
    return tenfold.train(npz_file, recipe_file, overrides=["averaging={networks=2, shift=1}"], out=out, verbose=0)


def test_an_ensemble_is_saved_as_one_model(ensemble, dataset):
    model = keras.saving.load_model(ensemble.path / "model.keras")
    networks = [model.get_layer(name) for name in ("network_1", "network_2")]
    assert not np.allclose(networks[0].get_weights()[0], networks[1].get_weights()[0], atol=1e-3)
    assert (
        json.loads((ensemble.path / "run.json").read_text())["network"]["parameters"] == 2 * networks[0].count_params()
    )
    expected = model.predict(dataset.test.images, verbose=0)
    found = tenfold.load_classifier(ensemble.path).probabilities(dataset.test.images)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert [row["epoch"] for row in ensemble.history] == [1, 2, 3, 4, 5, 6]


def test_random_numbers_of_the_caller_go_on(dataset, recipe_file):
    random.seed(5)
    np.random.seed(5)
    states = random.getstate(), np.random.get_state()[1].tolist()
    tenfold.train(dataset, recipe_file, epochs=1, verbose=0)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states


def test_the_first_network_of_an_ensemble_is_that_of_the_recipe_alone(ensemble, run):
    model = keras.saving.load_model(ensemble.path / "model.keras")
    alone = keras.saving.load_model(run.path / "model.keras")
    for found, expected in zip(model.get_layer("network_1").get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_an_interrupted_ensemble_keeps_the_networks_that_are_finished(dataset, recipe_file, monkeypatch):
    epochs = iter(range(100))

    def interrupt(self, epoch, logs=None):
        if next(epochs) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("tenfold.training.epoch_log.EpochLog.on_epoch_begin", interrupt)
    with pytest.raises(TrainingInterrupted, match=r"\(1 of 3 networks finished, 3 finished epochs\)"):
        tenfold.train(dataset, recipe_file, overrides=["averaging={networks=3}"], verbose=0)
    model = keras.saving.load_model("runs/bars-small-1/model.keras")
    assert [layer.name for layer in model.layers] == ["images", "network_1"]
    assert json.loads(Path("runs/bars-small-1/run.json").read_text())["network"]["networks"] == 1
    with Path("runs/bars-small-1/history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]


def test_a_diverging_run_keeps_its_last_finite_weights(dataset, recipe_file):
    overrides = ["compile.optimizer={name = 'sgd', learning_rate = 1e38}"]
    with pytest.raises(NonFiniteLossError, match=r"The model so far is in runs/bars-small-1 \(0 finished epochs\)"):
        tenfold.train(dataset, recipe_file, overrides=overrides, verbose=0)
    model = keras.saving.load_model("runs/bars-small-1/model.keras")
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_an_interrupted_run_can_be_loaded(dataset, recipe_file, monkeypatch):
    monkeypatch.setattr("tenfold.training.epoch_log.EpochLog.on_epoch_begin", interrupt_the_second_epoch)
    with pytest.raises(TrainingInterrupted, match="1 finished epoch[)]"):
        tenfold.train(dataset, recipe_file, verbose=0)
    assert keras.saving.load_model("runs/bars-small-1/model.keras").count_params() == 235
    assert tenfold.load_classifier("runs/bars-small-1").predict(dataset.test.images[0]).label in dataset.class_names


def test_ctrl_c_leaves_the_best_epoch_of_early_stopping(dataset, recipe_file, monkeypatch, tmp_path):
    def spoil_and_interrupt(self, epoch, logs=None):
        if epoch:
            self.model.optimizer.learning_rate = 50.0
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("tenfold.training.epoch_log.EpochLog.on_epoch_begin", spoil_and_interrupt)
    overrides = ["training.epochs=9", "training.early_stopping={patience = 5, monitor = 'val_loss'}"]
    with pytest.raises(TrainingInterrupted):
        tenfold.train(dataset, recipe_file, overrides=overrides, out=tmp_path / "run", verbose=0)
    with (tmp_path / "run" / "history.csv").open() as file:
        first, last = (float(row["val_loss"]) for row in csv.DictReader(file))
    assert last > first
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    _, validation = training_splits(dataset, load_recipe(tmp_path / "run" / "recipe.toml").training)
    assert model.evaluate(validation.images, validation.labels, verbose=0)[0] == pytest.approx(first, rel=1e-3)


def test_an_interrupt_after_training_keeps_the_model(dataset, recipe_file, monkeypatch):
    monkeypatch.setattr("tenfold.run.complete.draw_figures", interrupt)
    with pytest.raises(TrainingInterrupted, match="Interrupted after training; the model is in runs/bars-small-1"):
        tenfold.train(dataset, recipe_file, verbose=0)
    assert json.loads(Path("runs/bars-small-1/run.json").read_text())["status"] == "trained"
    assert tenfold.load_classifier("runs/bars-small-1").class_names == dataset.class_names


def test_an_interrupt_while_saving_keeps_the_model(dataset, recipe_file, monkeypatch):
    monkeypatch.setattr("tenfold.run.complete.write_model_file", interrupt)
    with pytest.raises(TrainingInterrupted, match="Interrupted after training; the model is in runs/bars-small-1"):
        tenfold.train(dataset, recipe_file, verbose=0)
    assert json.loads(Path("runs/bars-small-1/run.json").read_text())["status"] == "trained"
    assert tenfold.load_classifier("runs/bars-small-1").class_names == dataset.class_names


def test_an_interrupt_while_calibrating_saves_the_model_without_measuring_again(dataset, recipe_file, monkeypatch):
    monkeypatch.setattr("tenfold.run.complete.calibrate", interrupt)
    with pytest.raises(TrainingInterrupted, match="Interrupted after training; the model is in runs/bars-small-1"):
        tenfold.train(dataset, recipe_file, verbose=0)
    assert tenfold.load_classifier("runs/bars-small-1").metadata.rejection_threshold is None


def test_what_goes_wrong_while_calibrating_leaves_the_model(dataset, recipe_file, monkeypatch):
    def out_of_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr("tenfold.run.complete.calibrate", out_of_memory)
    with pytest.raises(MemoryError):
        tenfold.train(dataset, recipe_file, verbose=0)
    assert json.loads(Path("runs/bars-small-1/run.json").read_text())["status"] == "trained"
    assert tenfold.load_classifier("runs/bars-small-1").class_names == dataset.class_names
    assert keras.saving.load_model("runs/bars-small-1/model.keras").count_params() == 235


def test_a_second_interrupt_while_saving_says_what_is_left(dataset, recipe_file, monkeypatch):
    for module in ("complete", "export"):
        monkeypatch.setattr(f"tenfold.run.{module}.write_model_file", interrupt)
    with pytest.raises(TrainingInterrupted, match="Interrupted while saving: runs/bars-small-1 is not complete"):
        tenfold.train(dataset, recipe_file, verbose=0)


def test_an_interrupted_network_has_moving_averages_of_the_training_images(dataset, monkeypatch):
    monkeypatch.setattr("tenfold.training.epoch_log.EpochLog.on_epoch_begin", interrupt_the_second_epoch)
    with pytest.raises(TrainingInterrupted):
        tenfold.train(dataset, "dense-128", overrides=NORMALISED, verbose=0)
    assert_averages_of(keras.saving.load_model("runs/bars-dense-128-1/model.keras"), dataset)


def test_a_network_that_is_too_large_to_ship_is_refused_before_training(dataset, recipe_file, tmp_path):
    with pytest.raises(RecipeError, match="can be shipped"):
        tenfold.train(dataset, "dense-128", overrides=["network.1.units=600000"], verbose=0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"recipe": "dense128"}, RecipeError, "Did you mean 'dense-128'"),
        ({"overrides": ["network.0.kernel_size=99"]}, RecipeError, "network.0"),
        ({"overrides": ["training.class_weight={top = 1.0}"]}, DataError, "no weight for middle; no weight for bottom"),
        ({"epochs": 0}, RecipeError, "training.epochs"),
        ({"data": "mnst"}, DataError, "Did you mean 'mnist'"),
        ({"data": "caf\udce9"}, DataError, "not valid UTF-8"),
        (
            {"overrides": ["compile.ema_momentum=0.99", "training.early_stopping={monitor='loss'}"]},
            RecipeError,
            "choose one of them",
        ),
        ({"data": None}, DataError, "names no data"),
        ({"out": "."}, RunError, "Choose another --out"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(dataset, recipe_file, tmp_path, arguments, error, message):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(error, match=message):
        tenfold.train(**({"data": dataset, "recipe": recipe_file, "verbose": 0} | arguments))
    assert files_in(tmp_path) == {"mine.txt"}


def test_a_dataset_may_have_two_classes_and_colour():
    random = np.random.default_rng(0)
    split = tenfold.load_dataset("mnist").test.take(np.arange(60))
    images = random.integers(0, 256, (60, 8, 12, 3)).astype(np.uint8)
    labels = (split.labels % 2).astype(np.int32)
    two = type(split)(images, labels)
    run = tenfold.train(Dataset("two", two, two, ("even", "odd")), "dense-128", epochs=1, verbose=0)
    assert run.metrics.count == 60


def test_a_network_that_has_seen_strangers_is_unsure_of_them(tmp_path):
    settings = ["compile.loss=categorical_crossentropy", "training.fraction=0.02", "training.strangers=0.5"]
    run = tenfold.train("mnist", "dense-128", epochs=8, overrides=settings, out=tmp_path / "run", verbose=0)
    document = json.loads((run.path / "run.json").read_text())
    assert document["data"]["outliers"] == 0.5 * document["data"]["train"]
    assert "belong to no class" in (run.path / "report.html").read_text()
    test = tenfold.load_dataset("mnist").test.images[:200]
    classifier = tenfold.load_classifier(run.path)
    strange, known = (
        classifier.probabilities(images).max(axis=1).mean() for images in (draw_strangers(200, test, 99), test)
    )
    assert known - strange > 0.3  # 0.17 without strangers


def test_a_training_that_learns_nothing_is_told_with_likely_causes(dataset, recipe_file, tmp_path, capsys):
    settings = ["compile.optimizer.learning_rate=1000.0", "training.epochs=2"]
    run = tenfold.train(dataset, recipe_file, overrides=settings, out=tmp_path / "run", verbose=2)
    (note,) = (note for note in run.record.notes if note.severity == "warning")
    assert (note.about, note.code) == ("result", "nothing_learnt")
    warning = str(note)
    assert warning.startswith("The model learnt nothing: it is right about 3")
    assert "right about 33.7%. Likely causes" in warning
    assert "--set compile.optimizer.learning_rate=100" in warning
    assert f"Warning: {warning}" in capsys.readouterr().err
    assert "The model learnt nothing" in (run.path / "report.html").read_text().partition("<h2>")[0]


def test_a_training_that_learns_has_no_warning(run):
    assert not run.record.notes_about("result", "warning")


def test_runs_inside_the_data_are_no_data(dataset, recipe_file, tmp_path, monkeypatch):
    """Trained in the data's own folder, twice, and once into a class folder: the data stays the same."""
    monkeypatch.chdir(tmp_path)
    for number, (image, label) in enumerate(zip(dataset.train.images[:60], dataset.train.labels, strict=False)):
        folder = tmp_path / dataset.class_names[label]
        folder.mkdir(exist_ok=True)
        Image.fromarray(image[..., 0]).save(folder / f"{number}.png")
    runs = [
        tenfold.train(".", recipe_file, epochs=1, out=out, verbose=0) for out in (None, None, tmp_path / "top" / "r")
    ]
    data = [json.loads((run.path / "run.json").read_text())["data"] for run in runs]
    assert len({entry["fingerprint"] for entry in data}) == 1
    assert data[2]["classes"] == ["bottom", "middle", "top"]
    assert str(runs[2].record.notes[0]) == "Not used, being written by Tenfold: runs/."
    assert evaluate("last").accuracy == runs[1].metrics.accuracy
