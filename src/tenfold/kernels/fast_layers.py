"""Which layers of a Keras model train on faster operations than XLA's own, and how they are swapped in.

Patterns are looked for in any model: Conv2D, perhaps a ReLU (as argument or layer), perhaps a MaxPooling2D; Dense or
BatchNormalization, perhaps a ReLU; Dropout. They become one block; what it has swallowed passes on what it gets.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from tenfold.keras_internals import replaced_methods
from tenfold.keras_on_jax import keras
from tenfold.kernels import model_layers
from tenfold.kernels.average_pooling import average_pooling
from tenfold.kernels.conv_block import LARGEST_WINDOW, ConvBlock, conv_block
from tenfold.kernels.dense_block import dense_block, noted_kernel_products, twin_dense_block
from tenfold.kernels.dropout import dropout
from tenfold.kernels.max_pooling import max_pooling
from tenfold.kernels.norm_block import norm_block
from tenfold.kernels.optimizer_step import native_update

Call = Callable[..., Any]


@contextmanager
def fast_layers(model: Any) -> Iterator[None]:
    """Inside the block, calling the model traces the fast operations; outside, it is untouched.

    Values and gradients are the stock layers' own, up to rounding. What is not known runs on Keras's path, and so
    does everything on a GPU or TPU, whose own operations are fast.
    """
    methods: dict[tuple[Any, str], Call] = {}
    if jax.default_backend() == "cpu":
        methods |= {(layer, "call"): call for layer, call in _replacements(model).items()}
        optimizer = getattr(model, "optimizer", None)
        if update := native_update(optimizer):
            methods[optimizer, "update_step"] = update
    with replaced_methods(methods), noted_kernel_products():
        yield


def _replacements(model: Any) -> dict[Any, Call]:
    """What each layer of the model computes instead of its own `call`."""
    followers = model_layers.followers(model)
    replacements: dict[Any, Call] = {}
    for layer in model_layers.all_layers(model):
        if layer in replacements or not _has_stock_call(layer):
            continue
        if _is_known_dense(layer):
            replacements |= _dense(layer, followers)
        elif _is_known_convolution(layer):
            replacements |= _block(layer, followers)
        elif _is_known_normalization(layer):
            replacements |= _norm(layer, followers)
        elif _is_known_dropout(layer):
            replacements[layer] = partial(_call_dropout, layer)
        elif _is_known_pooling(layer):
            operation = max_pooling if layer.pool_mode == "max" else average_pooling
            replacements[layer] = partial(operation, pool_size=layer.pool_size, padding=layer.padding)
    return replacements


def _dense(layer: Any, followers: dict[Any, Any]) -> dict[Any, Call]:
    """The dense layer's call, and that of the ReLU after it."""
    activation, swallowed = layer.activation, []
    follower = _swallowable(layer, followers)
    if _is_linear(activation) and _is_relu(follower):
        activation = keras.activations.relu
        swallowed.append(follower)
    relu = activation is keras.activations.relu
    call = partial(_call_dense, layer, relu, None if relu or _is_linear(activation) else activation)
    return {layer: call, **dict.fromkeys(swallowed, _pass_on)}


def _call_dense(layer: Any, relu: bool, activation: Any, inputs: Any, training: bool | None = None) -> Any:
    kernel = keras.ops.convert_to_tensor(layer.kernel)
    bias = keras.ops.convert_to_tensor(layer.bias) if layer.use_bias else jnp.zeros(layer.units, kernel.dtype)
    compute = dense_block if inputs.ndim == 2 else twin_dense_block
    outputs = compute(jnp.asarray(inputs, kernel.dtype), kernel, bias, relu)
    return outputs if activation is None else activation(outputs)


def _norm(layer: Any, followers: dict[Any, Any]) -> dict[Any, Call]:
    """The normalisation's call, and that of the ReLU after it."""
    follower = _swallowable(layer, followers)
    relu = _is_relu(follower)
    call = partial(_call_norm, layer, relu, type(layer).call)
    return {layer: call, **({follower: _pass_on} if relu else {})}


def _call_norm(layer: Any, relu: bool, stock: Call, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    if not (training and layer.trainable) or mask is not None or inputs.dtype != "float32":
        outputs = stock(layer, inputs, training=training, mask=mask)
        return keras.ops.relu(outputs) if relu else outputs
    gamma = keras.ops.convert_to_tensor(layer.gamma) if layer.scale else jnp.ones(inputs.shape[-1], inputs.dtype)
    beta = keras.ops.convert_to_tensor(layer.beta) if layer.center else jnp.zeros(inputs.shape[-1], inputs.dtype)
    outputs, mean, variance = norm_block(inputs, gamma, beta, layer.epsilon, relu)
    for moving, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + new * (1.0 - layer.momentum))
    return outputs


def _call_dropout(layer: Any, inputs: Any, training: bool = False) -> Any:
    return dropout(inputs, layer.seed_generator.next(), layer.rate) if training else inputs


def _block(convolution: Any, followers: dict[Any, Any]) -> dict[Any, Call]:
    """The convolution's call, and those of the layers after it that it takes over."""
    activation, swallowed = convolution.activation, []
    follower = _swallowable(convolution, followers)
    if _is_linear(activation) and _is_relu(follower):
        activation = keras.activations.relu
        swallowed.append(follower)
        follower = _swallowable(follower, followers)
    relu, pooling = activation is keras.activations.relu, ((1, 1), "valid")
    if (relu or _is_linear(activation)) and _is_block_pooling(follower):
        pooling = follower.pool_size, follower.padding
        swallowed.append(follower)
    block = ConvBlock(convolution.strides, convolution.padding, relu, *pooling)
    call = partial(_call_block, convolution, block, None if relu else activation)
    return {convolution: call, **dict.fromkeys(swallowed, _pass_on)}


def _call_block(convolution: Any, block: ConvBlock, activation: Any, inputs: Any) -> Any:
    kernel = keras.ops.convert_to_tensor(convolution.kernel)
    no_bias = jnp.zeros(convolution.filters, kernel.dtype)
    bias = keras.ops.convert_to_tensor(convolution.bias) if convolution.use_bias else no_bias
    maps = conv_block(jnp.asarray(inputs, kernel.dtype), kernel, bias, block)
    return maps if activation is None else activation(maps)


def _pass_on(inputs: Any) -> Any:
    return inputs


def _swallowable(layer: Any, followers: dict[Any, Any]) -> Any:
    """The layer that alone reads another's output; None if something else wants to see that output.

    A follower in another precision rounds before it compares: what was different may be equal then.
    """
    follower = followers.get(layer)
    if getattr(layer, "activity_regularizer", None) is not None or not _has_stock_call(follower):
        return None
    return follower if getattr(follower, "compute_dtype", None) == "float32" else None


def _has_stock_call(layer: Any) -> bool:
    """Whether nobody has given this one layer another `call`, or Keras's hook within it, than its class has."""
    return not {"call", "convolution_op"} & getattr(layer, "__dict__", {}).keys()


def _is_known_convolution(layer: Any) -> bool:
    # Subclasses may compute something else, so the type has to match.
    return (
        type(layer) is keras.layers.Conv2D
        and layer.data_format == "channels_last"
        and layer.groups == 1
        and layer.dilation_rate == (1, 1)
        and layer.compute_dtype == "float32"
    )


def _is_known_dense(layer: Any) -> bool:
    return (
        type(layer) is keras.layers.Dense
        and layer.compute_dtype == "float32"
        and layer.quantization_mode is None
        and not layer.lora_enabled
    )


def _is_known_normalization(layer: Any) -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.compute_dtype == "float32"
        and layer.built
        and layer.axis in (-1, layer.input_spec.ndim - 1)
        and not layer.renorm
        and not layer.synchronized
    )


def _is_known_dropout(layer: Any) -> bool:
    return (
        type(layer) is keras.layers.Dropout
        and layer.compute_dtype == "float32"
        and layer.noise_shape is None
        and 0 < layer.rate < 1
    )


def _is_known_pooling(layer: Any) -> bool:
    return (
        type(layer) in (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
        and layer.data_format == "channels_last"
        and layer.strides == layer.pool_size
        and (layer.pool_mode == "max" or layer.padding == "valid")
    )


def _is_block_pooling(layer: Any) -> bool:
    if type(layer) is not keras.layers.MaxPooling2D or not _is_known_pooling(layer):
        return False
    return bool(layer.pool_size[0] * layer.pool_size[1] <= LARGEST_WINDOW)


def _is_linear(activation: Any) -> bool:
    return activation is None or activation is keras.activations.linear


def _is_relu(layer: Any) -> bool:
    if type(layer) is keras.layers.Activation:
        return layer.activation is keras.activations.relu
    return (
        type(layer) is keras.layers.ReLU
        and layer.max_value is None
        and not layer.negative_slope
        and not layer.threshold
    )
