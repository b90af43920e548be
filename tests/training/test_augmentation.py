import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import random

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.recipes.augmentation import Augmentation
from tenfold.training.augmentation import augmented
from tenfold.training.fit import fit

KEY = random.PRNGKey(0)
EVERYTHING = Augmentation(
    shift=0.1, rotation=15.0, zoom=0.2, shear=10.0, elastic=1.0, thickness=0.5, contrast=0.3, brightness=0.1,
    polarity=0.5, erasing=0.5, flip="both", crop_padding=2, mixup=0.4, cutmix=1.0,
)  # fmt: skip


def batch(count=64, size=(8, 8), channels=1, classes=4):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, *size, channels)).astype(np.uint8)
    return jnp.asarray(images), jnp.asarray(np.eye(classes, dtype=np.float32)[random.integers(0, classes, count)])


def varied(**amounts):
    images, labels = augmented(batch(), KEY, Augmentation(**amounts))
    return np.asarray(images, np.float32), np.asarray(labels)


def test_without_anything_set_the_batch_stays():
    images, labels = varied()
    np.testing.assert_array_equal(images, batch()[0])
    np.testing.assert_array_equal(labels, batch()[1])


def test_everything_at_once_gives_images_and_the_same_ones_for_the_same_key():
    program = jax.jit(lambda key: augmented(batch(size=(8, 12), channels=3), key, EVERYTHING))
    images, labels = program(KEY)
    assert images.shape == (64, 8, 12, 3)
    assert images.dtype == np.uint8
    np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(images, program(KEY)[0])
    assert (np.asarray(images) != np.asarray(program(random.PRNGKey(1))[0])).mean() > 0.5


def test_thickness_moves_towards_the_brightest_or_darkest_neighbour():
    picture = jnp.zeros((300, 5, 5, 1), jnp.uint8).at[:, 2, 2].set(200)
    images = np.asarray(augmented((picture,), KEY, Augmentation(thickness=1.0))[0], np.float32)[..., 0]
    thicker, thinner = images[:, 2, 1] > 0, images[:, 2, 2] < 200
    assert (thicker ^ thinner).mean() > 0.97  # hardly any amount is next to 0
    assert images[:, 2, 1].max() > 190
    assert images[:, 2, 2].min() < 10
    assert not images[:, 1, 1].any()  # neighbours across a corner are none


def test_contrast_and_brightness_keep_within_their_limits():
    picture = jnp.full((200, 4, 4, 1), 100, jnp.uint8).at[:, :2].set(140)
    images = np.asarray(augmented((picture,), KEY, Augmentation(contrast=0.5, brightness=0.1))[0], np.float32)
    spans = images.max((1, 2, 3)) - images.min((1, 2, 3))
    assert 18 <= spans.min() < 24
    assert 56 < spans.max() <= 62
    assert 94 - 1 <= images.mean((1, 2, 3)).min() < 100
    assert 140 < images.mean((1, 2, 3)).max() <= 146 + 1


def test_polarity_inverts_that_share():
    images, _ = varied(polarity=0.25)
    originals = np.asarray(batch()[0], np.float32)
    inverted = [np.array_equal(image, 255 - original) for image, original in zip(images, originals, strict=True)]
    same = [np.array_equal(image, original) for image, original in zip(images, originals, strict=True)]
    assert all(np.logical_xor(inverted, same))
    assert 0.1 < np.mean(inverted) < 0.45


def test_erasing_fills_one_rectangle_with_one_grey():
    picture = jnp.asarray(np.random.default_rng(1).integers(0, 256, (300, 12, 24, 1)).astype(np.uint8))
    images = np.asarray(augmented((picture,), KEY, Augmentation(erasing=0.5))[0])
    shares, places = [], set()
    for before, after in zip(np.asarray(picture), images, strict=True):
        rows, columns, _ = np.nonzero(before != after)
        if len(rows):
            inside = after[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            assert len(np.unique(inside)) == 1
            shares.append(inside.size / before.size)
            places.update(zip(rows.tolist(), columns.tolist(), strict=True))
    assert 0.35 < len(shares) / 300 < 0.6
    assert max(shares) < 0.4
    assert len(places) > 0.95 * 12 * 24  # anywhere


def test_mixup_mixes_images_and_labels_in_the_same_shares():
    images, labels = batch(classes=64, count=64)
    labels = jnp.eye(64)
    mixed, shares = augmented((images, labels), KEY, Augmentation(mixup=1.0))
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)
    expected = np.einsum("nm,mhwc->nhwc", np.asarray(shares), np.asarray(images, np.float32))
    np.testing.assert_allclose(np.asarray(mixed, np.float32), expected, atol=0.51)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_an_alpha_however_small_gives_shares(kind):
    images = batch()[0]
    _, shares = augmented((images, jnp.eye(64)), KEY, Augmentation(**{kind: 1e-40}))
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)
    assert np.asarray(shares).min() >= 0


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_mixed_labels_count_by_the_weight_of_their_own_image(kind):
    images, _ = batch(classes=8, count=8)
    labels, weights = jnp.eye(8), jnp.array([0, 0, 0.5, 1, 2, 4, 8, 16], jnp.float32)
    settings = Augmentation(**{kind: 1.0})
    _, shares = augmented((images, labels), KEY, settings)
    _, found, mixed_weights = augmented((images, labels, weights), KEY, settings)
    np.testing.assert_allclose(mixed_weights, shares @ weights, rtol=1e-5)
    np.testing.assert_allclose(mixed_weights[:, None] * found, shares * weights, rtol=1e-5)
    np.testing.assert_allclose(found[2:].sum(1), 1, rtol=1e-5)


def test_cutmix_gives_labels_by_area():
    pictures = jnp.asarray(np.repeat(np.arange(64, dtype=np.uint8), 96).reshape(64, 8, 12, 1))
    mixed, shares = augmented((pictures, jnp.eye(64)), KEY, Augmentation(cutmix=1.0))
    others = np.asarray(mixed) != np.asarray(pictures)
    assert others[..., 0].any(0).all()  # anywhere
    for number, (image, share) in enumerate(zip(np.asarray(mixed), np.asarray(shares), strict=True)):
        assert set(np.unique(image)) <= {number, (number - 1) % 64}
        np.testing.assert_allclose(share[number], (image == number).mean(), atol=1e-6)


def compiled(loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((8, 8, 1), dtype="uint8"), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(4, "softmax")]
    )
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def test_training_follows_from_the_seed_and_differs_from_epoch_to_epoch():
    images, one_hot = (np.asarray(array) for array in batch(count=50))
    settings = {"batch_size": 16, "epochs": 2, "verbose": 0, "augmentation": Augmentation(shift=0.2, rotation=30.0)}
    first, second = compiled(), compiled()
    labels = one_hot.argmax(1)
    fit(first, images, labels, seed=3, **settings)
    fit(second, images, labels, seed=3, **settings)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    plain, other_seed = compiled(), compiled()
    fit(plain, images, labels, seed=3, **settings | {"augmentation": None})
    fit(other_seed, images, labels, seed=4, **settings)
    for different in (plain, other_seed):
        assert np.abs(first.get_weights()[0] - different.get_weights()[0]).max() > 1e-4


class Seen(keras.layers.Layer):
    """Remembers the last batch."""

    def build(self, shape):
        self.images = self.add_weight(shape=(16, *shape[1:]), trainable=False)

    def call(self, inputs):
        self.images.assign(keras.ops.cast(inputs, "float32"))
        return inputs


def batches_seen(seed, every=True):
    """Each batch of two epochs as the network gets it; before varying, all batches are alike."""
    images, one_hot = (np.asarray(array) for array in batch(count=16))
    seen = Seen()
    inputs = keras.Input(images.shape[1:], batch_size=16, dtype="uint8")
    model = keras.Sequential([inputs, seen, keras.layers.Flatten(), keras.layers.Dense(4)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    found = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, number, logs=None):
            found.append(np.asarray(seen.images).tobytes())

    x, y = np.concatenate([images] * 3), np.concatenate([one_hot.argmax(1)] * 3)
    settings = {"batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0, "augmentation": Augmentation(shift=0.2)}
    fit(model, x, y, seed=seed, callbacks=[Watch()] if every else [], **settings)
    return found or [np.asarray(seen.images).tobytes()]


def test_variations_are_a_function_of_seed_epoch_and_step():
    found = batches_seen(seed=3)
    assert len(set(found)) == len(found) == 6
    assert batches_seen(seed=3) == found
    assert not set(batches_seen(seed=4)) & set(found)
    assert batches_seen(seed=3, every=False) == found[-1:]  # however many steps go at once


@pytest.mark.parametrize(
    ("x", "y", "amounts", "message"),
    [
        (np.zeros((4, 8, 8, 1), np.float32), np.zeros(4, int), {"shift": 0.1}, "raw pixels"),
        (np.zeros((4, 8, 8, 1), np.uint8), np.zeros(4, int), {"mixup": 0.2}, "one-hot"),
        (np.zeros((4, 8, 8, 1), np.uint8), np.zeros((4, 1), int), {"cutmix": 0.2}, "one-hot"),
    ],
)
def test_what_cannot_be_varied_is_refused(x, y, amounts, message):
    with pytest.raises(DataError, match=message):
        fit(compiled(), x, y, verbose=0, augmentation=Augmentation(**amounts))
