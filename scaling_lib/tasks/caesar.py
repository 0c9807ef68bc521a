r"""Caesar ciphers: decipher a letter, given one example of the same cipher.

A cipher with shift s writes letter :math:`a` as :math:`b = a + s \pmod{26}`. A problem shows one
example pair (a, b) and a ciphered letter c; the answer is :math:`c - (b - a) \pmod{26}`. The shift
is never named: it has to be inferred from the example. ROT13 is the shift 13.
"""

from collections.abc import Iterable

import numpy as np

from scaling_lib.data.checks import whole

LETTERS = 26
ROT13 = 13  # the shift that is never trained on


def problems(shifts: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """Every problem of the given shifts: 26 example pairs times 26 letters to decipher, for each.

    Letters, shape (n, 3), are the plain letter a, its cipher b, and the letter c to decipher; y,
    shape (n,), is the deciphered letter.

    >>> letters, y = problems([3])
    >>> letters[1], int(y[1])  # A is written D; what is B? (Y)
    (array([0, 3, 1]), 24)
    """
    shifts = whole(list(shifts), "shifts", 0, LETTERS - 1, many=True)
    alphabet = np.arange(LETTERS)
    a, s, c = (x.ravel() for x in np.meshgrid(alphabet, shifts, alphabet, indexing="ij"))
    return np.stack([a, (a + s) % LETTERS, c], axis=1), (c - s) % LETTERS


def encode(letters: np.ndarray) -> np.ndarray:
    """One-hot code of the three letters of each problem, float32, shape (n, 3 * 26)."""
    return np.eye(LETTERS, dtype=np.float32)[letters].reshape(len(letters), 3 * LETTERS)


def choose_shifts(n: int, rng: np.random.Generator) -> list[int]:
    """Pick n shifts to train on: 3 and 5 first, then others at random, never 0 or ROT13."""
    others = [shift for shift in range(1, LETTERS) if shift not in (3, 5, ROT13)]
    whole(n, "n", most=2 + len(others))
    return [3, 5, *map(int, rng.permutation(others))][:n]
