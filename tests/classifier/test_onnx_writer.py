from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from tenfold.classifier.onnx_writer import onnx_network, write_onnx
from tenfold.errors import ModelError
from tenfold.keras_on_jax import keras
from tenfold.models.averaging import average_networks
from tenfold.recipes.settings import Averaging

NETWORK = [
    {"layer": "Conv2D", "filters": 3, "kernel_size": 2, "activation": "relu"},
    {"layer": "ResidualBlock", "filters": 3},
    {"layer": "Flatten"},
    {"layer": "Dense", "units": "classes", "activation": "softmax"},
]


def dense_model(*ends: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((3, 2, 1)), keras.layers.Flatten(), *ends])


def test_raw_bytes_go_in_and_probabilities_come_out(network_model, make_metadata):
    model = network_model(NETWORK, (5, 4, 3), classes=6)
    proto = onnx_network(model, make_metadata(model))
    (images,), (probabilities,) = proto.graph.input, proto.graph.output
    assert images.name == "images"
    assert images.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    batch, *rest = images.type.tensor_type.shape.dim
    assert batch.dim_param == "n" and [size.dim_value for size in rest] == [5, 4, 3]
    assert probabilities.name == "probabilities"
    assert probabilities.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert probabilities.type.tensor_type.shape.dim[1].dim_value == 6
    assert (proto.ir_version, proto.opset_import[0].version) == (8, 17)


def test_metadata_stands_beside_the_graph(network_model, make_metadata, tmp_path: Path):
    model = network_model(NETWORK, (5, 4, 3), classes=2)
    metadata = replace(make_metadata(model), class_names=("猫", "狗"))
    write_onnx(model, tmp_path / "model.onnx", metadata)
    properties = {entry.key: entry.value for entry in onnx.load(tmp_path / "model.onnx").metadata_props}
    assert properties["class_names"] == '["猫", "狗"]'
    assert properties["image_shape"] == "[5, 4, 3]"


def test_the_same_network_gives_the_same_bytes(network_model, make_metadata, tmp_path: Path):
    for name in ("first", "second"):  # Keras numbers the layers of the second model differently
        model = network_model(NETWORK, (5, 4, 3))
        write_onnx(model, tmp_path / name, make_metadata(model))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_images_enter_convolutions_through_one_transposition(network_model, make_metadata):
    model = network_model(NETWORK, (5, 4, 3))
    operators = [node.op_type for node in onnx_network(model, make_metadata(model)).graph.node]
    assert operators[:4] == ["Cast", "Mul", "Transpose", "Conv"]
    assert operators.count("Transpose") == 2  # the other: back to Keras's order before Flatten


def test_rescaling_by_channel_and_offset(random_weights, assert_parity):
    scaling = keras.layers.Rescaling([1 / 255, 1 / 128, 1 / 64], offset=[-0.5, 0.0, 0.5])
    layers = [scaling, keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input((3, 2, 3)), *layers])
    random_weights(model)
    assert_parity(model)


def test_a_network_that_ends_in_logits_gets_a_softmax(random_weights, assert_parity):
    model = dense_model(keras.layers.Dense(4), keras.layers.Rescaling(0.01))
    random_weights(model)
    assert_parity(model, softmax=True)


def test_a_network_that_ends_in_softmax_and_dropout_gets_no_other(random_weights, assert_parity):
    model = dense_model(
        keras.layers.Rescaling(0.01), keras.layers.Dense(4, activation="softmax"), keras.layers.Dropout(0.5)
    )
    random_weights(model)
    assert_parity(model)


def test_models_within_models_and_shared_layers(random_weights, assert_parity):
    shared = keras.layers.Conv2D(2, 3, padding="same", activation="relu")
    block = keras.Sequential([keras.Input((4, 5, 2)), shared, keras.layers.BatchNormalization()])
    inputs = keras.Input((4, 5, 3), dtype="uint8")
    start = keras.layers.Conv2D(2, 1)(keras.layers.Rescaling(1 / 255)(inputs))
    outputs = keras.layers.Add()([block(start), shared(start), block(block(start))])
    head = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")])
    model = keras.Model(inputs, head(outputs))
    random_weights(model)
    assert_parity(model)


def test_averaged_networks_and_copies_share_their_constants(network_model, make_metadata, assert_parity):
    networks = [network_model(NETWORK, (5, 4, 3)) for _ in range(2)]
    networks[1].set_weights([weight + 0.1 for weight in networks[0].get_weights()])
    for number, network in enumerate(networks):
        network.name = f"network_{number}"
    model = average_networks(networks, Averaging(shift=1, mirrored=True), "mean")
    assert_parity(model)
    alone, together = (len(onnx_network(one, make_metadata(one)).graph.initializer) for one in (networks[0], model))
    # Beside the weights: the moves' and the mirror's begins, ends, axes and steps.
    assert together < 2 * alone + 20


def test_averages_of_logits_get_a_softmax_and_mixed_ones_are_refused(make_metadata, random_weights, assert_parity):
    images = keras.Input((3, 2, 1))
    flat = keras.layers.Flatten()(images)
    logits = [keras.layers.Dense(4)(flat) for _ in range(2)]
    model = keras.Model(images, keras.layers.Average()(logits))
    random_weights(model)
    assert_parity(model, softmax=True)
    mixed = keras.layers.Average()([logits[0], keras.layers.Activation("softmax")(logits[1])])
    with pytest.raises(ModelError, match="averages probabilities with other values"):
        onnx_network(keras.Model(images, mixed), make_metadata(model))


def test_padding_with_anything_but_the_edge_is_refused(make_metadata):
    images = keras.Input((3, 2, 1))
    padded = keras.ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    model = keras.Model(images, keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(padded)))
    with pytest.raises(ModelError, match=r'keras.ops.pad with mode="edge" only, not \'constant\''):
        onnx_network(model, make_metadata(model))


def test_other_ends_are_refused(make_metadata):
    model = dense_model(keras.layers.Dense(4, activation="sigmoid", name="last"))
    with pytest.raises(ModelError, match=r"ends in sigmoid \(last\).* activation = \"softmax\""):
        onnx_network(model, make_metadata(model))


def test_shapes_that_differ_from_the_metadata_are_refused(make_metadata):
    model = dense_model(keras.layers.Dense(4, activation="softmax"))
    metadata = replace(make_metadata(model), class_names=("a", "b"))
    with pytest.raises(ModelError, match=r"goes 3×2×1 → 4, .* expected images 3×2×1 → 2 classes"):
        onnx_network(model, metadata)


def test_models_without_a_known_input_are_refused(make_metadata):
    known = make_metadata(dense_model(keras.layers.Dense(4, activation="softmax")))
    with pytest.raises(ModelError, match=r"Sequential .* is not built from layers with a known input"):
        onnx_network(keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)]), known)


def test_nothing_is_left_when_writing_fails(make_metadata, tmp_path: Path):
    model = dense_model(keras.layers.Dense(4, activation="sigmoid"))
    with pytest.raises(ModelError):
        write_onnx(model, tmp_path / "model.onnx", make_metadata(model))
    assert list(tmp_path.iterdir()) == []


def test_weights_are_written_as_float32_whatever_keras_computes_in(random_weights, make_metadata):
    model = dense_model(keras.layers.Dense(4, activation="softmax", dtype="mixed_bfloat16"))
    random_weights(model)
    proto = onnx_network(model, make_metadata(model))
    kernel = onnx.numpy_helper.to_array(proto.graph.initializer[0])
    assert kernel.dtype == np.float32
    np.testing.assert_array_equal(kernel, np.asarray(model.layers[1].kernel))
