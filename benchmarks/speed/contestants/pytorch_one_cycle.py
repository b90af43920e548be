"""PyTorch: the fastest published way to 99 % on MNIST (tuomaso/train_mnist_fast), for a processor.

Its network (5×5 convolution of 24, pooling, 3×3 convolution of 32, pooling, 256 units), pixels standardised, one epoch
in batches of 256 by Adam (0.01, betas 0.7 and 0.9) under one cycle of the learning rate alone, no data loader. Done for
it besides: channels_last, the fused Adam, the number of threads tried out beforehand, uncounted.
"""

from typing import Any

import torch
from torch import nn

from benchmarks.speed.contestants.pytorch_loop import accuracy_on_test_set, prepared
from benchmarks.speed.contestants.torch_threads import use_fastest_thread_count
from benchmarks.speed.contestants.trial import Evaluate, Trial, run_trial

_BATCH, _RATE = 256, 0.01
_MEAN, _DEVIATION = 0.1307, 0.3081


def train(trial: Trial) -> Evaluate:
    """Train for an epoch, save, and give the function that measures accuracy."""
    torch.manual_seed(trial.task["seed"])
    images, labels = standardised(trial.train_images), torch.from_numpy(trial.train_labels).long()
    model = network()
    with trial.untimed():
        trial.settings["threads"] = use_fastest_thread_count(trial_step(images[:_BATCH], labels[:_BATCH]))
    trial.tick()
    optimizer = torch.optim.Adam(model.parameters(), _RATE, betas=(0.7, 0.9), fused=True)
    steps = -(-len(images) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, cycle_momentum=False)
    for positions in torch.randperm(len(images)).split(_BATCH):
        descend(model, optimizer, images[positions], labels[positions])
        schedule.step()

    def evaluate() -> float:
        return accuracy_on_test_set(model, standardised(trial.test_images), torch.from_numpy(trial.test_labels))

    trial.end_epoch(evaluate)
    torch.save(model.state_dict(), trial.folder / "model.pt")
    return evaluate


def standardised(images: Any) -> Any:
    """float32 [n, 1, 28, 28] of mean 0 and standard deviation 1 over MNIST's training images."""
    return ((prepared(images) - _MEAN) / _DEVIATION).to(memory_format=torch.channels_last)


def network() -> Any:
    """The published network."""
    layers = [
        *(nn.Conv2d(1, 24, 5), nn.MaxPool2d(2), nn.ReLU(inplace=True)),
        *(nn.Conv2d(24, 32, 3), nn.MaxPool2d(2), nn.ReLU(inplace=True)),
        *(nn.Flatten(), nn.Linear(32 * 5 * 5, 256), nn.ReLU(inplace=True), nn.Linear(256, 10)),
    ]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def descend(model: Any, optimizer: Any, images: Any, labels: Any) -> None:
    """One step."""
    loss = nn.functional.cross_entropy(model(images), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def trial_step(images: Any, labels: Any) -> Any:
    """A step of a model that is thrown away."""
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), _RATE, fused=True)
    return lambda: descend(model, optimizer, images, labels)


if __name__ == "__main__":
    run_trial(train, ("torch",))
