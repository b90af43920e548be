"""A trained model on disk → predictions for prepared images, without Keras or JAX."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tenfold.classifier.metadata import Metadata
from tenfold.classifier.model_file import read_model_file
from tenfold.errors import ImageError, ModelError
from tenfold.evaluation.calibration import are_probabilities, tempered
from tenfold.onnx_runtime import onnxruntime
from tenfold.types import Accepted, Images, Probabilities, Scores

TOP = 5
"""How many classes a prediction lists, at most."""

MAX_MEMORY_BYTES = 2 * 2**30
"""What all networks of a process may take together; a file that asks for more is refused, not served."""

_VALUES_AT_ONCE = 2**20

_End = tuple[str, str, list[int | str | None]]


@dataclass(frozen=True)
class Prediction:
    """What a picture was taken for.

    Args:
        label: The name of the most probable class; None if the picture is none of the classes.
        probability: Of the most probable class, calibrated, 0 to 1; 0 if there is nothing to see.
        top: The most probable classes with their probabilities, most probable first; `TOP` of them, or all. Empty if
            there is nothing to see, or several characters.
    """

    label: str | None
    probability: float
    top: tuple[tuple[str, float], ...]


class Answers(NamedTuple):
    """What is predicted for many images, as arrays.

    Args:
        probabilities: The network's own, float32 [n, classes].
        calibrated: Those that predictions state, float32 [n, classes].
        scores: How far each image lies from all that the network was trained on, float32 [n].
        accepted: Whether an image gets a label, bool [n]; the others are none of the classes.
    """

    probabilities: Probabilities
    calibrated: Probabilities
    scores: Scores
    accepted: Accepted


class Classifier:
    """A trained network with its class names; it takes images that are prepared. Threads may share one.

    Args:
        session: The network in ONNX Runtime.
        metadata: What its file says about itself.
        source: Where it came from, for messages.
    """

    def __init__(self, session: Any, metadata: Metadata, source: Path) -> None:
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]
        self.metadata = metadata
        self.source = source

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the probabilities."""
        return self.metadata.class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels that the network takes."""
        return self.metadata.image_shape

    def probabilities(self, images: Images) -> Probabilities:
        """Compute the probability of every class for every image.

        Args:
            images: uint8 [n, height, width, channels] of the network's own `image_shape`, raw pixels 0…255.

        Returns:
            float32 [n, classes]; each row sums to 1. They are the network's own; `predict_prepared` calibrates them.

        Raises:
            ImageError: Another type or shape.
            ModelError: The network needs more than `MAX_MEMORY_BYTES`, or gives values that are no numbers.
        """
        return self.probabilities_and_scores(images)[0]

    def probabilities_and_scores(self, images: Images) -> tuple[Probabilities, Scores]:
        """Compute the network's probabilities, and how far each image lies from all that it was trained on.

        Args:
            images: As for `probabilities`.

        Returns:
            Probabilities float32 [n, classes], and scores float32 [n]: above `metadata.rejection_threshold`, an image
            is none of the classes. Networks without a score give 0.

        Raises:
            ImageError: As for `probabilities`.
            ModelError: As for `probabilities`.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.shape[1:] != self.image_shape:
            raise ImageError(
                f"Found {images.dtype} {list(images.shape)}; expected uint8 {['n', *self.image_shape]}. "
                "`predict` takes other sizes and types."
            )
        step = max(1, min(256, _VALUES_AT_ONCE // int(np.prod(self.image_shape))))
        parts = [self._run(images[start : start + step]) for start in range(0, len(images), step)]
        if not parts:
            return np.empty((0, len(self.class_names)), np.float32), np.empty(0, np.float32)
        probabilities, scores = zip(*parts, strict=True)
        return np.concatenate(probabilities), np.concatenate(scores)

    def predict_prepared(self, images: Images) -> list[Prediction]:
        """Tell what images show that have the network's form already.

        Args:
            images: As for `probabilities`.

        Raises:
            ImageError: As for `probabilities`.
            ModelError: As for `probabilities`.
        """
        answers = self.answers(images)
        rows = zip(answers.calibrated, answers.accepted.tolist(), strict=True)
        return [_prediction(row, self.class_names, accepted) for row, accepted in rows]

    def answers(self, images: Images) -> Answers:
        """What `predict_prepared` says, as arrays.

        Args:
            images: As for `probabilities`.

        Raises:
            ImageError: As for `probabilities`.
            ModelError: As for `probabilities`.
        """
        probabilities, scores = self.probabilities_and_scores(images)
        threshold = self.metadata.rejection_threshold
        accepted = scores <= (np.inf if threshold is None else threshold)
        return Answers(probabilities, tempered(probabilities, self.metadata.temperature), scores, accepted)

    def _run(self, images: Images) -> tuple[Probabilities, Scores]:
        try:
            probabilities, *rest = self._session.run(self._outputs, {"images": images})
        except Exception as error:  # ONNX Runtime's errors share no narrower base
            raise ModelError(
                f"{self.source}: the network cannot be run, within {MAX_MEMORY_BYTES:,} bytes of memory "
                f"({_first_line(error)}). Expected an ONNX file written by Tenfold."
            ) from error
        expected = (len(images), len(self.class_names))
        scores = rest[0] if rest else np.zeros(len(images), np.float32)
        right = probabilities.shape == expected and scores.shape == expected[:1] and are_probabilities(probabilities)
        if not right or not np.isfinite(scores).all():
            raise ModelError(
                f"{self.source}: the network gives {list(probabilities.shape)} values, not all of them probabilities; "
                f"expected {list(expected)} from 0 to 1, which sum to 1 for each image. Train it again, or take "
                "another file."
            )
        return np.asarray(probabilities), np.asarray(scores)


def load_onnx(path: str | Path) -> Classifier:
    """Load a trained network; `tenfold.load_classifier` also gives what prepares pictures for it.

    Args:
        path: A run folder (its `model.onnx` is taken), or an ONNX file that Tenfold wrote.

    Raises:
        ModelError: No such file, no model that Tenfold wrote, or a damaged one.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / "model.onnx").exists():
            raise ModelError(f"{path}: holds no model.onnx. Expected the folder of a finished run, or an ONNX file.")
        path = path / "model.onnx"
    return classifier_from(read_model_file(path), path)


def classifier_from(content: bytes, source: Path) -> Classifier:
    """Make a classifier from the content of an ONNX file.

    Args:
        content: Of a file that was checked (`read_model_file`), or that was just made.
        source: The file's path, for messages.

    Raises:
        ModelError: No model that Tenfold wrote, or a damaged one.
    """
    session = _session(content, source)
    try:
        properties, ends = session.get_modelmeta().custom_metadata_map, _ends(session)
    except UnicodeDecodeError as error:
        raise ModelError(f"{source}: holds text that is no UTF-8. It is damaged; get a fresh copy.") from error
    metadata = Metadata.from_properties(properties, source=str(source))
    _check_ends(ends, metadata, source)
    return Classifier(session, metadata, source)


def default_model_path() -> Path:
    """The MNIST model that comes with Tenfold."""
    return Path(__file__).with_name("models") / "mnist.onnx"


def _session(content: bytes, path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised, and told in our words
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave idle cores to others
    options.add_session_config_entry("session.load_model_format", "ONNX")  # what was checked, not ONNX Runtime's own
    options.add_session_config_entry("session.use_env_allocators", "1")
    _limit_memory()
    try:
        # Its fallback would try the same again, and print so to stdout.
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(content, options, providers=providers, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's errors share no narrower base
        raise ModelError(
            f"{path}: ONNX Runtime cannot load it ({_first_line(error)}). "
            "Expected an ONNX file written by Tenfold; get a fresh copy."
        ) from error


def _limit_memory() -> None:
    """Give the sessions that ask for it one bounded store of memory; a second call changes nothing."""
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    as_requested = 1
    limits = onnxruntime.OrtArenaCfg({"max_mem": MAX_MEMORY_BYTES, "arena_extend_strategy": as_requested})
    onnxruntime.create_and_register_allocator(memory, limits)


def _ends(session: Any) -> tuple[list[_End], list[_End]]:
    """Name, type and shape (without the batch) of the network's inputs and of its outputs."""
    inputs = [(end.name, end.type, end.shape[1:]) for end in session.get_inputs()]
    outputs = [(end.name, end.type, end.shape[1:]) for end in session.get_outputs()]
    return inputs, outputs


def _check_ends(found: tuple[list[_End], list[_End]], metadata: Metadata, path: Path) -> None:
    images: _End = ("images", "tensor(uint8)", list(metadata.image_shape))
    probabilities: _End = ("probabilities", "tensor(float)", [len(metadata.class_names)])
    score: _End = ("score", "tensor(float)", [])
    scored = found[1][1:] == [score] or metadata.rejection_threshold is None
    if found[0] != [images] or found[1] not in ([probabilities], [probabilities, score]) or not scored:
        raise ModelError(
            f"{path}: takes {found[0]} and gives {found[1]}; expected {images} and {probabilities}, and with a "
            f"rejection_threshold in its metadata {score}. Expected an ONNX file written by Tenfold."
        )


def _prediction(probabilities: Probabilities, class_names: tuple[str, ...], accepted: bool) -> Prediction:
    order = np.argsort(-probabilities, kind="stable")[:TOP]
    top = tuple((class_names[index], float(probabilities[index])) for index in order)
    return Prediction(label=top[0][0] if accepted else None, probability=top[0][1], top=top)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
