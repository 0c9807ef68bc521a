r"""Reliable answers from unreliable units: redundancy, chains, and what correlation takes away.

A model that is right with probability `p` is like one noisy component. Three closed forms, each
checked against a simulation in the tests:

* **Redundancy.** The majority of `n` independent units errs with a probability that falls
  exponentially in `n` (`scaling_lib.sampling.binary_vote`), if :math:`p > 1/2`; below one half it
  rises just as fast.
* **Chains.** A task of `m` steps that must all succeed succeeds with :math:`p^m`. Voting at each
  step buys length: for a target reliability, the number of units a step needs grows only with
  :math:`\log m` (`units_needed`), which is why unreliable parts can make a reliable whole.
* **Common causes.** If units share a cause that makes all of them right or wrong together, the
  error has a floor that no number of units removes. Two models of dependence with the same mean
  and the same pairwise correlation :math:`\rho` show how much the kind of dependence matters:
  ``common`` (with probability :math:`\rho` all units repeat one draw) and ``beta`` (each problem
  has its own difficulty, Beta-distributed with mean `p`).
"""

from __future__ import annotations

import math

import numpy as np

from scaling_lib.sampling import binary_vote

DEPENDENCE = ("common", "beta")


def _check(p, rho, dependence="common"):
    if not 0 < p < 1:
        raise ValueError(f"p must lie strictly between 0 and 1, got {p}")
    if not 0 <= rho < 1:
        raise ValueError(f"rho must lie in [0, 1), got {rho}")
    if dependence not in DEPENDENCE:
        raise ValueError(f"dependence must be one of {DEPENDENCE}, got {dependence!r}")


def majority(p: float, n: int, rho: float = 0.0, dependence: str = "common") -> float:
    r"""Return the probability that the majority of `n` units is right.

    Parameters
    ----------
    p : float
        Probability that one unit is right.
    n : int
        Number of units; ties are broken by a coin.
    rho : float
        Correlation between any two units.
    dependence : {"common", "beta"}
        ``common``: :math:`\rho\,p + (1 - \rho)\,M_n(p)` with :math:`M_n` the independent
        majority; the floor of the error is :math:`\rho (1 - p)`. ``beta``: each problem has its own
        probability, Beta(:math:`a, b`) with :math:`a = p(1/\rho - 1)`,
        :math:`b = (1 - p)(1/\rho - 1)`; the votes are beta-binomial.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `p`, `rho` or `dependence` is not valid.

    Examples
    --------
    >>> round(majority(0.6, 101), 3), round(majority(0.6, 101, rho=0.2), 3)
    (0.979, 0.903)
    """
    _check(p, rho, dependence)
    independent = binary_vote(p, n)
    if rho == 0:
        return independent
    if dependence == "common":
        return rho * p + (1 - rho) * independent
    a, b = p * (1 / rho - 1), (1 - p) * (1 / rho - 1)
    right = np.arange(n + 1)
    log_gamma = np.vectorize(math.lgamma)
    log_ways = log_gamma(n + 1) - log_gamma(right + 1) - log_gamma(n - right + 1)
    log_beta = log_gamma(right + a) + log_gamma(n - right + b) - math.lgamma(n + a + b)
    log_beta0 = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    wins = (np.sign(2 * right - n) + 1) / 2
    return float((np.exp(log_ways + log_beta - log_beta0) * wins).sum())


def chain(p: float, steps: int, units: int = 1, rho: float = 0.0) -> float:
    """Return the probability that a chain of `steps` succeeds, each step decided by a majority.

    Parameters
    ----------
    p : float
        Probability that one unit does one step rightly.
    steps : int
        Steps that must all succeed, independent of each other.
    units : int
        Units that vote on each step.
    rho : float
        Correlation between units within a step (a common cause, see `majority`).

    Returns
    -------
    float

    Examples
    --------
    >>> round(chain(0.99, 100), 3), chain(0.99, 100, units=5) > 0.999
    (0.366, True)
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    return majority(p, units, rho) ** steps


def units_needed(
    p: float, steps: int, target: float, rho: float = 0.0, most: int = 999
) -> int | None:
    """Return the smallest odd number of units a step that makes a chain reach a target.

    Parameters
    ----------
    p : float
        Probability that one unit does one step rightly.
    steps : int
        Steps that must all succeed.
    target : float
        Required probability that the whole chain succeeds.
    rho : float
        Correlation between units within a step.
    most : int
        Units at which the search ends.

    Returns
    -------
    int or None
        None when `most` units do not reach the target; with `rho` above zero that is often a
        floor and not a matter of more units.

    Examples
    --------
    >>> [units_needed(0.9, steps, 0.99) for steps in (1, 10, 100, 1000)]
    [5, 9, 13, 19]
    >>> units_needed(0.9, 100, 0.99, rho=0.05) is None
    True
    """
    if not 0 < target < 1:
        raise ValueError(f"target must lie strictly between 0 and 1, got {target}")
    if chain(p, steps, 1, rho) >= target:
        return 1
    if p <= 0.5:
        return None  # a majority of units that are usually wrong is wrong more often
    low, high = 0, (most - 1) // 2  # in pairs beyond the first unit: reliability rises with them
    if chain(p, steps, 2 * high + 1, rho) < target:
        return None
    while low < high:
        middle = (low + high) // 2
        if chain(p, steps, 2 * middle + 1, rho) >= target:
            high = middle
        else:
            low = middle + 1
    return 2 * low + 1


def simulate_majority(
    p: float,
    n: int,
    rho: float = 0.0,
    dependence: str = "common",
    trials: int = 20_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Measure what `majority` computes, by drawing the units.

    Parameters
    ----------
    p, n, rho, dependence
        As in `majority`.
    trials : int
        Independent problems.
    seed : int
        Seed of the draws.

    Returns
    -------
    share, error : float
        Share of problems on which the majority is right, and its standard error.
    """
    _check(p, rho, dependence)
    rng = np.random.default_rng(seed)
    if dependence == "beta" and rho > 0:
        difficulty = rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), trials)
        right = rng.binomial(n, difficulty)
    else:
        right = rng.binomial(n, p, trials)
        shared = rng.random(trials) < rho
        right[shared] = n * (rng.random(shared.sum()) < p)
    score = (np.sign(2 * right - n) + 1) / 2
    return float(score.mean()), float(score.std() / math.sqrt(trials))


def vote_correlation(right: np.ndarray) -> float:
    """Measure the mean correlation between the errors of real units.

    Parameters
    ----------
    right : numpy.ndarray of bool, shape (units, problems)
        Whether each unit (a trained model, say) is right on each problem.

    Returns
    -------
    float
        Mean over pairs of the correlation over problems; ``nan`` if a unit is always or never
        right.

    Raises
    ------
    ValueError
        If there are fewer than two units or two problems.
    """
    right = np.asarray(right, float)
    if right.ndim != 2 or min(right.shape) < 2:
        raise ValueError(f"right must be (units, problems), at least 2 of each, got {right.shape}")
    centred = right - right.mean(1, keepdims=True)
    spread = np.sqrt((centred**2).mean(1))
    if np.any(spread == 0):
        return math.nan
    correlation = (centred / spread[:, None]) @ (centred / spread[:, None]).T / right.shape[1]
    return float(correlation[np.triu_indices(len(right), 1)].mean())
