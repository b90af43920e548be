"""BatchNormalization's moving averages, computed anew where those that were gathered along the way do not fit.

Averaged weights are those of no step: the statistics belong to others. And after few steps, much of the averages is
still what they began with: with Keras's momentum of 0.99, more than half after fifty steps.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tenfold.keras_internals import nested_layers
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
    _recomputation(model, images, batch_size)()


class FreshMovingAverages(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Validates with moving averages that fit the weights, also after few steps.

    Args:
        images: What is trained on, as `recompute_moving_averages` takes it.
        batch_size: Images for each pass.
    """

    def __init__(self, images: Images, batch_size: int) -> None:
        super().__init__()
        self._arguments = images, batch_size
        self._recompute: Callable[[], None] | None = None
        self._first_step = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Steps before are on other images: smaller ones, perhaps."""
        self._first_step = int(self.model.optimizer.iterations)

    def get_state(self) -> int:
        """Which step was the first on images of this size."""
        return self._first_step

    def set_state(self, state: int) -> None:
        """Take it back."""
        self._first_step = state

    def on_test_begin(self, logs: Any = None) -> None:
        """Recompute them, where too much of them is what they began with."""
        if moving_averages_lag(self.model, int(self.model.optimizer.iterations) - self._first_step):
            self._recompute = self._recompute or _recomputation(self.model, *self._arguments)
            self._recompute()


def _recomputation(model: Any, images: Images, batch_size: int) -> Callable[[], None]:
    """What recomputes them; compiled once, however often it is called."""
    momenta, batch_size = _momenta(model), min(batch_size, len(images))
    if not momenta or not batch_size:
        return lambda: None
    batches = min(len(images) // batch_size, _MOST_BATCHES)
    # Folders are read class by class: in that order, a batch would have the statistics of one class alone.
    chosen = np.random.default_rng(0).permutation(len(images))[: batches * batch_size]
    data = jnp.asarray(images[chosen])

    @jax.jit
    def passed(trainable: Any, state: Any, data: Any) -> Any:
        def step(index: Any, state: Any) -> Any:
            batch = lax.dynamic_slice_in_dim(data, index * batch_size, batch_size)
            return model.stateless_call(trainable, state, batch, training=True)[1]

        return lax.fori_loop(0, batches, step, state)

    def recompute() -> None:
        trainable = [variable.value for variable in model.trainable_variables]
        before = [variable.value for variable in model.non_trainable_variables]
        empty = [jnp.zeros_like(value) if number in momenta else value for number, value in enumerate(before)]
        with fast_layers(model):
            after = passed(trainable, empty, data)
        for number, momentum in momenta.items():
            # An average that begins at 0 has come this far.
            model.non_trainable_variables[number].assign(np.asarray(after[number]) / (1 - momentum**batches))

    return recompute


def _momenta(model: Any) -> dict[int, float]:
    """The momentum of each moving average, by its place among the model's variables that are not trained."""
    places = {id(variable): number for number, variable in enumerate(model.non_trainable_variables)}
    return {
        places[id(variable)]: layer.momentum
        for layer in nested_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization)
        for variable in (layer.moving_mean, layer.moving_variance)
    }
