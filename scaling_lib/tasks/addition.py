r"""Addition of two numbers of k digits, digit by digit.

A problem is a pair (a, b) with :math:`0 \le a, b < 10^k`; the answer :math:`a + b` has k + 1 digits
(the first may be 0). Inputs are the 2k digits, each one-hot; targets are the digits of the answer,
units first. Every digit but the units depends on the carries below it, so the digits are not
equally hard, and an answer is right only if all of them are.
"""

from __future__ import annotations

import numpy as np


def sample(n: int, digits: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw problems uniformly.

    Parameters
    ----------
    n : int
        Number of problems.
    digits : int
        Digits k of each number.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    a, b : numpy.ndarray of int64, shape (n,)
        The two numbers.
    """
    _check(digits)
    return rng.integers(0, 10**digits, n), rng.integers(0, 10**digits, n)


def encode(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """One-hot digits of both numbers.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (n,)
        The two numbers, each below ``10**digits``.
    digits : int
        Digits k of each number.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 20 * digits)
        The digits of ``a``, units first, then those of ``b``; ten columns a digit.

    Raises
    ------
    ValueError
        If a number does not fit into so many digits.
    """
    _check(digits)
    numbers = np.stack([a, b], axis=1)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= 10**digits):
        raise ValueError(f"numbers must lie in 0 ... {10**digits - 1} to have {digits} digits")
    place = numbers[:, :, None] // 10 ** np.arange(digits) % 10
    return np.eye(10, dtype=np.float32)[place].reshape(len(numbers), 20 * digits)


def answer(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """Digits of the sum.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (n,)
        The two numbers.
    digits : int
        Digits k of each number.

    Returns
    -------
    numpy.ndarray of int64, shape (n, digits + 1)
        Digits of ``a + b``, units first.

    Examples
    --------
    >>> answer(np.array([95]), np.array([7]), digits=2)
    array([[2, 0, 1]])
    """
    _check(digits)
    return (a + b)[:, None] // 10 ** np.arange(digits + 1) % 10


def carries(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """Count the carries in each sum, a measure of how hard it is.

    Parameters
    ----------
    a, b : numpy.ndarray of int, shape (n,)
        The two numbers.
    digits : int
        Digits k of each number.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Between 0 and ``digits``.

    Examples
    --------
    >>> carries(np.array([95, 11, 99]), np.array([7, 22, 1]), digits=2)
    array([2, 0, 2])
    """
    _check(digits)
    power = 10 ** np.arange(1, digits + 1)
    return ((a[:, None] % power + b[:, None] % power) >= power).sum(1)


def _check(digits: int) -> None:
    if not 1 <= digits <= 17:
        raise ValueError(f"digits must be between 1 and 17 (64-bit integers), got {digits}")
