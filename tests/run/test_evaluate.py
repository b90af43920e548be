import csv

import numpy as np
import pytest
from PIL import Image

import tenfold
from tenfold.data.dataset import Dataset, Split
from tenfold.data.options import ReadOptions
from tenfold.errors import DataError, ImageError, RunError
from tenfold.run.evaluate import evaluate


@pytest.fixture(scope="module")
def run(npz_file, recipe_file, tmp_path_factory):
    return tenfold.train(npz_file, recipe_file, out=tmp_path_factory.mktemp("runs") / "one", verbose=0)


def save_folders(split, class_names, folder):
    """The test images as a folder per class, twice: as training and as test part."""
    for part in ("train", "test"):
        for position, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
            path = folder / part / class_names[label] / f"{position}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.squeeze()).save(path)


def test_a_runs_own_test_set_gives_its_metrics_again(run):
    assert evaluate(run.path) == run.metrics


def test_other_data_is_brought_to_the_models_size_and_class_numbers(run, dataset, tmp_path):
    # The model calls its classes 0, 1 and 2.
    enlarged = type(dataset.test)(dataset.test.images.repeat(2, axis=1).repeat(2, axis=2), dataset.test.labels)
    save_folders(enlarged, ["0", "1", "2"], tmp_path)
    # Shrinking blurs a little, so that some doubtful images change sides.
    assert evaluate(run.path, tmp_path).correct == pytest.approx(run.metrics.correct, abs=9)


def test_classes_are_matched_by_name_not_by_position(dataset, recipe_file, tmp_path):
    trained = tenfold.train(dataset, recipe_file, verbose=0)
    save_folders(dataset.test, dataset.class_names, tmp_path / "data")
    assert dataset.class_names == ("top", "middle", "bottom")
    assert tenfold.load_dataset(tmp_path / "data").class_names == ("bottom", "middle", "top")
    assert evaluate(trained.path, tmp_path / "data").confusion == trained.metrics.confusion


def test_a_model_for_colour_takes_grey_images(dataset, recipe_file, tmp_path):
    train, test = (
        type(split)(np.repeat(split.images, 3, axis=3), split.labels) for split in (dataset.train, dataset.test)
    )
    trained = tenfold.train(Dataset("rgb", train, test, dataset.class_names), recipe_file, verbose=0)
    save_folders(dataset.test, dataset.class_names, tmp_path / "data")
    assert evaluate(trained.path, tmp_path / "data").confusion == trained.metrics.confusion


def test_other_classes_are_refused(run, dataset, tmp_path):
    save_folders(dataset.test, ["0", "1", "x"], tmp_path)
    with pytest.raises(DataError, match="has the classes 0, 1, x; the model knows 0, 1, 2. .* remove x"):
        evaluate(run.path, tmp_path)


def test_without_a_test_part_every_image_counts_and_classes_may_be_missing(run, dataset, tmp_path):
    some = dataset.test.take(np.flatnonzero(dataset.test.labels < 2))
    save_folders(some, ["0", "1"], tmp_path)
    metrics = evaluate(run.path, tmp_path / "test")
    assert metrics.count == 60
    assert metrics.classes[2].count == 0
    assert [entry.recall for entry in metrics.classes[:2]] == [entry.recall for entry in run.metrics.classes[:2]]


def test_a_folder_of_one_known_class(run, dataset, tmp_path, told):
    some = dataset.test.take(np.flatnonzero(dataset.test.labels == 1))
    save_folders(some, ["0", "1", "2"], tmp_path)
    of_own_name, of_sub_folder = evaluate(run.path, tmp_path / "test" / "1"), evaluate(run.path, tmp_path / "test")
    assert of_own_name == of_sub_folder
    assert of_own_name.count == len(some)
    assert of_own_name.classes[1].recall == run.metrics.classes[1].recall
    assert "pictures count as '1', by the name of their folder" in told.text


def test_an_empty_folder_is_an_absent_class(run, dataset, tmp_path, told):
    some = dataset.test.take(np.flatnonzero(dataset.test.labels < 2))
    save_folders(some, ["0", "1", "2"], tmp_path)
    (tmp_path / "test" / "2").mkdir()
    assert evaluate(run.path, tmp_path).classes[2].count == 0
    assert "There are no pictures of 2: absent" in told.text


def test_bad_pictures_are_named_or_left_out(run, dataset, tmp_path):
    save_folders(dataset.test, ["0", "1", "2"], tmp_path)
    for part in ("train", "test"):
        next((tmp_path / part / "0").iterdir()).write_bytes(b"none")
    with pytest.raises(ImageError, match=r"2 of \d+ images cannot be used"):
        evaluate(run.path, tmp_path)
    assert evaluate(run.path, tmp_path, ReadOptions(skip_bad=True)).count == len(dataset.test) - 1


def test_predictions_of_other_data_are_written(run, dataset, tmp_path):
    save_folders(dataset.test, ["0", "1", "2"], tmp_path)
    out = tmp_path / "predictions of others.csv"
    metrics = evaluate(run.path, tmp_path / "test", out=out)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == metrics.count
    assert sum(row["label"] == row["predicted"] for row in rows) == metrics.correct
    assert [row["label"] for row in rows] == [row["file"].split("/")[0] for row in rows]
    assert all(1 / 3 <= float(row["probability"]) <= 1 for row in rows)


@pytest.mark.parametrize(("name", "message"), [(".", "exists already"), ("none/a.csv", "there is no folder")])
def test_a_file_for_predictions_has_to_be_new(run, tmp_path, name, message):
    with pytest.raises(RunError, match=message):
        evaluate(run.path, out=tmp_path / name)


def test_data_that_is_gone_is_asked_for(dataset, recipe_file, tmp_path):
    arrays = {"x_train": dataset.train.images, "y_train": dataset.train.labels}
    np.savez(tmp_path / "bars.npz", **arrays)
    trained = tenfold.train("bars.npz", recipe_file, epochs=1, verbose=0)
    (tmp_path / "bars.npz").unlink()
    with pytest.raises(RunError, match="was trained on bars.npz, which cannot be read from here.*--data DATA"):
        evaluate(trained.path)


def test_data_that_has_changed_since_is_refused(dataset, recipe_file, tmp_path):
    test, train = dataset.test, dataset.train
    arrays = {"x_train": train.images, "y_train": train.labels, "x_test": test.images, "y_test": test.labels}
    np.savez(tmp_path / "bars.npz", **arrays)
    trained = tenfold.train("bars.npz", recipe_file, epochs=1, verbose=0)
    np.savez(tmp_path / "bars.npz", **arrays | {"x_test": 255 - test.images})
    with pytest.raises(RunError, match="bars.npz has changed since"):
        evaluate(trained.path)


def test_a_run_on_arrays_needs_to_be_told_its_data(dataset, recipe_file):
    trained = tenfold.train(dataset, recipe_file, epochs=1, verbose=0)
    with pytest.raises(RunError, match="--data DATA"):
        evaluate(trained.path)


def test_predictions_of_picture_files_name_them(dataset, recipe_file, tmp_path):
    save_folders(dataset.test, dataset.class_names, tmp_path / "data")
    trained = tenfold.train(tmp_path / "data", recipe_file, epochs=1, verbose=0)
    with (trained.path / "predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["file"].split("/")[0] for row in rows} == {"test"}
    assert [row["file"].split("/")[1] for row in rows] == [row["label"] for row in rows]
    assert_predict_says_so(trained, rows, tmp_path / "data")


def assert_predict_says_so(trained, rows, folder):
    """What predictions.csv and metrics.json state is what `predict` answers for the same files."""
    answers = tenfold.load_classifier(trained.path).predict([folder / row["file"] for row in rows])
    assert [one.label or "" for one in answers] == [row["predicted"] * (row["accepted"] == "yes") for row in rows]
    stated = [float(row["probability"]) for row in rows]
    np.testing.assert_allclose([one.probability for one in answers], stated, rtol=0, atol=1e-6)
    if trained.metrics.accepted is None:
        return
    accepted = [row for row in rows if row["accepted"] == "yes"]
    right = sum(row["label"] == row["predicted"] for row in accepted)
    assert (trained.metrics.accepted, trained.metrics.correct_and_accepted) == (len(accepted), right)


def test_digits_that_were_resized_are_predicted_as_they_were_trained(tmp_path):
    mnist = tenfold.load_dataset("mnist")
    for part, split, count in (("train", mnist.train, 600), ("test", mnist.test, 60)):
        for position in range(count):
            path = tmp_path / "digits" / part / str(split.labels[position]) / f"{position}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(255 - split.images[position, ..., 0]).resize((56, 56)).save(path)
    trained = tenfold.train(tmp_path / "digits", size=(28, 28), epochs=2, verbose=0)
    with (trained.path / "predictions.csv").open(encoding="utf-8") as file:
        assert_predict_says_so(trained, list(csv.DictReader(file)), tmp_path / "digits")


def test_digits_are_evaluated_as_predict_reads_them(tmp_path):
    """Digits of all kinds: MNIST's own, negatives, some of another size and place, shoes, blank ones."""
    mnist, shoes = tenfold.load_dataset("mnist"), tenfold.load_dataset("fashion-mnist").test.take(np.arange(40))
    digits = mnist.test.take(np.arange(120))
    images = digits.images.copy()
    images[:30] = 255 - images[:30]
    images[30:60] = np.roll(images[30:60], 4, axis=2)
    images[60:64] = 0
    images[64:84] = shoes.images[:20]
    test = Split(images, digits.labels)
    trained = tenfold.train(Dataset("mnist", mnist.train.take(np.arange(3_000)), test, mnist.class_names), verbose=0)
    files = {"file": [f"{position}.png" for position in range(len(test))]}
    for name, image in zip(files["file"], images, strict=True):
        Image.fromarray(image[..., 0]).save(tmp_path / name)
    with (trained.path / "predictions.csv").open(encoding="utf-8") as file:
        rows = [row | {"file": f"{row['index']}.png"} for row in csv.DictReader(file)]
    assert {row["accepted"] for row in rows} == {"yes", "no"}
    assert [row["accepted"] for row in rows[60:64]] == ["no"] * 4
    assert_predict_says_so(trained, rows, tmp_path)
