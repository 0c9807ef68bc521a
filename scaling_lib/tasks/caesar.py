r"""Caesar ciphers: decipher a letter, given one example of the same cipher.

A cipher with shift s writes letter :math:`a` as :math:`b = a + s \pmod p`. A problem shows one
example pair (a, b) and a ciphered letter c; the answer is :math:`c - (b - a) \pmod p`. The shift is
never named: it has to be inferred from the example. ROT13 is the shift 13 of 26 letters.
"""

from collections.abc import Iterable

import numpy as np

from scaling_lib.data.checks import whole

LETTERS = 26


def problems(shifts: Iterable[int], p: int = LETTERS) -> tuple[np.ndarray, np.ndarray]:
    """Every problem of the given shifts: p example pairs times p letters to decipher, for each.

    Returns
    -------
    letters : numpy.ndarray of int64, shape (n, 3)
        Plain letter a, its cipher b, and the letter c to decipher.
    y : numpy.ndarray of int64, shape (n,)
        The deciphered letter.

    Examples
    --------
    >>> letters, y = problems([3])
    >>> letters[1], int(y[1])  # A is written D; what is B? (Y)
    (array([0, 3, 1]), 24)
    """
    shifts = np.array(list(shifts), dtype=np.int64)
    if not shifts.size or shifts.min() < 0 or shifts.max() >= p:
        raise ValueError(f"shifts must be numbers from 0 to {p - 1}, at least one, not {shifts}")
    a, s, c = (x.ravel() for x in np.meshgrid(np.arange(p), shifts, np.arange(p), indexing="ij"))
    return np.stack([a, (a + s) % p, c], axis=1), (c - s) % p


def encode(letters: np.ndarray, p: int = LETTERS) -> np.ndarray:
    """One-hot code of the three letters of each problem, float32, shape (n, 3 * p)."""
    return np.eye(p, dtype=np.float32)[letters].reshape(len(letters), 3 * p)


def choose_shifts(n: int, rng: np.random.Generator, p: int = LETTERS, test: int = 13) -> list[int]:
    """Pick n shifts to train on: 3 and 5 first, then others at random, never 0 or `test`."""
    first = [shift for shift in (3, 5) if shift != test and shift < p]
    others = [shift for shift in range(1, p) if shift not in (3, 5, test)]
    whole(n, "n", most=len(first) + len(others))
    return (first + [int(shift) for shift in rng.permutation(others)])[:n]
