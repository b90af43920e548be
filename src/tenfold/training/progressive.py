"""Progressive resizing (Howard, DAWNBench 2018): the first epochs see smaller images, which are learnt from sooner."""

from typing import Any

from tenfold.data.image_file import resize_images
from tenfold.types import Images


def smaller_shape(image_shape: tuple[int, int, int], scale: float) -> tuple[int, int, int]:
    """The shape of images at so much of their height and width."""
    height, width, channels = image_shape
    return max(1, round(scale * height)), max(1, round(scale * width)), channels


def smaller_images(images: Images, scale: float) -> Images:
    """Images [n, height, width, channels] at so much of their height and width."""
    height, width, channels = smaller_shape(images.shape[1:], scale)
    return resize_images(images, (height, width), channels)


def go_on_from(trained: Any, model: Any) -> None:
    """Give a compiled Keras model the weights and the optimiser's state of another one of the same layers."""
    model.set_weights(trained.get_weights())
    model.optimizer.build(model.trainable_variables)
    for ours, theirs in zip(model.optimizer.variables, trained.optimizer.variables, strict=True):
        ours.assign(theirs)
