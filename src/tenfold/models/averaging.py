"""Several networks, and several copies of an image, as one model: the mean of their probabilities."""

from collections.abc import Sequence
from typing import Any

from tenfold.keras_on_jax import keras
from tenfold.recipes.settings import Averaging


def average_networks(networks: Sequence[Any], averaging: Averaging, name: str) -> Any:
    """Build the model that gives the mean of what networks make of an image and of its copies.

    Args:
        networks: Compiled Keras models of one input shape, [n, height, width, channels] to probabilities
            [n, classes], with different names. The model shares their weights.
        averaging: Which copies of an image the networks see.
        name: The model's name.

    Returns:
        `keras.Model` of what Keras itself brings along; it takes uint8 images, as the networks do. It is compiled for
        evaluation, with the loss of the networks.
    """
    images = keras.Input(networks[0].input_shape[1:], dtype="uint8", name="images")
    copies = [images, *_moved(images, averaging.shift)]
    if averaging.mirrored:
        copies += [keras.ops.flip(copy, axis=2) for copy in copies]
    # Without their optimisers, whose state would be saved as well.
    bare = [keras.Model(network.inputs, network.outputs[0], name=network.name) for network in networks]
    outputs = [network(copy) for network in bare for copy in copies]
    average = keras.layers.Average(name="average")(outputs) if len(outputs) > 1 else outputs[0]
    model = keras.Model(images, average, name=name)
    model.compile(optimizer="sgd", loss=networks[0].loss, metrics=["accuracy"])
    return model


def _moved(images: Any, pixels: int) -> list[Any]:
    """Images moved up, down, left and right, whose outermost rows and columns are repeated."""
    if not pixels:
        return []
    wide = keras.ops.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0)), mode="edge")
    near, middle, far = (0, 2 * pixels), (pixels, pixels), (2 * pixels, 0)
    moves = {"up": (far, middle), "down": (near, middle), "left": (middle, far), "right": (middle, near)}
    return [keras.layers.Cropping2D(cropping, name=f"moved_{way}")(wide) for way, cropping in moves.items()]
