"""What follows training: calibrate, export, evaluate, draw the figures, write the report.

Each stage writes its own files and its part of the record.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from tenfold.classifier.classifier import classifier_from
from tenfold.classifier.onnx_writer import complete_onnx, described_onnx, onnx_network
from tenfold.evaluation.baseline import guessing_accuracy, is_no_better_than_guessing
from tenfold.evaluation.metrics import Metrics
from tenfold.events import sink
from tenfold.messages import Note
from tenfold.photo.reader import Reader
from tenfold.record import CalibrationRecord, Results, RunRecord, write_record
from tenfold.run.calibrate import calibrate
from tenfold.run.evaluate import evaluate_split, write_evaluation
from tenfold.run.export import write_model_file
from tenfold.run.golden import write_golden_pictures
from tenfold.run.parity import check_parity
from tenfold.run.plan import Plan
from tenfold.run.provenance import peak_memory_bytes
from tenfold.run.run_figures import draw_figures
from tenfold.run.run_folder import RunFolder, read_history
from tenfold.run.run_report import write_report
from tenfold.run.shown_images import write_shown_images

_NOTHING_LEARNT = (
    "The model learnt nothing: it is right about {accuracy:.1%} of the training images, and always naming the most "
    "frequent class is right about {guessing:.1%}. Likely causes: too high a learning rate (try --set "
    "compile.optimizer.learning_rate={lower:g}), too few epochs, a network that does not suit the images (try --recipe "
    "quick), or labels that do not belong to their images (look: tenfold data show)."
)


def complete(
    plan: Plan, folder: RunFolder, record: RunRecord, model: Any, drawn: Future[Mapping[str, bytes]] | None = None
) -> None:
    """Take a run from its trained model to its report.

    Args:
        plan: Recipe, data and clock.
        folder: The run's; it holds recipe.toml and history.csv.
        record: The run's; its status becomes "finished".
        model: The trained Keras model.
        drawn: The figures of the data, drawn while the model was trained.

    Raises:
        ParityError: The ONNX model disagrees with the Keras model, and was not written.
    """
    watch, dataset = plan.watch, plan.dataset
    with watch.stage("calibration"):
        network = onnx_network(model, plan.metadata)
        calibration = calibrate(network, plan)
        temperature, threshold = calibration.temperature, calibration.rejection_threshold
        metadata = replace(plan.metadata, temperature=temperature, rejection_threshold=threshold)
    with watch.stage("export"):
        content = complete_onnx(network, metadata, calibration.distances)
        classifier = classifier_from(content, folder.onnx_model)
        record.onnx_difference = check_parity(model, classifier, dataset.test.images, folder.recipe)
    with watch.stage("evaluation"):
        evaluation = evaluate_split(Reader(classifier), dataset.test)
        metrics = evaluation.metrics
        write_evaluation(folder, evaluation, dataset)
        metadata = replace(metadata, accuracy=metrics.accuracy, test_count=metrics.count)
        write_model_file(folder.onnx_model, described_onnx(network, metadata))
        write_golden_pictures(folder, dataset)
        write_shown_images(folder, dataset, evaluation.answers)
    notes = [*_learning_warnings(plan, read_history(folder)[-1]["accuracy"], metrics), *calibration.notes]
    for note in notes:
        sink().note(note)
    record.set_notes("result", notes)
    record.calibration = CalibrationRecord(
        temperature=temperature,
        rejection_threshold=threshold,
        threshold_from=calibration.threshold_from,
        rejected_test_images=metrics.rejected_share,
    )
    record.results = Results(
        accuracy=metrics.accuracy, interval=metrics.interval, loss=metrics.loss, count=metrics.count
    )
    write_record(folder.run, record)
    with watch.stage("figures"):
        draw_figures(folder, drawn.result() if drawn else {})
    record.peak_memory_bytes = peak_memory_bytes()
    record.seconds.stages = dict(watch.seconds)
    record.seconds.before_report = watch.total()
    write_record(folder.run, record)
    with watch.stage("report"):
        write_report(folder)
    record.seconds.stages = dict(watch.seconds)
    record.seconds.total = watch.total()
    record.status = "finished"
    write_record(folder.run, record)


def _learning_warnings(plan: Plan, accuracy: float, metrics: Metrics) -> list[Note]:
    """That nothing was learnt, with likely causes, if training and test images say so."""
    labels = plan.train.labels
    in_test = is_no_better_than_guessing(metrics.accuracy, plan.dataset.test.labels)
    if not (in_test and is_no_better_than_guessing(accuracy, labels)):
        return []
    lower = plan.recipe.compile.optimizer.learning_rate / 10
    numbers = {"accuracy": accuracy, "guessing": guessing_accuracy(labels), "lower": lower}
    return [Note("nothing_learnt", _NOTHING_LEARNT, numbers, "warning")]
