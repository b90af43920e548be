"""In which order the contestants take their turns, and how long that takes."""

from collections.abc import Iterable

from benchmarks.speed.environments import Contestant
from benchmarks.speed.floor import operations_per_epoch
from benchmarks.speed.tasks import Task

# What contestants take on two cores of 2 GHz or so, roughly and on average.
_START_SECONDS = 20
_STEP_SECONDS = 0.002
_OPERATIONS_PER_SECOND = 40e9


def turns(contestants: Iterable[Contestant], rounds: int) -> list[tuple[int, Contestant]]:
    """A B C A B C …: each round all contestants, so that a slow minute of the machine hits everyone alike."""
    everyone = list(contestants)
    return [(number, contestant) for number in range(rounds) for contestant in everyone]


def entrants(task: Task, contestants: Iterable[Contestant]) -> list[Contestant]:
    """Those who take part in a task.

    Everyone trains the recipes; scikit-learn only those of dense layers, and an installation without native kernels
    only those without convolutions, where it is to keep up with Keras. Elsewhere only Tenfold and the peers that
    come next to it at some recipe take part.
    """
    absent = set()
    if not task.dense_only:
        absent.add("scikit-learn")
    if task.convolutional:
        absent.add("tenfold-pure")
    if task.group != "recipes":
        absent |= {"scikit-learn", "tenfold-pure", "keras-torch"}
    return [one for one in contestants if one.name not in absent]


def estimated_seconds(task: Task, turns: int) -> float:
    """About how long a task takes in all: starting, stepping and computing, for every turn."""
    steps = -(-task.images // task.batch_size)
    epoch = steps * _STEP_SECONDS + operations_per_epoch(task) / _OPERATIONS_PER_SECOND
    return turns * (_START_SECONDS + task.epochs * epoch)
