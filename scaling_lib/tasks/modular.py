"""Addition modulo p: all p² pairs, of which a learner sees some and is tested on the rest."""

import numpy as np

from scaling_lib.data.checks import whole


def pairs(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Every pair (a, b), one-hot a beside one-hot b, shape (p², 2p), and ``(a + b) % p``.

    >>> X, y = pairs(3)
    >>> X[5], int(y[5])  # 1 + 2 = 0 (mod 3)
    (array([0., 1., 0., 0., 0., 1.], dtype=float32), 0)
    """
    whole(p, "p", 2)
    a, b = np.divmod(np.arange(p * p), p)
    eye = np.eye(p, dtype=np.float32)
    return np.hstack([eye[a], eye[b]]), (a + b) % p


def split(p: int, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Split the row numbers of `pairs` at random: a fraction to train on, and the rest to test."""
    n = int(fraction * p * p)
    if not 1 <= n < p * p:
        raise ValueError(f"fraction must leave pairs to train and to test on, not {fraction}")
    order = rng.permutation(p * p)
    return order[:n], order[n:]
