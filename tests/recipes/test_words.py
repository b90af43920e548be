import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.recipes.words import nearest, nearest_word, other_words


@pytest.mark.parametrize(
    ("word", "words", "right"),
    [
        ("epoch", ["epochs", "seed"], "epochs"),
        ("FLATTEN", ["Flatten", "Dense"], "Flatten"),
        ("lr", ["name", "learning_rate"], "learning_rate"),
        ("acc", ["loss", "accuracy"], "accuracy"),
        ("linear", ["Flatten", "Dense"], "Dense"),
        ("linear", ["relu", "linear"], "linear"),
        ("decay", ["optimizer", "schedule"], "schedule"),
        ("dense-12", ["dense-128", "dense-512"], "dense-128"),
        ("zzz", ["epochs", "seed"], None),
        ("epoch", [], None),
    ],
)
def test_the_nearest_word(word, words, right):
    assert nearest_word(word, words) == right


def test_nearest_ends_a_sentence():
    assert nearest("epoch", ["epochs"]) == ". Did you mean 'epochs'?"
    assert nearest("zzz", ["epochs"]) == "."


def test_other_words_are_those_of_older_keras_versions():
    assert other_words("LR") == ("learning_rate",)
    assert other_words("learning_rate") == ()


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=5))
def test_only_known_words_are_offered(word, words):
    assert nearest_word(word, words) in [*words, None]


@settings(deadline=None)
@given(st.lists(st.from_regex("[a-z]{3,9}", fullmatch=True), min_size=1, max_size=5))
def test_a_known_word_is_its_own_nearest(words):
    assert nearest_word(words[0].upper(), words) == words[0] or other_words(words[0])
