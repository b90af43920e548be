"""Muon: momentum whose directions all count alike, for the kernels of convolutions (Jordan et al., 2024)."""

from typing import Any

from tenfold.keras_on_jax import keras


class Muon(keras.optimizers.Muon):  # type: ignore[misc] # Keras has no types
    """Keras's Muon, which takes matrices alone, for kernels of convolutions; everything else learns as with AdamW.

    A kernel [height, width, channels, filters] counts as a matrix of height × width × channels rows and filters
    columns. The step is the nearest matrix with orthogonal columns (or rows), by five Newton–Schulz
    iterations, times 0.2 √(the longer side), which makes its values as large as AdamW's steps are, so that rates and
    weight decay mean the same (Liu et al., arXiv 2502.16982).

    Args:
        learning_rate: As in Keras.
        weight_decay: Decoupled, of all weights.
        momentum: Of the gradients' average.
    """

    def __init__(self, learning_rate: Any, weight_decay: float, momentum: float) -> None:
        super().__init__(
            learning_rate=learning_rate, weight_decay=weight_decay, adam_weight_decay=weight_decay, momentum=momentum
        )

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) != 4

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        """Keras's own, with the kernel as a matrix in between."""
        ops = keras.ops
        self.assign_add(m, gradient + m * (self.momentum - 1))
        ahead = ops.reshape(gradient + self.momentum * m, (-1, variable.shape[-1]))
        step = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        self.assign_sub(variable, ops.reshape(step, variable.shape))

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Keras's own iterations, X ← (a I + b X Xᵀ + c (X Xᵀ)²) X, at a fifth of the cost for long matrices.

        Each multiplies X from the left by a polynomial of X Xᵀ. So it is enough to iterate the small X Xᵀ and
        the product of the polynomials, which meets X once, at the end.
        """
        ops = keras.ops
        if x.shape[0] > x.shape[1]:
            return ops.transpose(self.zeropower_via_newtonschulz5(ops.transpose(x), steps))
        x = x / (ops.norm(x) + 1e-7)
        gram, identity = x @ ops.transpose(x), ops.eye(x.shape[0])
        product = identity
        for _ in range(steps):
            polynomial = self.muon_a * identity + self.muon_b * gram + self.muon_c * gram @ gram
            product, gram = polynomial @ product, polynomial @ gram @ polynomial
        return product @ x


def without_muon(model: Any) -> None:
    """Compile a model that was trained with Muon for evaluation, so that plain Keras can load it."""
    if isinstance(model.optimizer, Muon):
        model.compile(optimizer="sgd", loss=model.loss, metrics=["accuracy"])
