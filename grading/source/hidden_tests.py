"""What a hidden test may use: fresh inputs, the reference, a strict comparison, an interval.

The same cell runs in a kernel, where `reference` finds the notebook's own functions (they are the
solution), and in the grader, where it finds those of the instructor's source.
"""

import contextlib
import hashlib
import os
import pathlib
import sys

import numpy as np

SEED_VARIABLE = "SCALING_SECRET_SEED"  # environment variable that holds the instructor's secret
PUBLIC_SEED = "public"  # the secret of those who set none: its inputs can be computed by anyone
PUBLIC = "hidden inputs are drawn from the public seed, which anyone can use"


def read_secret(path):
    """Return the instructor's secret, the content of a file; `ValueError` if there is none."""
    secret = pathlib.Path(path).read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"{path} is empty: write a long random text into it")
    return secret


def fresh(exercise):
    """Return a numpy generator that depends on the instructor's secret and the exercise's id.

    The same id always gives a generator in the same state. Raises `ValueError` if it is no string
    of at least one character.
    """
    if not isinstance(exercise, str) or not exercise:
        raise ValueError(f"exercise must be its id, such as 'allocation', not {exercise!r}")
    secret = os.environ.get(SEED_VARIABLE) or PUBLIC_SEED
    # The length keeps ("ab", "c") apart from ("a", "bc").
    text = f"{len(secret)}:{secret}:{exercise}".encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest(), "big"))


class Reference:
    """The functions and values of the reference solution, as attributes.

    Outside the grader they are those of the notebook that is running.
    """

    def __init__(self):
        self._lookup = None

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        lookup = self._lookup or vars(sys.modules["__main__"]).__getitem__
        try:
            return lookup(name)
        except KeyError:
            raise AttributeError(f"the source notebook defines no `{name}`") from None

    @contextlib.contextmanager
    def taken_from(self, lookup):
        """For a while, take names from a function that raises `KeyError` for unknown ones."""
        before, self._lookup = self._lookup, lookup
        try:
            yield self
        finally:
            self._lookup = before


# The reference solution: ``reference.loss(N)`` calls the ``loss`` of the source notebook.
reference = Reference()


class IntervalMissed(AssertionError):
    """A prediction that did not hold: no fault of the function. The text is the instructor's."""


def holds(low, high, outcome):
    """Raise `IntervalMissed` unless the outcome lies in the interval that a learner predicted.

    To be called last in a test: what is told of it says that the function has passed.
    """
    if not low <= outcome <= high:
        raise IntervalMissed(f"{outcome:.3g} is outside of {low:.3g} to {high:.3g}")


def same(actual, expected, rtol=1e-9, atol=0.0):
    """Tell whether an answer has the shape and the numbers that are expected.

    ``numpy.allclose`` is no test of an answer: it broadcasts, so that an empty array or a single
    number agrees with anything of the right value.

    Parameters
    ----------
    actual, expected : array_like
        Numbers. `actual` may be anything at all: what is not made of numbers is never the same.
    rtol, atol : float
        Allowed difference: ``atol + rtol * abs(expected)``. NaN equals NaN, infinity equals
        infinity of the same sign.
    """
    try:
        actual = np.asarray(actual)
    except (TypeError, ValueError):  # ragged
        return False
    expected = np.asarray(expected)
    if actual.dtype.kind not in "biufc" or actual.shape != expected.shape:
        return False
    return bool(np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True).all())
