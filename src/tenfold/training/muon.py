"""Muon: momentum whose directions all count alike, for the kernels of convolutions (Jordan et al., 2024)."""

from typing import Any

from tenfold.keras_on_jax import keras

_FEWEST_FILTERS = 8
"""Kernels of fewer filters have hardly any directions; those of depthwise convolutions are no one matrix at all."""

_LONG = 3
"""From this ratio of the sides on, it is quicker to iterate the smaller product of a matrix with itself."""


class ConvolutionMuon(keras.optimizers.Muon):  # type: ignore[misc] # Keras has no types
    """Keras's Muon for kernels of convolutions instead of matrices; dense layers and all else learn as with AdamW.

    A kernel [height, width, channels, filters] counts as a matrix of height × width × channels rows and filters
    columns. The step is about the nearest matrix with orthogonal columns (or rows), by five Newton–Schulz iterations
    which leave singular values between 0.7 and 1.2, times 0.2 √(the longer side): so its values are as large as
    AdamW's steps usually are, and rates and weight decay mean the same (Liu et al., arXiv 2502.16982). It does not
    shrink with the gradient, so that the learning rate has to fall in the end.

    Args:
        learning_rate: As in Keras.
        weight_decay: Decoupled, of all weights.
        arguments: Keras's others, such as `momentum`.
    """

    def __init__(self, learning_rate: Any, weight_decay: float = 0.004, **arguments: Any) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **{"adam_weight_decay": weight_decay} | arguments)

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) != 4 or variable.shape[-1] < _FEWEST_FILTERS

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        """Keras's own, with the kernel as a matrix in between."""
        ops = keras.ops
        self.assign_add(m, gradient + m * (self.momentum - 1))
        ahead = gradient + self.momentum * m if self.nesterov else m
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        step = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, ops.reshape(step, variable.shape))

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Keras's own iterations, X ← (a I + b X Xᵀ + c (X Xᵀ)²) X, with 40 to 60 % of the products for long matrices.

        Each multiplies X from the left by a polynomial of X Xᵀ. So it is enough to iterate the small X Xᵀ and
        the product of the polynomials, which meets X once, at the end.
        """
        ops = keras.ops
        rows, columns = x.shape
        if rows > columns:
            return ops.transpose(self.zeropower_via_newtonschulz5(ops.transpose(x), steps))
        if columns < _LONG * rows:
            return super().zeropower_via_newtonschulz5(x, steps)
        x = x / (ops.norm(x) + 1e-7)
        gram, identity = x @ ops.transpose(x), ops.eye(rows, dtype=x.dtype)
        product = None
        for _ in range(steps):
            polynomial = self.muon_a * identity + self.muon_b * gram + self.muon_c * gram @ gram
            product = polynomial if product is None else polynomial @ product
            gram = polynomial @ gram @ polynomial
        return product @ x


def without_muon(model: Any) -> None:
    """Compile a model that was trained with `ConvolutionMuon` for evaluation, so that plain Keras can load it."""
    if isinstance(model.optimizer, ConvolutionMuon):
        model.compile(optimizer="sgd", loss=model.loss, metrics=["accuracy"])
