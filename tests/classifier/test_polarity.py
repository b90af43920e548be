import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tenfold.classifier.onnx_graph import Graph
from tenfold.classifier.onnx_polarity import add_inversion
from tenfold.classifier.polarity import grey_levels, is_negative, may_invert_negatives, polarity
from tenfold.onnx_runtime import onnxruntime


def drawn(ground: int, ink: int, count: int = 8) -> np.ndarray:
    """Images with a square of ink on a plain ground."""
    images = np.full((count, 9, 7, 1), ground, np.uint8)
    images[:, 3:6, 2:5] = ink
    return images


def test_polarity_of_drawings():
    assert polarity(drawn(ground=0, ink=255)) == "light-on-dark"
    assert polarity(drawn(ground=255, ink=0)) == "dark-on-light"
    assert polarity(drawn(ground=100, ink=160)) == "light-on-dark"
    assert polarity(np.repeat(drawn(ground=240, ink=30), 3, axis=3)) == "dark-on-light"


def test_polarity_holds_when_some_ink_touches_the_border():
    images = drawn(ground=0, ink=255)
    images[:, 4, :] = 255  # 2 of 28 border pixels
    assert polarity(images) == "light-on-dark"


def test_data_of_both_kinds_or_of_neither_has_no_polarity():
    both = np.concatenate([drawn(0, 255), drawn(255, 0)])
    assert polarity(both) == "none"
    assert polarity(drawn(ground=90, ink=90)) == "none"
    noise = np.random.default_rng(0).integers(0, 256, (50, 9, 7, 1), dtype=np.uint8)
    assert polarity(noise) == "none"
    assert polarity(np.zeros((3, 2, 2, 1), np.uint8)) == "none"


def test_three_quarters_decide():
    assert polarity(np.concatenate([drawn(0, 255, count=6), drawn(255, 0, count=2)])) == "light-on-dark"
    assert polarity(np.concatenate([drawn(0, 255, count=5), drawn(255, 0, count=2)])) == "none"


def test_grey_levels_are_the_mean_of_the_channels():
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 3), dtype=np.uint8)
    assert grey_levels(images) == pytest.approx(images.mean(axis=3), rel=1e-6)
    assert grey_levels(images[..., :1]).tolist() == images[..., 0].tolist()


@pytest.mark.parametrize(
    ("image", "training", "negative"),
    [
        ((240, 20), "light-on-dark", True),
        ((240, 20), "dark-on-light", False),
        ((0, 255), "light-on-dark", False),
        ((0, 255), "dark-on-light", True),
        ((128, 255), "dark-on-light", False),
        ((175, 0), "light-on-dark", False),
        ((176, 0), "light-on-dark", True),
        ((240, 20), "none", False),
        ((0, 0), "dark-on-light", False),
    ],
)
def test_negatives(image, training, negative):
    assert is_negative(drawn(*image), training).tolist() == [negative] * 8


def test_a_border_that_is_not_plain_shows_no_negative():
    images = drawn(255, 0)
    images[:, :, :2] = 0
    assert not is_negative(images, "light-on-dark").any()
    assert not is_negative(images[:, :2], "light-on-dark").any()  # nor one that is all border


def test_a_network_that_has_learnt_negatives_inverts_none():
    assert may_invert_negatives(drawn(0, 255, count=200), "light-on-dark")
    assert may_invert_negatives(np.concatenate([drawn(0, 255, count=199), drawn(255, 0, count=1)]), "light-on-dark")
    assert not may_invert_negatives(np.concatenate([drawn(0, 255, count=90), drawn(255, 0, count=10)]), "light-on-dark")


def inverted_by_onnx(images, training):
    """What the nodes of `add_inversion` make of images."""
    graph = Graph(scope="images")
    pixels = graph.add("Cast", ["images"], to=onnx.TensorProto.FLOAT)
    graph.rename(add_inversion(graph, pixels, images.shape[1:], training), "inverted")
    ends = [("images", onnx.TensorProto.UINT8), ("inverted", onnx.TensorProto.FLOAT)]
    inputs, outputs = (
        [onnx.helper.make_tensor_value_info(name, kind, ["n", *images.shape[1:]])] for name, kind in ends
    )
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "test", inputs, outputs, graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["inverted"], {"images": images})[0]


@st.composite
def pictures(draw):
    """Images of a few greys, many of them near the limits, with noise now and then."""
    height, width, channels = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.sampled_from([1, 3]))
    greys = st.sampled_from([0, 2, 78, 79, 80, 81, 104, 152, 175, 176, 177, 200, 254, 255])
    images = np.empty((4, height, width, channels), np.uint8)
    for image in images:
        image[:] = draw(greys)
        image[1:-1, 1:-1] = draw(greys)
        if draw(st.booleans()):
            image[:] = draw(arrays(np.uint8, image.shape, elements=greys))
    return images


@given(pictures(), st.sampled_from(["light-on-dark", "dark-on-light"]))
def test_the_network_inverts_the_same_images(images, training):
    negative = is_negative(images, training)[:, np.newaxis, np.newaxis, np.newaxis]
    expected = np.where(negative, 255 - images, images)
    if min(images.shape[1:3]) >= 3:
        np.testing.assert_array_equal(inverted_by_onnx(images, training), expected)
    else:
        np.testing.assert_array_equal(expected, images)
