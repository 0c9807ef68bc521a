"""Addition modulo p: all p² pairs, of which a learner sees some and is tested on the rest."""

from __future__ import annotations

import numpy as np


def pairs(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Every pair (a, b) with its sum modulo p.

    Parameters
    ----------
    p : int
        Modulus, at least 2.

    Returns
    -------
    X : numpy.ndarray of float32, shape (p * p, 2 * p)
        One-hot a, then one-hot b.
    y : numpy.ndarray of int64, shape (p * p,)
        ``(a + b) % p``.

    Raises
    ------
    ValueError
        If p is below 2.

    Examples
    --------
    >>> X, y = pairs(3)
    >>> X[5], int(y[5])  # 1 + 2 = 0 (mod 3)
    (array([0., 1., 0., 0., 0., 1.], dtype=float32), 0)
    """
    if p < 2:
        raise ValueError(f"the modulus p must be at least 2, got {p}")
    a, b = np.divmod(np.arange(p * p), p)
    eye = np.eye(p, dtype=np.float32)
    return np.hstack([eye[a], eye[b]]), (a + b) % p


def split(p: int, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows of `pairs` at random into training and test rows.

    Parameters
    ----------
    p : int
        Modulus.
    fraction : float
        Share of the pairs to train on, above 0 and below 1.
    rng : numpy.random.Generator
        Source of the split.

    Returns
    -------
    train, test : numpy.ndarray of int64
        Row numbers, disjoint, together all of them.

    Raises
    ------
    ValueError
        If one of the two parts would be empty.
    """
    n = int(fraction * p * p)
    if not 1 <= n < p * p:
        raise ValueError(f"fraction must leave pairs to train and to test on, got {fraction}")
    order = rng.permutation(p * p)
    return order[:n], order[n:]
