"""model.onnx gives what the Keras model gives, or is not written."""

from dataclasses import replace

import numpy as np
import pytest

import tenfold
from tenfold.errors import ParityError
from tenfold.keras_on_jax import keras
from tenfold.run.learning import Learned, disagreement, save_onnx
from tenfold.run.plan import make_plan
from tenfold.run.provenance import Stopwatch
from tenfold.run.run_folder import RunFolder
from tenfold.training.epoch_log import EpochLog


def test_small_differences_are_rounding_and_large_ones_are_told():
    expected = np.float32([[0.7, 0.3], [0.50009, 0.49991], [0.1, 0.9]])
    assert disagreement(expected, expected + np.float32([[0.00009, -0.00009]])) == ""
    assert disagreement(expected, np.float32([[0.7, 0.3], [0.49995, 0.50005], [0.1, 0.9]])).startswith(
        "another label for 0"
    )
    assert disagreement(expected, expected[:, ::-1]).startswith("another label for 2 of 3 test images")
    close = np.float32([[0.50005, 0.49995]])
    assert disagreement(close, np.float32([[0.49998, 0.50002]])) == ""  # neither was clearly the larger


def test_a_file_that_disagrees_is_not_written_and_the_rest_is_kept(dataset, recipe_file, tmp_path):
    run = tenfold.train(dataset, recipe_file, epochs=1, out=tmp_path / "run", verbose=0)
    plan = make_plan(dataset, run.recipe, 0, Stopwatch())
    folder, model = RunFolder(run.path), keras.saving.load_model(run.path / "model.keras")
    learned = Learned(model, model, EpochLog(at_start=lambda: None), "trained")
    agreed = save_onnx(learned, plan, folder)
    assert 0 <= agreed.onnx_difference < 1e-5
    with pytest.raises(ParityError, match=r"another label for .* of 90 test images.*The rest of the run is kept in"):
        save_onnx(replace(learned, expected=agreed.expected[:, ::-1]), plan, folder)
    assert not folder.onnx_model.exists()
    assert folder.keras_model.exists() and folder.weights.exists()
