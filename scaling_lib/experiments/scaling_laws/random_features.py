r"""Random features: power laws whose exponents the spectrum of the data predicts; double descent.

Inputs x have M latent coordinates of variance :math:`\lambda_i = i^{-(1+\alpha)}`. The target is
:math:`y = w \cdot x`, with noise if wanted. The learner sees N random linear features
:math:`\phi = U x` of D examples and fits y by ridge regression; its test loss is computed exactly
from w and :math:`\lambda`. The theory says that it falls as :math:`N^{-\alpha}` when N is the
scarce resource and as :math:`D^{-\alpha}` when D is [@maloney2022solvable; @bahri2021explaining].
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import SEEDS, tabulate


def losses(
    N, D, alpha, rng: np.random.Generator, latent=4000, ridge=1e-10, noise=0.0, teachers=128
) -> tuple[float, float]:
    """Train and test loss of one random-feature regression with N features and D examples.

    The losses are mean squared errors over the variance of the noiseless target, which is also the
    test target, averaged over so many `teachers` w. The power laws need `latent`, the coordinates
    M, far above N and D. `ridge` is a multiple of the mean squared singular value of the feature
    matrix, and `noise` of the standard deviation of the targets.
    """
    if min(N, D, teachers) < 1 or ridge <= 0 or noise < 0:
        raise ValueError("N, D, teachers and ridge must be positive, and noise not negative")
    if latent < N:
        raise ValueError(f"latent must be at least N = {N}, not {latent}")
    scale = np.arange(1, latent + 1) ** (-(1 + alpha) / 2)
    w = rng.standard_normal((latent, teachers))
    X = rng.standard_normal((D, latent)) * scale
    U = rng.standard_normal((N, latent)) / np.sqrt(latent)
    variance = ((scale[:, None] * w) ** 2).sum(0).mean()
    Y = X @ w
    Y += noise * np.sqrt(variance) * rng.standard_normal(Y.shape)
    F = X @ U.T
    penalty = ridge * (F * F).sum() / min(N, D)
    if N <= D:  # two forms of the same solution; the smaller system is solved
        theta = np.linalg.solve(F.T @ F + penalty * np.eye(N), F.T @ Y)
    else:
        theta = F.T @ np.linalg.solve(F @ F.T + penalty * np.eye(D), Y)
    train = ((F @ theta - Y) ** 2).mean() / variance
    test = ((scale[:, None] * (w - U.T @ theta)) ** 2).sum(0).mean() / variance
    return float(train), float(test)


def double_descent(sizes: Sequence[int], D=128, ridges=(1e-8, 1e-2)) -> pd.DataFrame:
    """Train and test loss on both sides of N = D, with alpha = 1 and noise of 0.3 on the targets.

    Columns: ``ridge, seed, N, train, test``. Near N = D the test loss has heavy tails over seeds:
    take medians.
    """

    def run(ridge, seed, N):
        rng = np.random.default_rng([seed, N])  # the same draws for every ridge
        train, test = losses(N, D, 1.0, rng, 2048, ridge, noise=0.3, teachers=16)
        return {"train": train, "test": test}

    return tabulate(run, ridge=list(ridges), seed=SEEDS, N=list(sizes))
