r"""Addition of two numbers of k digits, digit by digit.

The answer :math:`a + b` to :math:`0 \le a, b < 10^k` has k + 1 digits, of which the first may be 0.
Every digit but the units depends on the carries below it, so the digits are not equally hard, and
an answer is right only if all of them are.
"""

import numpy as np

from scaling_lib.data.checks import whole

MOST_DIGITS = 17  # that 64-bit integers hold


def sample(n: int, digits: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw `n` problems uniformly: the two numbers, each of shape (n,)."""
    whole(digits, "digits", most=MOST_DIGITS)
    return rng.integers(0, 10**digits, n), rng.integers(0, 10**digits, n)


def encode(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """One-hot digits of `a`, units first, then those of `b`: float32, shape (n, 20 * digits)."""
    whole(digits, "digits", most=MOST_DIGITS)
    numbers = np.stack([a, b], axis=1)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= 10**digits):
        raise ValueError(f"numbers must lie in 0 ... {10**digits - 1} to have {digits} digits")
    place = numbers[:, :, None] // 10 ** np.arange(digits) % 10
    return np.eye(10, dtype=np.float32)[place].reshape(len(numbers), 20 * digits)


def answer(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """Digits of ``a + b``, units first, shape (n, digits + 1).

    >>> answer(np.array([95]), np.array([7]), digits=2)
    array([[2, 0, 1]])
    """
    whole(digits, "digits", most=MOST_DIGITS)
    return (a + b)[:, None] // 10 ** np.arange(digits + 1) % 10
