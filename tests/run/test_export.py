"""model.onnx gives what the Keras model gives, or is not written."""

import pytest

import tenfold
from tenfold.errors import ParityError
from tenfold.keras_on_jax import keras
from tenfold.run.export import save_uncalibrated_onnx
from tenfold.run.plan import make_plan
from tenfold.run.run_folder import RunFolder
from tenfold.run.stopwatch import Stopwatch

DISAGREES = r"another label for .* of 90 test images.*The rest of the run is kept in"


@pytest.fixture
def disagreeing(monkeypatch):
    """From here on, Keras gives the classes' probabilities in reverse order."""
    agreed = keras.Model.predict_on_batch
    return lambda: monkeypatch.setattr(keras.Model, "predict_on_batch", lambda *given: agreed(*given)[:, ::-1])


def test_a_file_that_disagrees_is_not_written_and_the_rest_is_kept(dataset, recipe_file, tmp_path, disagreeing):
    disagreeing()
    with pytest.raises(ParityError, match=DISAGREES):
        tenfold.train(dataset, recipe_file, epochs=1, out=tmp_path / "run", verbose=0)
    folder = RunFolder(tmp_path / "run")
    assert not folder.onnx_model.exists()
    assert folder.keras_model.exists() and folder.weights.exists()


def test_nor_is_that_of_a_training_that_was_cut_short(dataset, recipe_file, tmp_path, disagreeing):
    run = tenfold.train(dataset, recipe_file, epochs=1, out=tmp_path / "run", verbose=0)
    plan = make_plan(dataset, run.recipe, Stopwatch())
    folder, model = RunFolder(run.path), keras.saving.load_model(run.path / "model.keras")
    folder.onnx_model.unlink()
    assert 0 <= save_uncalibrated_onnx(model, plan, folder) < 1e-5
    folder.onnx_model.unlink()
    disagreeing()
    with pytest.raises(ParityError, match=DISAGREES):
        save_uncalibrated_onnx(model, plan, folder)
    assert not folder.onnx_model.exists()
