"""A batch of a data set as a recipe's augmentation varies it, without training anything."""

from tenfold.data.dataset import Split
from tenfold.recipes.augmentation import Augmentation
from tenfold.types import Images


def varied_images(split: Split, classes: int, augmentation: Augmentation, seed: int) -> Images:
    """The images as one training step would get them.

    Args:
        split: Images and labels.
        classes: How many classes the data has.
        augmentation: What is done.
        seed: Another seed gives other variations.
    """
    import jax.numpy as jnp
    import numpy as np

    from tenfold.training.augmentation import augmented

    one_hot = np.eye(classes, dtype=np.float32)[split.labels]
    key = jnp.array((seed, 0), jnp.uint32)
    return np.asarray(augmented((jnp.asarray(split.images), jnp.asarray(one_hot)), key, augmentation)[0])
