"""Probabilities in words."""


def percent(probability: float) -> str:
    """A probability with one decimal; never a certainty or an impossibility, which a network cannot know.

    Example:
        >>> percent(0.98765), percent(0.99999), percent(1.0), percent(0.0001)
        ('98.8 %', '>99.9 %', '>99.9 %', '<0.1 %')
    """
    if probability >= 0.9995:
        return ">99.9 %"
    if probability < 0.0005:
        return "<0.1 %"
    return f"{100 * probability:.1f} %"
