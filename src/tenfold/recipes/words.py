"""Finding the right word for a wrong one."""

import difflib
from collections.abc import Iterable

# Words of older Keras versions and of other libraries too unlike the right ones to be told by letters.
_OTHER_WORDS = {
    "acc": ("accuracy",),
    "augment": ("augmentation",),
    "avgpool2d": ("AveragePooling2D",),
    "batch": ("batch_size",),
    "batchnorm": ("BatchNormalization",),
    "batchnorm2d": ("BatchNormalization",),
    "bias": ("use_bias",),
    "border_mode": ("padding",),
    "class_name": ("layer",),
    "convolution2d": ("Conv2D",),
    "cross_entropy": ("sparse_categorical_crossentropy",),
    "ensemble": ("averaging",),
    "decay": ("weight_decay", "schedule"),
    "init": ("kernel_initializer",),
    "linear": ("Dense",),
    "hflip": ("mirrored", "flip"),
    "height_shift_range": ("shift",),
    "horizontal_flip": ("flip",),
    "lr": ("learning_rate",),
    "nb_epoch": ("epochs",),
    "nb_filter": ("filters",),
    "one_hot": ("categorical_crossentropy",),
    "output_dim": ("units",),
    "p": ("rate",),
    "random_erasing": ("erasing",),
    "rotation_range": ("rotation",),
    "subsample": ("strides",),
    "swish": ("silu",),
    "tta": ("averaging",),
    "type": ("layer", "name"),
    "val_acc": ("val_accuracy",),
    "validation_data": ("validation_split",),
    "vertical_flip": ("flip",),
    "width_shift_range": ("shift",),
    "zoom_range": ("zoom",),
}


def nearest(word: str, words: Iterable[str]) -> str:
    """A question that offers the most similar word, or a full stop if none is similar."""
    best = nearest_word(word, words)
    return "." if best is None else f". Did you mean {best!r}?"


def nearest_word(word: str, words: Iterable[str]) -> str | None:
    """The known word that an old name stands for or that is similar, or None. Capitals do not matter."""
    known = {right.lower(): right for right in words}
    for right in other_words(word):
        if right.lower() in known:
            return right
    close = difflib.get_close_matches(word.lower(), known)
    if not close:
        return None
    # Of two equally similar words the one that begins alike: dense-128, not dense-512, for dense-12.
    return known[max(close, key=lambda right: (_similarity(right, word), right.startswith(word.lower())))]


def _similarity(right: str, word: str) -> float:
    return difflib.SequenceMatcher(None, right, word.lower()).ratio()


def other_words(word: str) -> tuple[str, ...]:
    """What a word of an older Keras or another library is called here; nothing if it is none of those."""
    return _OTHER_WORDS.get(word.lower(), ())
