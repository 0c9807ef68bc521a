r"""Reliable answers from unreliable units: redundancy, chains, and what correlation takes away.

A model that is right with probability `p` is like one noisy component. The majority of `n`
independent units errs with a probability that falls exponentially in `n` if :math:`p > 1/2`, so
that the units that each of `m` steps needs grow only with :math:`\log m`. But if units share a
cause that makes all of them right or wrong together, the error has a floor. Two kinds of dependence
with the same mean and pairwise correlation :math:`\rho`: ``common`` (with probability :math:`\rho`
all units repeat one draw) and ``beta`` (each problem has its own, Beta-distributed difficulty).
"""

import bisect

import numpy as np
from scipy.stats import betabinom

from scaling_lib.data.checks import level, one_of, whole
from scaling_lib.sampling import binary_vote

DEPENDENCE = ("common", "beta")
MOST_UNITS = 999  #: at which the search of `units_needed` ends


def majority(p: float, n: int, rho: float = 0.0, dependence: str = "common") -> float:
    r"""Return the probability that the majority of `n` units is right; a coin breaks ties.

    A unit is right with probability `p`; `rho`, from 0 to below 1, is the correlation between any
    two. For the dependence ``common`` that is :math:`\rho\,p + (1 - \rho)\,M_n(p)` with :math:`M_n`
    the independent majority; the floor of the error is :math:`\rho (1 - p)`. For ``beta`` each
    problem has its own probability, Beta(:math:`a, b`) with :math:`a = p(1/\rho - 1)`,
    :math:`b = (1 - p)(1/\rho - 1)`; the votes are beta-binomial.

    >>> round(majority(0.6, 101), 3), round(majority(0.6, 101, rho=0.2), 3)
    (0.979, 0.903)
    """
    level(p, "p")
    one_of(dependence, "dependence", DEPENDENCE)
    if rho == 0:
        return binary_vote(p, n)
    level(rho, "rho")
    if dependence == "common":
        return rho * p + (1 - rho) * binary_vote(p, n)
    a, b = p * (1 / rho - 1), (1 - p) * (1 / rho - 1)
    right = np.arange(n + 1)
    return float(betabinom.pmf(right, n, a, b) @ (np.sign(2 * right - n) + 1)) / 2


def units_needed(p: float, steps: int, target: float, rho: float = 0.0) -> int | None:
    """Return the smallest odd number of units with which `steps` all succeed with `target`.

    Steps are independent, each decided by a majority; `rho` is the correlation within a step, by a
    common cause. None where `MOST_UNITS` do not reach the target; with `rho` above zero that is
    often a floor and not a matter of more units.

    >>> [units_needed(0.9, steps, 0.99) for steps in (1, 10, 100, 1000)]
    [5, 9, 13, 19]
    >>> units_needed(0.9, 100, 0.99, rho=0.05) is None
    True
    """
    level(target, "target")
    whole(steps, "steps")
    # Above one half reliability rises with every pair of units; below, one unit is the best.
    odd = range(1, MOST_UNITS + 1 if p > 0.5 else 2, 2)
    place = bisect.bisect_left(odd, True, key=lambda n: majority(p, n, rho) ** steps >= target)
    return odd[place] if place < len(odd) else None


def vote_correlation(right: np.ndarray) -> float:
    """Return the mean correlation, over pairs of real units, of being right.

    `right`, of shape (units, problems), at least 2 of each, says whether each unit (a trained
    model, say) is right on each problem. NaN if a unit is always or never right.
    """
    right = np.asarray(right, float)
    if right.ndim != 2 or min(right.shape) < 2:
        raise ValueError(f"right must be (units, problems), 2 or more of each, not {right.shape}")
    with np.errstate(invalid="ignore"):  # 0 / 0
        return float(np.corrcoef(right)[np.triu_indices(len(right), 1)].mean())
