r"""Repeated sampling from small addition models: coverage, and what it is worth.

The shipped addition networks (`emergence.adders`) come with the whole distribution that each
predicts for each held-out problem, so the probability `p` that one sample is right is known
exactly, and with it pass@k for every `k`: :math:`\text{coverage}(k) = \operatorname{mean}_i\,[1 -
(1 - p_i)^k]` [@brown2024large]. Guessing counts: among :math:`10^5` answers, a model that knows the
leading digits gets the rest by luck.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, special

from scaling_lib.data.checks import level
from scaling_lib.experiments.scaling_hypothesis.emergence import DIGITS, adders
from scaling_lib.sampling import coverage


def forward_flops(H: int) -> int:
    """Return the FLOP of one forward pass of an addition network of width `H`, two a weight.

    One pass gives the distribution of all five digits; `equal_compute` still charges each sample a
    full pass, as a model that writes its answer token by token would have to pay.
    """
    return 2 * (20 * DIGITS * H + H * H + 10 * (DIGITS + 1) * H)


def by_size(ks: Sequence[int]) -> pd.DataFrame:
    """Return exact pass@k of every shipped network for `ks` samples a problem.

    Columns: ``seed, H, N, k, coverage, flop`` (of `k` forward passes) and ``greedy`` (share of
    problems whose most probable answer is right).
    """
    return pd.DataFrame(
        adder.names
        | {"k": k, "coverage": share, "flop": float(k * forward_flops(adder.names["H"]))}
        | {"greedy": adder.right.mean()}
        for adder in adders()
        for k, share in zip(ks, coverage(adder.p, ks), strict=True)
    )


def fit_law(k: np.ndarray, share: np.ndarray) -> tuple[float, float]:
    r"""Fit a, b of :math:`\text{coverage} = e^{-a k^{-b}}` by least squares in :math:`\ln(-\ln)`.

    >>> k = np.array([1, 10, 100])
    >>> [round(x, 6) for x in fit_law(k, np.exp(-3 * k**-0.5))]
    [3.0, 0.5]
    """
    slope, height = np.polyfit(np.log(k), np.log(-np.log(level(share, "share", many=True))), 1)
    return float(np.exp(height)), float(-slope)


def fit_beta(n: int, right: np.ndarray) -> tuple[float, float]:
    r"""Fit a Beta distribution of difficulty to counts of right samples, by maximum likelihood.

    The number `right` among `n` samples of each problem is then beta-binomial, and the coverage of
    any number of samples follows (`beta_coverage`) [@schaeffer2025monkeys]. Returns alpha and beta,
    limited to a mean between :math:`10^{-6}` and :math:`1 - 10^{-6}` and a sum between 0.01 and
    :math:`10^6`, where the problems are as good as alike.
    """
    right = np.asarray(right)
    if right.size == 0 or np.any((right < 0) | (right > n)):
        raise ValueError(f"right must be counts between 0 and n={n}, not {right}")
    count, problems = np.unique(right, return_counts=True)

    def shape(theta):
        mean, total = special.expit(theta[0]), np.exp(theta[1])
        return mean * total, (1 - mean) * total

    def minus_log_likelihood(theta):
        a, b = shape(theta)
        return -(problems * (special.betaln(count + a, n - count + b) - special.betaln(a, b))).sum()

    start = [special.logit(np.clip(right.mean() / n, 1e-5, 1 - 1e-5)), np.log(10.0)]
    limits = [(special.logit(1e-6), special.logit(1 - 1e-6)), (np.log(0.01), np.log(1e6))]
    best = optimize.minimize(minus_log_likelihood, start, bounds=limits, method="Nelder-Mead")
    a, b = shape(best.x)
    return float(a), float(b)


def beta_coverage(alpha: float, beta: float, k: np.ndarray) -> np.ndarray:
    r"""Return the coverage :math:`1 - B(\alpha, \beta + k) / B(\alpha, \beta)` of `k` samples.

    >>> [round(float(x), 6) for x in beta_coverage(1.0, 1.0, np.array([1, 3]))]
    [0.5, 0.75]
    """
    return -np.expm1(special.betaln(alpha, beta + np.asarray(k)) - special.betaln(alpha, beta))


def equal_compute(budgets: Sequence[float]) -> pd.DataFrame:
    """Spend one inference budget on many samples of a small network or few of a large one.

    Columns: ``flop`` (the budget, FLOP a problem), ``seed, H, N, k`` (samples) and ``coverage``,
    for each network that can afford at least one sample. The FLOP of a check are not counted.
    """
    return pd.DataFrame(
        {"flop": budget} | adder.names | {"k": int(k), "coverage": coverage(adder.p, int(k))}
        for budget in budgets
        for adder in adders()
        if (k := budget // forward_flops(adder.names["H"])) >= 1
    )
