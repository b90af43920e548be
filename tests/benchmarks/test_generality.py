import numpy as np
import pytest

from benchmarks.generality import Case, generate, row, table


def test_every_class_has_as_many_images():
    images, labels = generate(Case((20, 32, 3), 5, 60, 30), seed=0)
    assert (images.shape, images.dtype) == ((60, 20, 32, 3), np.uint8)
    assert np.bincount(labels).tolist() == [12] * 5


def test_images_of_a_class_are_more_alike_than_those_of_two():
    images, labels = generate(Case((28, 28, 1), 2, 200, 30), seed=1)
    flat = images.reshape(200, -1).astype(float)
    correlations = np.corrcoef(flat)
    same = labels[:, np.newaxis] == labels
    assert correlations[same].mean() > correlations[~same].mean() + 0.2


def test_the_same_seed_gives_the_same_images():
    case = Case((8, 8, 1), 2, 20, 20)
    np.testing.assert_array_equal(generate(case, seed=3)[0], generate(case, seed=3)[0])


FOUND = {"case": Case((8, 8, 1), 2, 50, 20)._asdict(), "seconds": 12.5}


@pytest.mark.parametrize(("recipe", "ending"), [("quick", "12.5 | – | – |"), ("auto", "12.5 | 18.0 | 20 |")])
def test_the_table_compares_prediction_and_time(recipe, ending):
    found = FOUND | {"accuracy": 0.9, "test_images": 8, "predicted_seconds": 18.0}
    document = {"cases": {"8×8, 50 images": {recipe: found}}, "machine": {"cores": 2, "processor": "x86_64"}}
    assert table(document).splitlines()[-1] == f"| 8×8, 50 images | 2 | 50 | 8 | `{recipe}` | 90.0% | {ending}"


def test_a_failed_run_is_told():
    assert row("small", "auto", FOUND | {"error": "no time"})[5:7] == ("failed", "12.5")
