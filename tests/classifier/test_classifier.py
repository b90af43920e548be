from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from tenfold.classifier import classifier as classifier_module
from tenfold.classifier.classifier import Classifier, Prediction, load_onnx
from tenfold.errors import ImageError, ModelError

DARK = np.zeros((4, 6, 1), np.uint8)
LIGHT = np.full((4, 6, 1), 255, np.uint8)
SURE = np.exp(4) / (np.exp(4) + np.exp(-4) + np.exp(-12))  # logits 4, -4 and -12


@pytest.fixture
def classifier(brightness_file: Path) -> Classifier:
    return load_onnx(brightness_file)


def test_it_knows_its_classes_and_its_size(classifier: Classifier):
    assert classifier.class_names == ("dark", "light", "never")
    assert classifier.image_shape == (4, 6, 1)
    assert classifier.metadata.recipe == "test"


def test_each_image_gives_one_prediction(classifier: Classifier):
    prediction, other = classifier.predict_prepared(np.stack([LIGHT, DARK]))
    assert isinstance(prediction, Prediction)
    assert (prediction.label, other.label) == ("light", "dark")
    assert prediction.probability == pytest.approx(SURE, abs=1e-6)
    assert [name for name, _ in prediction.top] == ["light", "dark", "never"]
    assert sum(probability for _, probability in prediction.top) == pytest.approx(1, abs=1e-6)


def test_the_most_probable_are_listed_at_most_five(make_metadata, tmp_path: Path, brightness_file: Path):
    proto = onnx.load(brightness_file)
    kernel, bias = proto.graph.initializer[1], proto.graph.initializer[2]
    kernel.CopyFrom(numpy_helper.from_array(np.zeros((24, 7), np.float32), kernel.name))
    bias.CopyFrom(numpy_helper.from_array(np.float32([0, 1, 6, 2, 5, 3, 4]), bias.name))
    proto.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 7
    for entry in proto.metadata_props:
        if entry.key == "class_names":
            entry.value = '["a", "b", "c", "d", "e", "f", "g"]'
    onnx.save(proto, tmp_path / "seven.onnx")
    assert [name for name, _ in load_onnx(tmp_path / "seven.onnx").predict_prepared(DARK[np.newaxis])[0].top] == list(
        "cegfd"
    )


def test_probabilities_of_more_images_than_run_at_once(classifier: Classifier, monkeypatch: pytest.MonkeyPatch):
    images = np.random.default_rng(0).integers(0, 256, (23, 4, 6, 1), dtype=np.uint8)
    whole = classifier.probabilities(images)
    monkeypatch.setattr(classifier_module, "_VALUES_AT_ONCE", 5 * 24)
    np.testing.assert_allclose(classifier.probabilities(images), whole, rtol=0, atol=1e-7)
    assert whole.shape == (23, 3) and whole.dtype == np.float32
    assert classifier.probabilities(images[:0]).shape == (0, 3)


def test_probabilities_refuses_what_does_not_fit(classifier: Classifier):
    with pytest.raises(ImageError, match=r"Found float64 \[1, 4, 6, 1\]; expected uint8 \['n', 4, 6, 1\]"):
        classifier.probabilities(np.zeros((1, 4, 6, 1)))
    with pytest.raises(ImageError, match=r"Found uint8 \[4, 6, 1\]"):
        classifier.probabilities(DARK)
    with pytest.raises(ImageError, match=r"Found int64 \[1, 2\]"):
        classifier.probabilities([[0, 255]])


def test_a_run_folder_is_its_model(brightness_file: Path, tmp_path: Path):
    with pytest.raises(ModelError, match=r"holds no model\.onnx"):
        load_onnx(tmp_path)
    (tmp_path / "model.onnx").write_bytes(brightness_file.read_bytes())
    assert load_onnx(str(tmp_path)).class_names == ("dark", "light", "never")


def changed(brightness_file: Path, path: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    proto = onnx.load(brightness_file)
    change(proto)
    path.write_bytes(proto.SerializeToString())
    return path


def test_files_without_metadata_are_refused(brightness_file: Path, tmp_path: Path):
    path = changed(brightness_file, tmp_path / "bare.onnx", lambda proto: proto.ClearField("metadata_props"))
    with pytest.raises(ModelError, match=r"bare\.onnx: its metadata lacks class_names, image_shape"):
        load_onnx(path)


def test_networks_that_differ_from_their_metadata_are_refused(brightness_file: Path, tmp_path: Path):
    def name_two(proto: onnx.ModelProto) -> None:
        next(entry for entry in proto.metadata_props if entry.key == "class_names").value = '["a", "b"]'

    path = changed(brightness_file, tmp_path / "two.onnx", name_two)
    with pytest.raises(ModelError, match=r"expected .*'probabilities', 'tensor\(float\)', \[2\]"):
        load_onnx(path)


def test_networks_that_do_not_fit_together_are_refused(brightness_file: Path, tmp_path: Path):
    def cut(proto: onnx.ModelProto) -> None:
        del proto.graph.node[1]

    with pytest.raises(ModelError, match="ONNX Runtime cannot load it"):
        load_onnx(changed(brightness_file, tmp_path / "cut.onnx", cut))


def test_values_that_are_no_numbers_are_refused(brightness_file: Path, tmp_path: Path):
    def poison(proto: onnx.ModelProto) -> None:
        bias = proto.graph.initializer[2]
        bias.CopyFrom(numpy_helper.from_array(np.float32([np.nan, 0, 0]), bias.name))

    classifier = load_onnx(changed(brightness_file, tmp_path / "nan.onnx", poison))
    with pytest.raises(ModelError, match="not all of them probabilities"):
        classifier.predict_prepared(DARK[np.newaxis])


def test_values_that_are_no_probabilities_are_refused(brightness_file: Path, tmp_path: Path):
    def leave_out_softmax(proto: onnx.ModelProto) -> None:
        softmax = proto.graph.node[-1]
        softmax.CopyFrom(helper.make_node("Relu", softmax.input, softmax.output))

    classifier = load_onnx(changed(brightness_file, tmp_path / "logits.onnx", leave_out_softmax))
    with pytest.raises(ModelError, match="from 0 to 1, which sum to 1"):
        classifier.predict_prepared(DARK[np.newaxis])


def test_threads_may_share_one(classifier: Classifier):
    images = np.random.default_rng(0).integers(0, 256, (400, 4, 6, 1), dtype=np.uint8)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(classifier.probabilities, [images] * 16))
    for probabilities in found:
        np.testing.assert_array_equal(probabilities, classifier.probabilities(images))


def test_a_network_that_asks_for_much_memory_is_stopped(brightness_file: Path, tmp_path: Path):
    def swell(proto: onnx.ModelProto) -> None:
        """Add a column to a row, 50,000 long each, and their largest sum (out of 10 GB) to the logits."""
        for name, shape in (("column", (1, 1, 50_000, 1)), ("row", (1, 1, 1, 50_000))):
            proto.graph.initializer.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
        softmax = proto.graph.node[-1]
        bomb = [
            helper.make_node("Add", ["column", "row"], ["sums"]),
            helper.make_node("GlobalMaxPool", ["sums"], ["largest"]),
            helper.make_node("Flatten", ["largest"], ["zero"]),
            helper.make_node("Add", [softmax.input[0], "zero"], ["logits"]),
        ]
        softmax.input[0] = "logits"
        for node in bomb:
            proto.graph.node.insert(len(proto.graph.node) - 1, node)

    path = changed(brightness_file, tmp_path / "bomb.onnx", swell)
    with pytest.raises(ModelError, match=r"bomb\.onnx: .*memory"):
        load_onnx(path).predict_prepared(DARK[np.newaxis])
