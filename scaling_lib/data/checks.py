"""What an argument must be. All messages read "NAME must be WHAT, not VALUE".

One number comes back as a float or an int, many as an array; the message shows the first that is
wrong.

>>> whole([1, 2.5], "k")
Traceback (most recent call last):
    ...
ValueError: k must be a whole number of at least 1, not 2.5
"""

import reprlib

import numpy as np


def finite(value, name):
    """Return finite numbers."""
    return _numbers(value, name, "a finite number", np.isfinite)


def positive(value, name):
    """Return numbers above zero and below infinity."""
    return _numbers(value, name, "positive and finite", lambda x: (x > 0) & (x < np.inf))


def probability(value, name):
    """Return numbers from 0 to 1, both included."""
    return _numbers(value, name, "a probability from 0 to 1", lambda x: (x >= 0) & (x <= 1))


def level(value, name="level"):
    """Return numbers above 0 and below 1: levels of intervals and quantiles."""
    return _numbers(value, name, "above 0 and below 1", lambda x: (x > 0) & (x < 1))


def whole(value, name, least=1, most=None):
    """Return whole numbers of at least `least` and at most `most`.

    A single float is refused even where it is whole: it comes of a forgotten ``round``.
    """
    what = f"a whole number of at least {least}"
    if most is None:
        most = np.iinfo(np.int64).max
    else:
        what = f"a whole number from {least} to {most}"
    numbers = np.asarray(value)
    if numbers.dtype.kind not in ("iuf" if numbers.ndim else "iu") or not numbers.size:
        raise _wrong(name, what, value)
    right = (numbers == np.floor(numbers)) & (least <= numbers) & (numbers <= most)
    if not right.all():
        raise _wrong(name, what, numbers[~right].flat[0].item())
    return numbers.astype(np.int64) if numbers.ndim else int(numbers)


def one_of(value, name, allowed):
    """Return a value that is among those allowed."""
    if value not in allowed:
        raise _wrong(name, " or ".join(map(repr, allowed)), value)
    return value


def _numbers(value, name, what, test):
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise _wrong(name, what, value) from None
    right = test(numbers)
    if not numbers.size or not right.all():
        raise _wrong(name, what, numbers[~right].flat[0].item() if numbers.size else value)
    return numbers if numbers.ndim else float(numbers)


def _wrong(name, what, value):
    return ValueError(f"{name} must be {what}, not {reprlib.repr(value)}")
