"""What an argument must be. All messages read "NAME must be WHAT, not VALUE".

One number is expected and returned as a float or an int. With ``many=True`` an array of any shape
is, and the message shows the first number that is wrong.

>>> whole([1, 2.5], "k", many=True)
Traceback (most recent call last):
    ...
ValueError: k must be a whole number of at least 1, not 2.5
"""

import reprlib

import numpy as np


def finite(value, name, many=False):
    """Return finite numbers."""
    return _numbers(value, name, "a finite number", many, np.isfinite)


def positive(value, name, many=False):
    """Return numbers above zero and below infinity."""
    return _numbers(value, name, "positive and finite", many, lambda x: (x > 0) & (x < np.inf))


def probability(value, name, many=False):
    """Return numbers from 0 to 1, both included."""
    return _numbers(value, name, "between 0 and 1", many, lambda x: (x >= 0) & (x <= 1))


def level(value, name="level", many=False):
    """Return numbers above 0 and below 1: levels of intervals and quantiles."""
    return _numbers(value, name, "above 0 and below 1", many, lambda x: (x > 0) & (x < 1))


def whole(value, name, least=1, most=None, many=False):
    """Return whole numbers of at least `least` and at most `most`.

    A single float is refused even where it is whole: it comes of a forgotten ``round``.
    """
    what = f"a whole number of at least {least}"
    if most is None:
        most = np.iinfo(np.int64).max
    else:
        what = f"a whole number from {least} to {most}"
    numbers = _array(value, name, what, None, many)
    if numbers.dtype.kind not in ("iuf" if numbers.ndim else "iu"):
        raise _wrong(name, what, value)
    right = (numbers == np.floor(numbers)) & (least <= numbers) & (numbers <= most)
    _check_all(right, numbers, name, what)
    return numbers.astype(np.int64) if many else int(numbers)


def one_of(value, name, allowed):
    """Return a value that is among those allowed."""
    if value not in allowed:
        raise _wrong(name, " or ".join(map(repr, allowed)), value)
    return value


def _numbers(value, name, what, many, test):
    numbers = _array(value, name, what, float, many)
    _check_all(test(numbers), numbers, name, what)
    return numbers if many else float(numbers)


def _array(value, name, what, dtype, many):
    try:
        numbers = np.asarray(value, dtype)
    except (TypeError, ValueError, OverflowError):
        raise _wrong(name, what, value) from None
    if value is None or not numbers.size or (numbers.ndim and not many):
        raise _wrong(name, what, value)
    return numbers


def _check_all(right, numbers, name, what):
    if not right.all():
        raise _wrong(name, what, numbers[~right].flat[0].item())


def _wrong(name, what, value):
    return ValueError(f"{name} must be {what}, not {reprlib.repr(value)}")
