import pytest
from pydantic import ValidationError

from tenfold.recipes.recipe import load_recipe
from tenfold.recipes.settings import SGD, Compile, Cosine, EarlyStopping, OneCycle, Step, Training


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        load_recipe("dense-128").training.epochs = 3


@pytest.mark.parametrize(
    ("overrides", "schedule"),
    [
        (["compile.schedule.name=cosine", "compile.schedule.warmup=0.1"], Cosine(name="cosine", warmup=0.1)),
        (["compile.schedule={name='step', epochs=2}"], Step(name="step", epochs=2, factor=0.1)),
        (["compile.schedule.name=one-cycle"], OneCycle(name="one-cycle")),
    ],
)
def test_schedules_are_chosen_by_name(overrides, schedule):
    assert load_recipe("dense-128", overrides).compile.schedule == schedule


def test_optimizers_are_chosen_by_name():
    optimizer = load_recipe("dense-128", ["compile.optimizer={name='sgd', momentum=0.9, nesterov=true}"])
    assert optimizer.compile.optimizer == SGD(name="sgd", learning_rate=0.01, momentum=0.9, nesterov=True)


def test_smoothing_with_one_hot_labels_is_fine():
    settings = {"optimizer": {"name": "adam"}, "loss": "categorical_crossentropy", "label_smoothing": 0.1}
    assert Compile.model_validate(settings).label_smoothing == 0.1


def test_early_stopping_on_the_training_loss_needs_no_validation():
    stopping = EarlyStopping(monitor="loss", patience=2)
    assert Training(epochs=9, early_stopping=stopping, watch_test_set=False).early_stopping == stopping


@pytest.mark.parametrize(
    ("images", "epochs"),
    [(60_000, 3), (1_500, 50), (1_501, 49), (20, 200), (1, 200)],
    ids=["enough", "few", "a smaller last batch counts", "bounded", "one image"],
)
def test_epochs_are_raised_for_few_images(images, epochs):
    training = Training(epochs=3, batch_size=50, least_steps=1_500)
    assert training.epochs_for(images) == epochs
    assert Training(epochs=3, batch_size=50).epochs_for(images) == 3


def test_class_weights_by_name():
    overrides = ["training.class_weight.T-shirt/top=2", "training.class_weight.数字=0.5"]
    assert load_recipe("dense-128", overrides).training.class_weight == {"T-shirt/top": 2, "数字": 0.5}


def test_whole_numbers_serve_where_any_number_does():
    assert load_recipe("dense-128", ["compile.optimizer.learning_rate=1"]).compile.optimizer.learning_rate == 1.0
