"""The first nodes of a network: images that are plainly negatives of the training images are inverted."""

import math

import numpy as np
import onnx

from tenfold.classifier.onnx_graph import Graph
from tenfold.classifier.polarity import (
    DARK_GROUND,
    LEAST_DIFFERENCE,
    LIGHT_GROUND,
    PLAIN_LEVELS,
    PLAIN_SHARE,
    Polarity,
    inner_pixels,
)


def add_inversion(graph: Graph, pixels: str, image_shape: tuple[int, int, int], polarity: Polarity) -> str:
    """Add `is_negative` as nodes, and what inverts the images that it finds.

    Args:
        graph: The graph; nodes are added under the scope "negatives".
        pixels: The name of the images, float32 [n, height, width, channels], 0…255.
        image_shape: Height, width and channels.
        polarity: Of the training images, not "none".

    Returns:
        The name of the images of which none is a negative.
    """
    height, width, channels = image_shape
    if min(height, width) < 3:
        return pixels
    scope, graph.scope = graph.scope, "negatives"
    inside = inner_pixels(height, width).reshape(-1)
    positions = np.arange(height * width)
    grey = graph.add("ReduceMean", [pixels], axes=[3], keepdims=0) if channels > 1 else pixels
    rows = graph.add("Flatten", [grey])
    border = graph.add("Gather", [rows, graph.constant("border", positions[~inside], np.int64)], axis=1)
    rest = graph.add("Gather", [rows, graph.constant("inside", positions[inside], np.int64)], axis=1)

    count = int((~inside).sum())  # always even: the median is the mean of the two in the middle
    upper_half = graph.constant("upper_half", [count // 2 + 1], np.int64)
    first, end, axis = (graph.constant(f"number_{n}", [n], np.int64) for n in (count // 2 - 1, count // 2 + 1, 1))
    largest = graph.add("TopK", [border, upper_half])
    graph.nodes[-1].output.append(f"{largest}_positions")  # nobody asks for them, but TopK gives two outputs
    middle = graph.add("Slice", [largest, first, end, axis])
    ground = graph.add("ReduceMean", [middle], axes=[1])

    distance = graph.add("Abs", [graph.add("Sub", [border, ground])])
    alike = graph.add("LessOrEqual", [distance, graph.constant("plain_levels", PLAIN_LEVELS)])
    alike = graph.add("ReduceSum", [graph.add("Cast", [alike], to=onnx.TensorProto.FLOAT), axis])
    plain = graph.add("GreaterOrEqual", [alike, graph.constant("plain", math.ceil(PLAIN_SHARE * count))])

    difference = graph.add("Sub", [graph.add("ReduceMean", [rest], axes=[1]), ground])
    if polarity == "light-on-dark":
        light_or_dark = graph.add("GreaterOrEqual", [ground, graph.constant("light_ground", LIGHT_GROUND)])
        inked = graph.add("LessOrEqual", [difference, graph.constant("least_difference", -LEAST_DIFFERENCE)])
    else:
        light_or_dark = graph.add("LessOrEqual", [ground, graph.constant("dark_ground", DARK_GROUND)])
        inked = graph.add("GreaterOrEqual", [difference, graph.constant("least_difference", LEAST_DIFFERENCE)])
    negative = graph.add("And", [graph.add("And", [plain, light_or_dark]), inked])
    of_images = graph.add("Reshape", [negative, graph.constant("of_images", [-1, 1, 1, 1], np.int64)])
    inverted = graph.add("Sub", [graph.constant("white", 255), pixels])
    graph.scope, chosen = scope, graph.add("Where", [of_images, inverted, pixels])
    return chosen
