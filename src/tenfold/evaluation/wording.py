"""Probabilities in words."""


def percent(probability: float) -> str:
    """A probability with one decimal, never rounded up to a certainty or down to an impossibility.

    Example:
        >>> percent(0.98765), percent(0.99999), percent(0.0001)
        ('98.8 %', '>99.9 %', '<0.1 %')
    """
    if 0.9995 <= probability < 1:
        return ">99.9 %"
    if 0 < probability < 0.0005:
        return "<0.1 %"
    return f"{100 * probability:.1f} %"
