"""Checks of arguments that several modules share."""

import numpy as np


def positive(value, name):
    """Return numbers that are positive and finite.

    Parameters
    ----------
    value : float or array_like
        To check.
    name : str
        How the argument is called in the message.

    Returns
    -------
    float or ndarray
        A float if `value` is a single number.

    Raises
    ------
    ValueError
        If something is not a number, not finite, zero or negative.
    """
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        raise ValueError(f"{name} must be positive and finite, not {numbers[wrong].flat[0]:g}")
    return float(numbers) if numbers.ndim == 0 else numbers
