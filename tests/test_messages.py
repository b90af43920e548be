import pytest

from tenfold.messages import Note, language, spoken, translated


def test_a_note_is_worded_with_its_parameters():
    note = Note("resized", "{count} images were resized to {size}.", {"count": 3, "size": "28×28"})
    assert str(note) == "3 images were resized to 28×28."
    assert str(Note("all_equal", "All images are equal.")) == "All images are equal."


def test_braces_in_a_parameter_are_text():
    assert str(Note("text", "{text}", {"text": "the class {count}"})) == "the class {count}"


def test_a_note_warns_only_if_it_says_so():
    assert Note("a", "A.").severity == "note"
    assert Note("a", "A.", severity="warning").severity == "warning"


def test_the_language_holds_inside_the_block_alone():
    assert language() == "en"
    with spoken("zh"):
        assert language() == "zh"
        with spoken("en"):
            assert language() == "en"
        assert language() == "zh"
    assert language() == "en"


def test_the_language_is_reset_after_an_error():
    with pytest.raises(KeyError), spoken("zh"):
        raise KeyError
    assert language() == "en"


def test_what_has_no_translation_stays_english():
    with spoken("zh"):
        assert translated("No catalogue has {this} sentence.") == "No catalogue has {this} sentence."
        assert (
            str(Note("a", "No catalogue has {this} sentence.", {"this": "that"})) == "No catalogue has that sentence."
        )
