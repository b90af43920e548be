"""Tenfold: `tenfold.fit` on the Keras model, with the uint8 images as they are."""

import tenfold
from benchmarks.speed.contestants.trial import Evaluate, Trial, run_trial


def train(trial: Trial) -> Evaluate:
    """Train, save, and give the function that measures accuracy."""
    fit = tenfold.fit  # loads Keras on JAX
    from benchmarks.speed.contestants.keras_network import EpochTicks, accuracy_on_test_set, compiled_model

    task = trial.task
    model = compiled_model(task, raw_pixels=True)

    def evaluate() -> float:
        return accuracy_on_test_set(model, trial.test_images, trial.test_labels)

    trial.tick()
    fit(
        model,
        trial.train_images,
        trial.targets(),
        batch_size=task["batch_size"],
        epochs=task["epochs"],
        verbose=0,
        callbacks=[EpochTicks(trial, evaluate)],
        seed=task["seed"],
    )
    model.save(trial.folder / "model.keras")
    return evaluate


if __name__ == "__main__":
    run_trial(train, ("tenfold", "keras", "jax", "jaxlib"))
