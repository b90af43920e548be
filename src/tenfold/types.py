"""Names for the arrays that travel through Tenfold, with their shapes.

`n` images of `height` × `width` pixels with `channels` values each (1 grey, 3 colour), of `classes` classes.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Float32 as Float32
    from jaxtyping import Int as Int
    from jaxtyping import Int32 as Int32
    from jaxtyping import UInt8 as UInt8
else:

    class _Shaped:
        """`Float[np.ndarray, "n"]` is np.ndarray: jaxtyping takes long to load, and a prediction has no time for it."""

        def __class_getitem__(cls, array_and_shape: tuple[type, str]) -> type:
            return array_and_shape[0]

    Bool = Float = Float32 = Int = Int32 = UInt8 = _Shaped

Images = UInt8[np.ndarray, "n height width channels"]
"""Pixels 0…255."""

Image = UInt8[np.ndarray, "height width channels"]

Greys = Float32[np.ndarray, "n height width"]
"""0…255."""

Labels = Int32[np.ndarray, " n"]
"""Class numbers, 0…classes-1."""

Groups = Int32[np.ndarray, " n"]
"""Numbers of groups: images of one group belong together, and no cut separates them."""

Probabilities = Float32[np.ndarray, "n classes"]
"""0…1; each row sums to 1."""

Scores = Float32[np.ndarray, " n"]
"""How far images lie from what a network was trained on; 0 is usual, higher is farther."""

Accepted = Bool[np.ndarray, " n"]
"""Whether images get a label; those that do not are none of the classes."""

Losses = Float[np.ndarray, " n"]
"""Cross-entropy of each image in nats; 0 is best."""

ConfusionCounts = Int[np.ndarray, "classes classes"]
"""Entry [i, j]: images of class i that were taken for class j."""

Indices = Int[np.ndarray, " k"]
"""Positions of images within a data set."""
