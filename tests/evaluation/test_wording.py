import pytest

from tenfold.evaluation.wording import percent


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.98765, "98.8 %"),
        (1.0, ">99.9 %"),
        (0.99999, ">99.9 %"),
        (0.9995, ">99.9 %"),
        (0.99949, "99.9 %"),
        (0.0001, "<0.1 %"),
        (0.0, "<0.1 %"),
    ],
)
def test_percent_never_claims_certainty(probability, text):
    assert percent(probability) == text
