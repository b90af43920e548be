"""PyTorch: a training loop written by hand.

Done for it: all images in memory as float32, scaled once, picked by a permuted index without a DataLoader;
channels_last; the fused Adam; RMSprop, of which there is no fused one, compiled by torch.compile if g++ is there
(0.46 instead of 0.75 s for 6,000 images of dense-512 at batch 32); the number of threads tried out beforehand,
uncounted; gradients set to None; only the loss is followed, no accuracy, although Keras follows both.

Tried without gain: images kept as uint8 and scaled batch by batch, index_select, NCHW in memory (1.5 times as long for
convolutions), torch.compile of network and loss (the same on dense-512, slower on dense-512-256 and on convolutions,
and many seconds of compiling).
"""

import math
import shutil
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.speed.contestants.torch_threads import use_fastest_thread_count
from benchmarks.speed.contestants.trial import Evaluate, Trial, run_trial

Step = Callable[[Any, Any], Any]


def train(trial: Trial) -> Evaluate:
    """Train, save, and give the function that measures accuracy."""
    task = trial.task
    torch.manual_seed(task["seed"])
    images, labels = prepared(trial.train_images), torch.from_numpy(trial.train_labels).long()
    model = network(task).to(memory_format=torch.channels_last)
    batch = images[: task["batch_size"]], labels[: task["batch_size"]]
    with trial.untimed():
        sample = training_step(network(task).to(memory_format=torch.channels_last), task["optimizer"])
        trial.settings["threads"] = use_fastest_thread_count(lambda: sample(*batch))
    trial.tick()
    step = training_step(model, task["optimizer"], compiled=task["optimizer"]["name"] == "rmsprop")

    def evaluate() -> float:
        return accuracy_on_test_set(model, prepared(trial.test_images), torch.from_numpy(trial.test_labels))

    for _ in range(task["epochs"]):
        train_epoch(step, images, labels, task["batch_size"])
        trial.end_epoch(evaluate)
        model.train()
    torch.save(model.state_dict(), trial.folder / "model.pt")
    return evaluate


def training_step(model: Any, settings: dict[str, Any], compiled: bool = False) -> Step:
    """A function that takes a batch of images and labels, updates the model, and gives the loss."""
    optimizer = keras_like_optimizer(model, settings)
    update = torch.compile(optimizer.step) if compiled and shutil.which("g++") else optimizer.step

    def step(images: Any, labels: Any) -> Any:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        update()
        return loss.detach()

    model.train()
    return step


def train_epoch(step: Step, images: Any, labels: Any, batch_size: int) -> float:
    """Use every image once, in random order; gives the mean loss."""
    total = torch.zeros(())
    for positions in torch.randperm(len(images)).split(batch_size):
        total += step(images[positions], labels[positions]) * len(positions)
    return total.item() / len(images)


def prepared(images: Any) -> Any:
    """uint8 [n, height, width, channels] → float32 0…1 [n, channels, height, width], in memory as it was."""
    return (torch.from_numpy(images).float() / 255).permute(0, 3, 1, 2)


def network(task: dict[str, Any]) -> Any:
    """The task's layers; the softmax is left to the loss. Weights as Keras draws them: Glorot uniform, biases 0."""
    shape = tuple(task["image_shape"])
    modules: list[Any] = []
    for settings in task["layers"]:
        added, shape = layer(settings, shape)
        modules += added
    for module in modules:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    return nn.Sequential(*modules)


def layer(settings: dict[str, Any], shape: tuple[int, ...]) -> tuple[list[Any], tuple[int, ...]]:
    """One of Keras's layers in PyTorch's words, and the shape of its output for one image."""
    activation = [nn.ReLU(inplace=True)] if settings.get("activation") == "relu" else []
    match settings["layer"]:
        case "Flatten":
            return [nn.Flatten()], (math.prod(shape),)
        case "Dense":
            return [nn.Linear(shape[0], settings["units"]), *activation], (settings["units"],)
        case "Dropout":
            return [nn.Dropout(settings["rate"])], shape
        case "Conv2D":
            size, filters = settings["kernel_size"], settings["filters"]
            same = settings.get("padding", "valid") == "same"
            cut = 0 if same else size - 1
            convolution = nn.Conv2d(shape[2], filters, size, padding="same" if same else 0)
            return [convolution, *activation], (shape[0] - cut, shape[1] - cut, filters)
        case "MaxPooling2D":
            size = settings["pool_size"]
            return [nn.MaxPool2d(size)], (shape[0] // size, shape[1] // size, shape[2])
        case kind:
            raise ValueError(f"the PyTorch contestant has no {kind}; write it in layer()")


def keras_like_optimizer(model: Any, settings: dict[str, Any]) -> Any:
    """Keras's optimiser with Keras's constants.

    Keras's RMSprop divides by sqrt(v + 1e-7), PyTorch's by sqrt(v) + epsilon: the same where v is 0 with
    epsilon = sqrt(1e-7), and next to the same elsewhere.
    """
    parameters, rate = model.parameters(), settings["learning_rate"]
    match settings["name"]:
        case "adam":
            betas = (settings["beta_1"], settings["beta_2"])
            return torch.optim.Adam(parameters, rate, betas=betas, eps=settings["epsilon"], fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, rate, alpha=settings["rho"], eps=math.sqrt(1e-7), foreach=True)
        case name:
            raise ValueError(f"the PyTorch contestant has no {name}; write it in keras_like_optimizer()")


def accuracy_on_test_set(model: Any, images: Any, labels: Any) -> float:
    """Share of right predictions, 0 to 1."""
    model.eval()
    with torch.inference_mode():
        predicted = torch.cat([model(batch).argmax(1) for batch in images.split(500)])
    return float((predicted == labels).float().mean())


if __name__ == "__main__":
    run_trial(train, ("torch",))
