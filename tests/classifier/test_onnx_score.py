from dataclasses import replace

import numpy as np
import onnx
import pytest

from tenfold.classifier.classifier import load_onnx
from tenfold.classifier.distance import fit_class_distance
from tenfold.classifier.onnx_score import MAX_WIDTH, hidden_values, strangeness
from tenfold.classifier.onnx_writer import onnx_network, write_onnx
from tenfold.errors import ModelError
from tenfold.keras_on_jax import keras
from tenfold.models.averaging import average_networks
from tenfold.recipes.settings import Averaging

NETWORK = [
    {"layer": "Conv2D", "filters": 3, "kernel_size": 2, "activation": "relu"},
    {"layer": "Flatten"},
    {"layer": "Dense", "units": 8, "activation": "gelu"},
    {"layer": "Dense", "units": 5, "activation": "relu"},
    {"layer": "Dropout", "rate": 0.5},
    {"layer": "Dense", "units": "classes", "activation": "softmax"},
]
SHAPE = (5, 4, 3)
IMAGES = np.random.default_rng(0).integers(0, 256, (300, *SHAPE), dtype=np.uint8)
LABELS = (np.arange(300) % 3).astype(np.int32)


def test_hidden_values_are_those_that_enter_the_last_two_dense_layers(network_model, make_metadata):
    model = network_model(NETWORK, SHAPE)
    probabilities, values = hidden_values(onnx_network(model, make_metadata(model)), IMAGES)
    np.testing.assert_allclose(probabilities, np.asarray(model(IMAGES)), atol=1e-5)
    assert [value.shape for value in values.values()] == [(300, 5), (300, 8)]  # the image enters the only convolution
    last = model.layers[-1]
    logits = np.log(probabilities)
    expected = next(iter(values.values())) @ np.asarray(last.kernel) + np.asarray(last.bias)
    np.testing.assert_allclose(expected - expected[:, :1], logits - logits[:, :1], atol=1e-3)


def test_the_output_score_is_the_mean_of_the_distances_and_the_surprise(network_model, make_metadata, tmp_path):
    model = network_model(NETWORK, SHAPE)
    metadata = make_metadata(model)
    _, values = hidden_values(onnx_network(model, metadata), IMAGES)
    distances = {name: fit_class_distance(value, LABELS).standardised(value) for name, value in values.items()}
    write_onnx(model, tmp_path / "model.onnx", replace(metadata, rejection_threshold=1.0), distances)
    probabilities, scores = load_onnx(tmp_path / "model.onnx").probabilities_and_scores(IMAGES)
    np.testing.assert_allclose(probabilities, np.asarray(model(IMAGES)), atol=1e-5)
    distance = sum(distances[name](value) for name, value in values.items()) / len(values)
    np.testing.assert_allclose(scores, distance - np.log(probabilities.max(axis=1)), atol=2e-3)
    np.testing.assert_allclose(scores, strangeness(probabilities, values, distances), atol=2e-3)


def test_of_maps_mean_and_deviation_over_all_positions_count_but_never_those_of_the_image(
    network_model, make_metadata, tmp_path
):
    network = [
        {"layer": "Conv2D", "filters": 3, "kernel_size": 2, "activation": "relu"},
        {"layer": "Conv2D", "filters": 4, "kernel_size": 2, "activation": "relu"},
        {"layer": "Conv2D", "filters": 6, "kernel_size": 2, "padding": "same"},
        {"layer": "GlobalAveragePooling2D"},
        {"layer": "Dense", "units": "classes", "activation": "softmax"},
    ]
    model = network_model(network, SHAPE)
    metadata = make_metadata(model)
    proto = onnx_network(model, metadata)
    _, values = hidden_values(proto, IMAGES)
    layers = [layer for layer in model.layers if "conv" in layer.name]
    maps = keras.Model(model.inputs[0], [layer.output for layer in layers])(IMAGES)
    first, second, last = (
        np.concatenate([array.mean(axis=(1, 2)), array.std(axis=(1, 2))], axis=1) for array in map(np.asarray, maps)
    )
    expected = [last[:, :6], last, second, first]  # what enters the dense layer, the pooling, and two convolutions
    for found, known in zip(values.values(), expected, strict=True):
        np.testing.assert_allclose(found, known, rtol=1e-3, atol=1e-4)
    distances = {name: fit_class_distance(value, LABELS).standardised(value) for name, value in values.items()}
    write_onnx(model, tmp_path / "model.onnx", replace(metadata, rejection_threshold=1.0), distances)
    probabilities, scores = load_onnx(tmp_path / "model.onnx").probabilities_and_scores(IMAGES)
    np.testing.assert_allclose(scores, strangeness(probabilities, values, distances), atol=1e-2)
    _, again = hidden_values(onnx.load(tmp_path / "model.onnx"), IMAGES)
    assert again.keys() == values.keys()


def test_of_several_networks_and_copies_the_first_network_counts_for_the_image_itself(network_model, make_metadata):
    networks = [network_model(NETWORK, SHAPE) for _ in range(2)]
    networks[1].set_weights([weight + 0.1 for weight in networks[0].get_weights()])
    for number, network in enumerate(networks):
        network.name = f"network_{number}"
    mean = average_networks(networks, Averaging(shift=1), "mean")
    _, alone = hidden_values(onnx_network(networks[0], make_metadata(networks[0])), IMAGES)
    _, together = hidden_values(onnx_network(mean, make_metadata(mean)), IMAGES)
    for found, expected in zip(together.values(), alone.values(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_layers_without_a_usable_width_take_no_part(network_model, make_metadata):
    flat = [{"layer": "Flatten"}, {"layer": "Dense", "units": "classes", "activation": "softmax"}]
    model = network_model(flat, (1, MAX_WIDTH + 1, 1))
    _, values = hidden_values(onnx_network(model, make_metadata(model)), np.zeros((2, 1, MAX_WIDTH + 1, 1), np.uint8))
    assert values == {}


def test_a_threshold_without_a_score_is_refused(network_model, make_metadata, tmp_path):
    model = network_model(NETWORK, SHAPE)
    write_onnx(model, tmp_path / "model.onnx", replace(make_metadata(model), rejection_threshold=1.0))
    with pytest.raises(ModelError, match=r"with a rejection_threshold in its metadata .*'score'"):
        load_onnx(tmp_path / "model.onnx")
