r"""Random features: power laws whose exponents the spectrum of the data predicts; double descent.

Inputs x have M latent coordinates of variance :math:`\lambda_i = i^{-(1+\alpha)}`. The target is
:math:`y = w \cdot x`, with noise if wanted. The learner sees N random linear features
:math:`\phi = U x` of D examples and fits y by ridge regression; its test loss is computed exactly
from w and :math:`\lambda`, without a test set. The theory says that the loss falls as
:math:`N^{-\alpha}` when N is the scarce resource and as :math:`D^{-\alpha}` when D is
[@maloney2022solvable; @bahri2021explaining].

Found (latent 4000, 128 teachers, other resource 1200, sizes 16 to 256, seeds 0 to 2): measured
exponents for alpha = 0.3, 0.5, 1, 1.5 are 0.32, 0.48, 0.95, 1.44 for N and 0.32, 0.49, 0.95, 1.44
for D, with 0.01 to 0.05 between seeds: the prediction holds within about 8 %, too high for the
flattest spectrum and too low for the others (finite sizes). With noisy targets and almost no ridge
(1e-8) the test loss falls, rises more than a hundredfold at N = D = 128 and falls again, to about
its first minimum at N = 1024; a ridge of 1e-2 takes the peak away and is better everywhere.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import tabulate


def losses(
    N: int,
    D: int,
    alpha: float,
    rng: np.random.Generator,
    latent: int = 4000,
    ridge: float = 1e-10,
    noise: float = 0.0,
    teachers: int = 128,
) -> tuple[float, float]:
    """Train and test loss of one random-feature regression with N features and D examples.

    Parameters
    ----------
    alpha
        The variances of the latent coordinates fall as ``i ** -(1 + alpha)``.
    latent
        Latent coordinates M, at least N; the power laws need it far above N and D.
    ridge
        Ridge penalty, as a multiple of the mean squared singular value of the feature matrix.
    noise
        Standard deviation of the noise on the targets, as a multiple of that of the targets.
    teachers
        Independent targets w, over which the loss is averaged.

    Returns
    -------
    train, test : float
        Mean squared errors divided by the variance of the (noiseless) target. The test target has
        no noise.
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


def exponents(
    alphas: Sequence[float] = (0.5, 1.0),
    sizes: Sequence[int] = (16, 32, 64, 128, 256),
    other: int = 1200,
    seeds: Sequence[int] = (0, 1, 2),
    latent: int = 4000,
) -> pd.DataFrame:
    """Test loss as one resource grows, the other one being plentiful.

    Returns
    -------
    pandas.DataFrame
        ``alpha, seed, scarce`` ("N" or "D"), ``size, loss``.
    """

    def run(alpha, seed):
        rng = np.random.default_rng(seed)

        def loss(scarce, size):
            N, D = (size, other) if scarce == "N" else (other, size)
            return {"loss": losses(N, D, alpha, rng, latent)[1]}

        return tabulate(loss, scarce=["N", "D"], size=list(sizes))

    return tabulate(run, alpha=list(alphas), seed=list(seeds))


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Exponent of each curve of `exponents`: the slope between logarithms, with its sign changed.

    Returns
    -------
    pandas.DataFrame
        ``alpha`` (the prediction), ``scarce``, ``exponent`` (mean over seeds), ``sd`` (standard
        deviation over seeds; NaN for one seed).
    """

    def slope(curve):
        return -np.polyfit(np.log(curve["size"]), np.log(curve["loss"]), 1)[0]

    each = table.groupby(["alpha", "scarce", "seed"])[["size", "loss"]].apply(slope)
    summary = each.groupby(["alpha", "scarce"]).agg(["mean", "std"]).reset_index()
    return summary.rename(columns={"mean": "exponent", "std": "sd"})


def double_descent(
    sizes: Sequence[int] = (8, 16, 32, 64, 96, 112, 120, 128, 136, 144, 160, 192, 256, 512, 1024),
    D: int = 128,
    ridges: Sequence[float] = (1e-8, 1e-2),
    seeds: Sequence[int] = (0, 1, 2),
    latent: int = 2048,
) -> pd.DataFrame:
    """Train and test loss on both sides of N = D, with alpha = 1 and noise of 0.3 on the targets.

    Returns
    -------
    pandas.DataFrame
        ``ridge, seed, N, train, test``. Near N = D the test loss has heavy tails over seeds: take
        medians.
    """

    def run(ridge, seed, N):
        rng = np.random.default_rng([seed, N])  # the same draws for every ridge
        train, test = losses(N, D, 1.0, rng, latent, ridge, noise=0.3, teachers=16)
        return {"train": train, "test": test}

    return tabulate(run, ridge=list(ridges), seed=list(seeds), N=list(sizes))
