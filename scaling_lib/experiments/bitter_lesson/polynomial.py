r"""Capacity: a line fits less than a cubic, and a polynomial of high degree fits too much.

Points lie on :math:`\sin(3x)` for x between -1 and 1, with noise; no polynomial is the truth. A
polynomial of degree d has d + 1 parameters.

Found (noise 0.3, so 0.09 at best; medians over 100 draws): a line stays at a test error of 0.26
however many points there are. With 20 points the cubic is best (0.11), degree 9 is worse than the
line, degree 15 worse by a factor of a million. With 200 points degree 5 is best (0.093) and degree
15 costs little (0.100); with 2000 all from degree 5 on are within 1 % of the best. Capacity that
is too much for the data at hand is not too much for more data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.polynomial import Legendre

NOISE = 0.3


def truth(x):
    r"""Noiseless function, :math:`\sin(3x)`."""
    return np.sin(3 * x)


def points(n: int, rng: np.random.Generator, noise: float = NOISE):
    """Draw n noisy points; returns x and y, each of shape (n,)."""
    x = rng.uniform(-1, 1, n)
    return x, truth(x) + noise * rng.standard_normal(n)


def fit(x: np.ndarray, y: np.ndarray, degree: int) -> Legendre:
    """Least-squares polynomial, as a callable.

    Raises
    ------
    ValueError
        If there are fewer points than parameters.
    """
    if len(x) <= degree:
        raise ValueError(f"degree {degree} has {degree + 1} parameters but {len(x)} points")
    return Legendre.fit(x, y, degree, domain=(-1, 1))


def by_degree(
    degrees: Sequence[int] = (1, 3, 5, 7, 9, 12, 15),
    sizes: Sequence[int] = (20, 200, 2000),
    seeds: Sequence[int] = tuple(range(100)),
    noise: float = NOISE,
) -> pd.DataFrame:
    """Train and test error by degree and number of points.

    Parameters
    ----------
    degrees : sequence of int
        Degrees d.
    sizes : sequence of int
        Numbers of points D.
    seeds : sequence of int
        One draw of points each.
    noise : float
        Standard deviation of the noise.

    Returns
    -------
    pandas.DataFrame
        ``D, degree, N`` (parameters), and medians over the seeds of ``train`` (mean squared error
        on the points) and ``test`` (mean squared distance to the noisy truth, so at least noise²),
        with the quartiles ``test_low`` and ``test_high``.
    """
    grid = np.linspace(-1, 1, 401)
    rows = []
    for D in sizes:
        for degree in degrees:
            train, test = [], []
            for seed in seeds:
                x, y = points(D, np.random.default_rng([seed, D]), noise)
                curve = fit(x, y, degree)
                train.append(np.mean((curve(x) - y) ** 2))
                test.append(np.mean((curve(grid) - truth(grid)) ** 2) + noise**2)
            low, high = np.quantile(test, [0.25, 0.75])
            rows.append(
                {
                    "D": D,
                    "degree": degree,
                    "N": degree + 1,
                    "train": np.median(train),
                    "test": np.median(test),
                    "test_low": low,
                    "test_high": high,
                }
            )
    return pd.DataFrame(rows)
