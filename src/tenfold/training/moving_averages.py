"""BatchNormalization's moving averages, computed anew where those that were gathered along the way do not fit.

Averaged weights are those of no step: the statistics belong to others. And after few steps, much of the averages is
still what they began with: with Keras's momentum of 0.99, more than half after fifty steps.
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

_BEGINNING = 0.01
"""Largest share of a moving average that may be what it began with."""


def moving_averages_lag(model: Any, steps: int) -> bool:
    """Whether so many steps of training have left too much of what the averages began with: momentum ^ steps."""
    return any(momentum**steps > _BEGINNING for momentum in _momenta(model).values())


def recompute_moving_averages(model: Any, images: Images, batch_size: int) -> None:
    """Pass over images with the weights as they are, and keep the mean and the variance that each layer sees.

    Args:
        model: A built Keras model; one without BatchNormalization is left alone.
        images: Training images [n, height, width, channels]; at most 200 batches of them, drawn at random, are used.
        batch_size: Images for each pass, or all if they are fewer; a smaller last batch is left out.
    """
    momenta = _momenta(model)
    batch_size = min(batch_size, len(images))
    if not momenta or not batch_size:
        return
    batches = min(len(images) // batch_size, _MOST_BATCHES)
    # Folders are read class by class: in that order, a batch would have the statistics of one class alone.
    chosen = np.random.default_rng(0).permutation(len(images))[: batches * batch_size]
    data = jnp.asarray(images[chosen])
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
