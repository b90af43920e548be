"""BatchNormalization's moving averages, computed anew for weights that were not trained step by step.

Averaged weights are those of no step: the statistics that were gathered along the way belong to others.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tenfold.keras_on_jax import keras
from tenfold.kernels.fast_layers import fast_layers
from tenfold.types import Images

_MOST_BATCHES = 200


def recompute_moving_averages(model: Any, images: Images, batch_size: int) -> None:
    """Pass over images with the weights as they are, and keep the mean and the variance that each layer sees.

    Args:
        model: A built Keras model; one without BatchNormalization is left alone.
        images: Training images [n, height, width, channels]; the first batches of them are used.
        batch_size: Images for each pass; a smaller last batch is left out.
    """
    momenta = _momenta(model)
    batches = min(len(images) // batch_size, _MOST_BATCHES)
    if not momenta or not batches:
        return
    data = jnp.asarray(images[: batches * batch_size])
    trainable = [variable.value for variable in model.trainable_variables]
    before = [variable.value for variable in model.non_trainable_variables]
    empty = [jnp.zeros_like(value) if number in momenta else value for number, value in enumerate(before)]

    def step(index: Any, state: Any) -> Any:
        batch = lax.dynamic_slice_in_dim(data, index * batch_size, batch_size)
        return model.stateless_call(trainable, state, batch, training=True)[1]

    with fast_layers(model):
        after = jax.jit(lambda state: lax.fori_loop(0, batches, step, state))(empty)
    for number, momentum in momenta.items():
        # An average that begins at 0 has come this far.
        model.non_trainable_variables[number].assign(np.asarray(after[number]) / (1 - momentum**batches))


def _momenta(model: Any) -> dict[int, float]:
    """The momentum of each moving average, by its place among the model's variables that are not trained."""
    places = {id(variable): number for number, variable in enumerate(model.non_trainable_variables)}
    return {
        places[id(variable)]: layer.momentum
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
        for variable in (layer.moving_mean, layer.moving_variance)
    }
