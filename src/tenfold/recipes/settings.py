"""The schema of a recipe's settings: how a network is compiled and how it is trained."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenfold.recipes.layers import Count, Share

Positive = Annotated[float, Field(gt=0, strict=True)]
NotNegative = Annotated[float, Field(ge=0, strict=True)]
FromZeroToOne = Annotated[float, Field(ge=0, le=1, strict=True)]
AboveZeroToOne = Annotated[float, Field(gt=0, le=1, strict=True)]
BetweenZeroAndOne = Annotated[float, Field(gt=0, lt=1, strict=True)]


class Settings(BaseModel):
    """What all parts of a recipe share: unknown keys, infinity and NaN are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RMSprop(Settings):
    """Keras's RMSprop."""

    name: Literal["rmsprop"]
    learning_rate: Positive = 0.001
    rho: Share = 0.9
    momentum: Share = 0.0


class Adam(Settings):
    """Keras's Adam (Kingma and Ba, arXiv 1412.6980)."""

    name: Literal["adam"]
    learning_rate: Positive = 0.001
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Positive = 1e-7


class AdamW(Settings):
    """Keras's AdamW: Adam with decoupled weight decay (arXiv 1711.05101)."""

    name: Literal["adamw"]
    learning_rate: Positive = 0.001
    weight_decay: NotNegative = 0.004
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Positive = 1e-7


class Muon(Settings):
    """Orthogonal steps for the kernels of convolutions, AdamW for all else (see `tenfold.training.muon`)."""

    name: Literal["muon"]
    learning_rate: Positive = 0.005
    weight_decay: NotNegative = 0.004
    momentum: Share = 0.95


class SGD(Settings):
    """Keras's stochastic gradient descent, with momentum if asked for."""

    name: Literal["sgd"]
    learning_rate: Positive = 0.01
    momentum: Share = 0.0
    nesterov: bool = False

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov looks ahead along the momentum: set momentum too, such as 0.9")
        return self


class Constant(Settings):
    """The same rate at every step."""

    name: Literal["constant"] = "constant"


class Cosine(Settings):
    """From the optimiser's rate along half a cosine to `final` times it, after an optional linear warm-up."""

    name: Literal["cosine"]
    final: FromZeroToOne = 0.0
    warmup: Share = 0.0


class OneCycle(Settings):
    """Up to the optimiser's rate over the first `warmup` of all steps, then down along half a cosine."""

    name: Literal["one-cycle"]
    start: AboveZeroToOne = 0.04
    warmup: BetweenZeroAndOne = 0.25
    final: FromZeroToOne = 0.0


class Step(Settings):
    """Multiplied by `factor` after every `epochs` epochs."""

    name: Literal["step"]
    epochs: Count
    factor: BetweenZeroAndOne = 0.1


class Compile(Settings):
    """The arguments of `keras.Model.compile`, and how the learning rate moves.

    The loss decides how labels are encoded: integers for sparse_categorical_crossentropy, one-hot for
    categorical_crossentropy. With `ema_momentum` the trained model gets the exponential moving average of the weights
    over the steps, of which each step keeps that share.
    """

    optimizer: Annotated[RMSprop | Adam | AdamW | Muon | SGD, Field(discriminator="name")]
    loss: Literal["sparse_categorical_crossentropy", "categorical_crossentropy"] = "sparse_categorical_crossentropy"
    label_smoothing: Share = 0.0
    schedule: Annotated[Constant | Cosine | OneCycle | Step, Field(discriminator="name")] = Constant()
    ema_momentum: BetweenZeroAndOne | None = None

    @model_validator(mode="after")
    def _smoothing_needs_one_hot(self) -> Self:
        if self.label_smoothing and self.loss != "categorical_crossentropy":
            raise ValueError('label_smoothing needs one-hot labels: set loss = "categorical_crossentropy"')
        return self


class EarlyStopping(Settings):
    """Stop when `monitor` has not improved for `patience` epochs, and restore the best epoch's weights."""

    monitor: Literal["val_loss", "val_accuracy", "loss", "accuracy"] = "val_loss"
    patience: Count = 3
    min_delta: NotNegative = 0.0


class Averaging(Settings):
    """What the finished model averages the probabilities of; it is still one model, saved as one file.

    Args:
        networks: How many networks are trained, one after the other, each with initial weights, orders and variations
            of its own.
        shift: Pixels by which copies of each image are moved up, down, left and right; their edge is repeated.
        mirrored: Whether copies mirrored left to right count as well.
    """

    networks: Count = 1
    shift: Annotated[int, Field(ge=0, strict=True)] = 0
    mirrored: bool = False

    @property
    def copies(self) -> int:
        """How many versions of an image each network sees."""
        return (5 if self.shift else 1) * (2 if self.mirrored else 1)


class ProgressiveResizing(Settings):
    """The first `share` of the epochs sees images at `scale` of their height and width, the others see them whole."""

    scale: BetweenZeroAndOne = 0.7
    share: BetweenZeroAndOne = 0.5


MOST_REDRAWN = 8

MOST_RAISED = 200
"""Epochs that `Training.least_steps` leads to, at most."""


class Training(Settings):
    """The arguments of `tenfold.fit`, and which images it gets.

    Args:
        epochs: How many times every training image is used, at most.
        least_steps: Raises the epochs until there are so many steps, for data of few images; to at most `MOST_RAISED`.
        batch_size: Images for each step.
        seed: Fixes initial weights, the validation cut, shuffling and dropout.
        fraction: Share of the training images that is used at all.
        redrawn: How many copies of each training image, written in another hand, are trained on as well; for grey
            images of handwriting, light on dark; digits are taken for Western ones (see `tenfold.photo.redrawing`).
        strangers: For each image trained on, copies included, so many of no class are trained on as well: letters,
            doodles, things (see `tenfold.photo.strangers`), each as likely one class as any other; for Western digits,
            light on dark.
        validation_split: Share of the training images held back, class by class, evaluated after each epoch.
        watch_test_set: Evaluate the test set after each epoch, as some tutorials do. It selects nothing.
        class_weight: "balanced" weighs each class by the inverse of its share; a table gives weights by name.
        early_stopping: When to stop before the last epoch.
        progressive_resizing: Train on smaller images at first, which takes less time; for networks whose weights do not
            depend on the size of the images.
    """

    epochs: Count
    least_steps: Count | None = None
    batch_size: Count = 32
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    fraction: AboveZeroToOne = 1.0
    redrawn: Annotated[int, Field(ge=0, le=MOST_REDRAWN, strict=True)] = 0
    strangers: FromZeroToOne = 0.0
    validation_split: Share = 0.0
    watch_test_set: bool = False
    class_weight: Literal["balanced"] | dict[str, Positive] | None = None
    early_stopping: EarlyStopping | None = None
    progressive_resizing: ProgressiveResizing | None = None

    @property
    def small_epochs(self) -> int:
        """How many epochs see smaller images."""
        return int(self.progressive_resizing.share * self.epochs) if self.progressive_resizing else 0

    def steps_per_epoch(self, images: int) -> int:
        """The batches of so many training images, the smaller last one included."""
        return -(-images // self.batch_size)

    def epochs_for(self, images: int) -> int:
        """The epochs for so many training images."""
        wanted = -(-self.least_steps // self.steps_per_epoch(images)) if self.least_steps else 0
        return max(self.epochs, min(wanted, MOST_RAISED))

    @model_validator(mode="after")
    def _watch_one_thing(self) -> Self:
        if self.watch_test_set and self.validation_split:
            raise ValueError("choose either validation_split or watch_test_set")
        stopping = self.early_stopping
        if stopping and self.watch_test_set:
            raise ValueError("early_stopping would select by the test set: use validation_split, not watch_test_set")
        if stopping and stopping.monitor.startswith("val_") and not self.validation_split:
            raise ValueError(f"early_stopping watches {stopping.monitor}: it needs a validation_split, such as 0.2")
        return self
