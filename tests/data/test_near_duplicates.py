import io

import numpy as np
import pytest
from PIL import Image

from tenfold.data.dataset import Split
from tenfold.data.load import load_dataset
from tenfold.data.near_duplicates import duplicate_groups, image_digests, near_duplicates


def jpeg(image):
    content = io.BytesIO()
    Image.fromarray(image.squeeze()).save(content, "JPEG", quality=75)
    return np.asarray(Image.open(content)).reshape(image.shape)


def smooth(count, size, channels, seed=0):
    """Pictures with soft shapes, as photos have them."""
    small = np.random.default_rng(seed).integers(0, 256, (count, 7, 7, channels)).astype(np.uint8)
    pictures = [Image.fromarray(image.squeeze()).resize((size, size), Image.Resampling.BICUBIC) for image in small]
    return np.stack([np.asarray(picture).reshape(size, size, channels) for picture in pictures])


def split(images, labels=None):
    return Split(images, np.zeros(len(images), np.int32) if labels is None else np.array(labels, np.int32))


CHANGES = {
    "equal": lambda images: images,
    "shifted": lambda images: np.concatenate([images[:, :, 1:], images[:, :, -1:]], axis=2),
    "shifted both ways": lambda images: np.roll(images, (1, -1), axis=(1, 2)),
    "compressed": lambda images: np.stack([jpeg(image) for image in images]),
    "brighter": lambda images: np.clip(images.astype(int) + 20, 0, 255).astype(np.uint8),
    "paler": lambda images: (images * 0.8 + 20).astype(np.uint8),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("images", [smooth(40, 96, 3), smooth(40, 64, 1)], ids=["colour", "grey"])
def test_copies_are_found_in_other_images_and_beside_the_original(change, images):
    copies = CHANGES[change](images)
    pairs = near_duplicates(split(copies), split(images))
    assert (pairs[:, 0] == pairs[:, 1]).all()
    assert len(pairs) >= 38
    together = near_duplicates(split(np.concatenate([images, copies])))
    assert (together[:, 0] + 40 == together[:, 1]).all()
    assert len(together) >= 38


def test_digits_and_clothes_are_hardly_ever_taken_for_copies():
    mnist, fashion = (load_dataset(name).train.take(np.arange(20_000)) for name in ("mnist", "fashion-mnist"))
    assert len(near_duplicates(mnist)) == 0
    assert len(near_duplicates(fashion)) < 60


def test_copies_of_digits_are_found():
    digits = load_dataset("mnist").test.images[:300]
    for name, change in CHANGES.items():
        found = np.unique(near_duplicates(split(change(digits)), split(digits))[:, 0])
        assert len(found) >= 295, name


def test_a_small_thing_that_is_there_or_not_makes_two_images():
    sheet = smooth(1, 64, 1)[0]
    ticked = sheet.copy()
    ticked[30:37, 30:37] = 255 - ticked[30:37, 30:37] // 2
    assert len(near_duplicates(split(np.stack([sheet, ticked])))) == 0


def test_another_colour_makes_another_image():
    image = np.zeros((24, 24, 3), np.uint8)
    red, green = image.copy(), image.copy()
    red[6:18, 6:18, 0] = 255
    green[6:18, 6:18, 1] = 255
    assert len(near_duplicates(split(np.stack([red, green])))) == 0


def test_only_images_of_one_class_are_nearly_equal_but_equal_ones_are_pairs_in_any_case():
    images = smooth(4, 32, 1)
    images[1] = images[0] // 2 + 60
    images[3] = images[2]
    assert near_duplicates(split(images)).tolist() == [[0, 1], [2, 3]]
    assert near_duplicates(split(images, [0, 1, 0, 1])).tolist() == [[2, 3]]
    assert near_duplicates(split(images[:1]), split(images[1:])).tolist() == [[0, 0]]
    assert near_duplicates(split(images[:1]), split(images[1:], [1, 0, 0])).tolist() == []


def test_blank_and_tiny_images_are_copies_only_if_equal():
    blank = np.repeat(np.array([0, 1, 1, 255], np.uint8), 64).reshape(4, 8, 8, 1)
    assert near_duplicates(split(blank)).tolist() == [[1, 2]]
    dots = np.array([3, 3, 200], np.uint8).reshape(3, 1, 1, 1)
    assert near_duplicates(split(dots)).tolist() == [[0, 1]]
    assert near_duplicates(split(dots), split(dots[1:])).tolist() == [[0, 0], [1, 0], [2, 1]]


def test_many_copies_of_one_image_are_all_connected():
    images = smooth(30, 16, 1)
    images[5:25] = images[3]
    images[25:] = CHANGES["brighter"](images[3:4])
    groups = duplicate_groups(30, near_duplicates(split(images)))
    assert len(set(groups[[3, *range(5, 30)]])) == 1
    assert len(set(groups)) == 5


def test_digests_tell_images_apart():
    images = smooth(50, 8, 3)
    images[7] = images[3]
    digests = image_digests(images)
    assert len(np.unique(digests)) == 49
    assert digests[7] == digests[3]
    assert np.array_equal(image_digests(images[:, ::-1][:, ::-1]), digests)
