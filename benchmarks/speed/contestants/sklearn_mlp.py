"""scikit-learn: `MLPClassifier`, for networks of dense layers only.

Done for it: float32 images scaled once (it then computes in float32), its "adam" with Keras's constants whatever the
task's optimiser is (it has "adam" and "sgd", no RMSprop), no weight decay (`alpha=0`). Each call of `partial_fit` is
one epoch in an order of its own; that is what `fit` does inside, without the check for convergence. Initial weights
are Glorot uniform as in Keras; biases start at random values of that range rather than at 0. Its products run on all
cores, in the BLAS that comes with NumPy.
"""

import pickle

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.speed.contestants.trial import Evaluate, Trial, run_trial


def train(trial: Trial) -> Evaluate:
    """Train, save, and give the function that measures accuracy."""
    task = trial.task
    images = flat(trial.train_images)
    classes = np.arange(task["classes"])
    model = MLPClassifier(
        hidden_layer_sizes=[layer["units"] for layer in task["layers"] if layer["layer"] == "Dense"][:-1],
        activation="relu",
        solver="adam",
        alpha=0.0,
        batch_size=task["batch_size"],
        learning_rate_init=task["optimizer"]["learning_rate"],
        epsilon=1e-7,
        random_state=task["seed"],
    )
    trial.tick()
    for _ in range(task["epochs"]):
        model.partial_fit(images, trial.train_labels, classes=classes)
        trial.tick()
    (trial.folder / "model.pickle").write_bytes(pickle.dumps(model))
    return lambda: float(model.score(flat(trial.test_images), trial.test_labels))


def flat(images: np.ndarray) -> np.ndarray:
    """uint8 [n, height, width, channels] → float32 0…1 [n, values]."""
    return images.reshape(len(images), -1).astype(np.float32) / 255


if __name__ == "__main__":
    run_trial(train, ("scikit-learn",))
