r"""The long tail: how much of the world is still unseen after D draws.

Facts are met with probabilities :math:`p_i \propto i^{-a}`, i = 1 ... V (Zipf's law). The
probability that the next fact is new is the unseen mass,

.. math:: U(D) = \sum_i p_i (1 - p_i)^D
    \approx \frac{\Gamma(1 - 1/a)}{a} \, Z^{-1/a} \, D^{-(1 - 1/a)},

with :math:`Z = \sum_i i^{-a}`; the approximation holds for a > 1, an endless list and large D. So
an error that consists of facts never seen falls as a power of the data, slowly: for a = 1.5 a
thousandfold D leaves a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd


def frequencies(a: float, V: int) -> np.ndarray:
    """Probabilities of V facts, falling as ``i ** -a``; shape (V,), sum 1.

    Raises
    ------
    ValueError
        If V is below 1 or a is negative.
    """
    if V < 1 or a < 0:
        raise ValueError(f"V must be at least 1 and a not negative, got V={V}, a={a}")
    p = np.arange(1, V + 1, dtype=float) ** -a
    return p / p.sum()


def unseen_mass(D, a: float = 1.5, V: int = 1_000_000):
    r"""Compute the expected probability that the next draw is a fact not met in D draws.

    Parameters
    ----------
    D : int or sequence of int
        Draws so far.
    a : float
        Zipf exponent.
    V : int
        Number of facts.

    Returns
    -------
    float or numpy.ndarray
        Exact expectation, :math:`\sum_i p_i (1 - p_i)^D`.

    Examples
    --------
    >>> round(unseen_mass(1, a=0.0, V=4), 6)
    0.75
    """
    p = frequencies(a, V)
    log_missed = np.log1p(-np.minimum(p, 1 - 1e-16))
    mass = np.array([np.exp(D_ * log_missed) @ p for D_ in np.atleast_1d(D)])
    return float(mass[0]) if np.isscalar(D) else mass


def unseen_mass_power_law(D, a: float = 1.5, V: int = 1_000_000):
    """Approximation of `unseen_mass` by a power law, for a > 1 and 1 << D << V ** a.

    Raises
    ------
    ValueError
        If a is not above 1.
    """
    if a <= 1:
        raise ValueError(f"the power law needs a Zipf exponent above 1, got {a}")
    Z = (np.arange(1, V + 1, dtype=float) ** -a).sum()
    factor = math.gamma(1 - 1 / a) / a * Z ** (-1 / a)
    return factor * np.asarray(D, dtype=float) ** -(1 - 1 / a)


def simulate(
    sizes: Sequence[int] = (100, 1000, 10_000, 100_000),
    a: float = 1.5,
    V: int = 1_000_000,
    seeds: Sequence[int] = (0, 1, 2),
) -> pd.DataFrame:
    """Draw facts and measure what is still unseen.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of draws D at which to look.
    a : float
        Zipf exponent.
    V : int
        Number of facts.
    seeds : sequence of int
        One sequence of draws each.

    Returns
    -------
    pandas.DataFrame
        ``seed, D``; ``seen``, different facts met; ``unseen``, the probability of all others;
        ``good_turing``, the share of facts met exactly once among the draws: an estimate of
        ``unseen`` that needs no knowledge of the truth (Good 1953, ``good1953population``);
        ``expected`` from `unseen_mass`.
    """
    p = frequencies(a, V)
    cumulative = np.cumsum(p)
    cumulative[-1] = 1
    expected = dict(zip(sizes, unseen_mass(list(sizes), a, V), strict=True))
    rows = []
    for seed in seeds:
        draws = np.searchsorted(cumulative, np.random.default_rng(seed).random(max(sizes)))
        for D in sizes:
            facts, counts = np.unique(draws[:D], return_counts=True)
            rows.append(
                {
                    "seed": seed,
                    "D": D,
                    "seen": len(facts),
                    "unseen": 1 - p[facts].sum(),
                    "good_turing": (counts == 1).sum() / D,
                    "expected": expected[D],
                }
            )
    return pd.DataFrame(rows)
