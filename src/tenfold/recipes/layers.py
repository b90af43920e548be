"""The layers that a recipe can name: Keras's own, with Keras's arguments, checked before Keras is loaded.

Each class stands for the layer of the same name in `keras.layers`, `ResidualBlock` for a small group of them.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1, strict=True)]
Share = Annotated[float, Field(ge=0, lt=1, strict=True)]
Pair = Count | tuple[Count, Count]
Padding = Literal["valid", "same"]
Activation = Literal[
    "linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid", "softmax"
]
Initializer = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
    "zeros",
    "ones",
]


class Layer(BaseModel):
    """What all layers share: an optional name, shown in summaries."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$",
        description='letters, digits, "_", "-" and "." (not first), such as "first_convolution"',
    )


class Flatten(Layer):
    """All values of an image in one row."""

    layer: Literal["Flatten"]


class Dense(Layer):
    """Every output from every input; `units = "classes"` is one for each class of the data."""

    layer: Literal["Dense"]
    units: Count | Literal["classes"]
    activation: Activation = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"


class Conv2D(Layer):
    """Filters that slide over the image; `filters = "classes"` is one for each class of the data."""

    layer: Literal["Conv2D"]
    filters: Count | Literal["classes"]
    kernel_size: Pair
    strides: Pair = 1
    padding: Padding = "valid"
    activation: Activation = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"


class DepthwiseConv2D(Layer):
    """One filter for each channel."""

    layer: Literal["DepthwiseConv2D"]
    kernel_size: Pair
    strides: Count = 1
    padding: Padding = "valid"
    depth_multiplier: Count = 1
    activation: Activation = "linear"
    use_bias: bool = True


class SeparableConv2D(Layer):
    """A depthwise convolution followed by a 1×1 convolution."""

    layer: Literal["SeparableConv2D"]
    filters: Count
    kernel_size: Pair
    strides: Count = 1
    padding: Padding = "valid"
    activation: Activation = "linear"
    use_bias: bool = True


class MaxPooling2D(Layer):
    """The largest value of each window; windows do not overlap unless `strides` says so."""

    layer: Literal["MaxPooling2D"]
    pool_size: Pair = 2
    strides: Pair | None = None
    padding: Padding = "valid"


class AveragePooling2D(Layer):
    """The mean of each window."""

    layer: Literal["AveragePooling2D"]
    pool_size: Pair = 2
    strides: Pair | None = None
    padding: Padding = "valid"


class GlobalAveragePooling2D(Layer):
    """The mean of each channel over the whole image."""

    layer: Literal["GlobalAveragePooling2D"]


class GlobalMaxPooling2D(Layer):
    """The largest value of each channel over the whole image."""

    layer: Literal["GlobalMaxPooling2D"]


class BatchNormalization(Layer):
    """Each channel shifted and scaled to mean 0 and variance 1 of its batch."""

    layer: Literal["BatchNormalization"]
    momentum: Share = 0.99
    epsilon: Annotated[float, Field(gt=0, strict=True)] = 0.001
    center: bool = True
    scale: bool = True


class ActivationLayer(Layer):
    """An activation on its own, for example after BatchNormalization."""

    layer: Literal["Activation"]
    activation: Activation


class Dropout(Layer):
    """While training, a random share of the values is set to zero."""

    layer: Literal["Dropout"]
    rate: Share


class SpatialDropout2D(Layer):
    """While training, a random share of whole channels is set to zero."""

    layer: Literal["SpatialDropout2D"]
    rate: Share


class ResidualBlock(Layer):
    """Two 3×3 convolutions with batch normalisation, added to their own input (He et al., arXiv 1512.03385).

    Where `strides` or `filters` change the shape, the input passes a normalised 1×1 convolution.
    """

    layer: Literal["ResidualBlock"]
    filters: Count
    strides: Count = 1


AnyLayer = Annotated[
    Flatten
    | Dense
    | Conv2D
    | DepthwiseConv2D
    | SeparableConv2D
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | GlobalMaxPooling2D
    | BatchNormalization
    | ActivationLayer
    | Dropout
    | SpatialDropout2D
    | ResidualBlock,
    Field(discriminator="layer"),
]
