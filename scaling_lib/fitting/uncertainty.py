"""Uncertainty of a fit: bootstrap, profile intervals, covariance and likelihood of a Huber fit."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from scaling_lib.fitting.minima import SAME_PLACE
from scaling_lib.fitting.problem import (
    GONE,
    LOWER,
    MANY_RUNS,
    PRESENT,
    TOLERANCE_ROUGH,
    VANISHED,
    WARM_UP,
)
from scaling_lib.fitting.tangent import Tangent, inverse_hessian, spread
from scaling_lib.laws.terms import LARGE

BLOCK = 1024  # replicates in one batch, and for one thread
GRID_FOLLOWED = 8  # starts of the grid that each replicate follows where the constant is loose
SCORING_STEPS = 5  # on the tangent of the fit, before the first evaluation
POOL = 64  # replicates whose minima the others try
POOL_LOOSE = 512  # the same once more where the constant is loose: minima are many and far apart
LOOSE = 0.3  # standard error of its logarithm beyond which a constant is hardly determined
# The search for the end of a profile: distances are in coordinates where 1 is mostly a factor e.
# How far it looks: a factor of 10^11 beyond the level of the runs, where centred logarithms are
# zero; for a parameter that is no logarithm, many times its value.
FAR, FAR_PLAIN, FAR_TIMES = 25.0, 40.0, 10.0
FIRST_STEP = 1e-9, 0.5  # shortest (relative: beyond rounding) and longest; errors can be anything
MET = 1e-3  # of the root from 1, and so of the distance: the third digit of the width
BRACKETED = 1e-7  # relative width of a bracket that a jump of the profile leaves open
MARGIN = 0.05  # of a bracket that a secant step keeps from its ends, so that the bracket shrinks
GROWTH = 1.3, 2.5  # least and most of a step that has not met its end: Newton follows the valley
LOWEST_ROOT = 1.0 / GROWTH[1]  # a lower one asks for the most growth anyway, and may be zero
HIGHEST_ROOT = 1e3  # one that is infinite would keep the secant at the inner end
EXTENDED = 3.0  # most that the line to the last point of a profile is extended for the next start
STEPS = 40  # of each search at most
ROUNDS = 4  # in which searches go on from what others met
BEYOND = 1.01  # times the end of a profile: what was met farther out belongs into it
LONG = 2000  # steps for the few replicates that creep along a valley full of dents
LOWER_MET = 1.0 - 1e-6  # a relative fall of the objective that no printed digit shows
EXACT = 1e12  # times rounding: the objective of residuals that show in no digit of a file


def student(level, dof):
    """Return the two-sided quantile of Student's t."""
    from scipy.special import stdtrit  # imported when needed: SciPy doubles the start of a command

    return float(stdtrit(dof, 0.5 + level / 2.0))


def log_likelihood(F, n, delta, weights=1.0, penalty=1.0):
    """Return the log-likelihood of n residuals with Huber objective F, their scale fitted.

    The density is exp(-tau w rho(r)), normalised, with tau at its maximum: the one whose
    maximum-likelihood estimate is the Huber fit, normal within `delta` and exponential beyond. So
    AICc and BIC compare laws that were fitted to the same runs with the same delta, weights w and
    penalty of overestimates.

    >>> normal = -0.5 * 10 * (math.log(2 * math.pi * 0.04 / 10) + 1)
    >>> abs(log_likelihood(0.02, 10, math.inf) - normal) < 1e-9
    True
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import erf

    def half(tau):  # the integral of exp(-tau rho) on one side of zero
        width = np.sqrt(0.5 * math.pi / tau)
        if math.isfinite(delta):
            tail = np.exp(-0.5 * tau * delta**2) / (tau * delta)
            width = width * erf(delta * np.sqrt(tau / 2.0)) + tail
        return width

    def minus(log_tau):
        tau = math.exp(log_tau)
        each = tau * weights
        return tau * F + n * float(np.mean(np.log(half(each) + half(each * penalty))))

    middle = math.log(n / F)
    bounds, options = (middle - 12.0, middle + 12.0), {"xatol": 1e-8}
    return -float(minimize_scalar(minus, bounds=bounds, method="bounded", options=options).fun)


# Covariance -------------------------------------------------------------------------------------


def covariance(problem, theta, residuals, held=()):
    """Return the asymptotic covariance of the internal parameters and the inverse Hessian, (p, p).

    Those `held`, by their indices, do not vary: near a coefficient that is 0 the objective is no
    parabola in it, and where it could fall below 0 the others would seem to vary without end.

    The covariance is E[rho'^2] / E[rho'']^2 (J'J)^-1: that of least squares when delta is large. A
    pseudo-inverse is not used: a direction that the runs do not determine has an infinite variance.

    With weights it is H^-1 V H^-1, where V is the sum over runs of their squared gradients. With
    clusters it is that of a jackknife which leaves out one cluster after the other, each in one
    step of Newton's method: with few clusters the sum of squared gradients is far too small
    [@cameron2015practitioners].
    """
    n, p, weights, cluster = problem.n, problem.p, problem.weights, problem.cluster
    J = problem.f.jacobian(theta[None])[0]
    s, free = spread(problem, residuals), np.setdiff1d(np.arange(p), held)
    J[:, held] = 0.0

    def inverse_of(J):
        inverse = np.zeros((p, p))
        inverse[np.ix_(free, free)] = inverse_hessian(problem, J[:, free], s.bend)
        return inverse

    inverse = inverse_of(J)
    if weights is None and cluster is None:
        return s.pull / s.bend * inverse, inverse
    pull = problem.factors_of(residuals) * np.clip(residuals, -problem.delta, problem.delta)
    scores = pull[:, None] * J
    if cluster is None:
        return n / (n - p) * inverse @ (scores.T @ scores) @ inverse, inverse
    G = int(cluster.max()) + 1
    outside = [(cluster != g)[:, None] for g in range(G)]
    moves = np.array([inverse_of(J * rest) @ scores[~rest[:, 0]].sum(0) for rest in outside])
    return (G - 1) / G * moves.T @ moves, inverse


# Bootstrap --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bootstrap:
    """Refits to resampled runs."""

    theta: np.ndarray  # internal parameters of each refit, (replicates, p)
    values: np.ndarray  # the same in the law's units
    objectives: np.ndarray  # (replicates,)
    converged: np.ndarray  # whether Newton's method did
    seed: int  # of the draw

    @property
    def replicates(self):
        """Number of refits."""
        return len(self.objectives)


class _Pool(NamedTuple):
    """Minima that every replicate may try, and the Huber loss of every run at each of them."""

    theta: np.ndarray  # (k, p)
    losses: np.ndarray  # (k, n)


def resampling_weights(n, replicates, seed, cluster=None):
    """Return how often each run was drawn with replacement, (replicates, n), in blocks.

    Whole groups of runs are drawn where `cluster` (n,) numbers them.
    """
    if cluster is not None:
        blocks = resampling_weights(int(cluster.max()) + 1, replicates, seed)
        return [counts[:, cluster] for counts in blocks]
    draw = np.random.default_rng(seed).integers(n, size=(replicates, n), dtype=np.int32)
    blocks = []
    for first in range(0, replicates, BLOCK):
        rows = draw[first : first + BLOCK] + n * np.arange(min(BLOCK, replicates - first))[:, None]
        counts = np.bincount(rows.ravel(), minlength=rows.size)
        blocks.append(counts.reshape(rows.shape).astype(float))
    return blocks


def bootstrap(problem, theta, rivals, replicates, seed, threads=1):
    """Refit to resampled runs, or to resampled clusters of runs.

    Each replicate weighs the runs by how often a draw with replacement took them. All replicates
    of a block are minimized in one batch, in passes: from the minimum of the fit; from the minima
    of other replicates or `rivals` (k, p), the ends of other starts of the fit, where they are
    lower; for a law with a constant term, with that term taken out or put back; then to the end of
    what is unfinished. Where few runs leave the constant open, also from the best starting points
    of a search and from points along its valley, and all once more. The number of threads changes
    the time and nothing else.
    """
    weights = resampling_weights(problem.n, replicates, seed, problem.cluster)
    if problem.weights is not None:
        weights = [counts * problem.weights for counts in weights]
    tangent = Tangent(problem, theta, problem.absent_offset(theta))
    found = _each(partial(_from_the_fit, problem, tangent), threads, weights)
    valley, pools = np.empty((0, problem.p)), [POOL]
    loose = _is_loose(problem, tangent)
    if loose:
        _each(partial(_from_the_grid, problem), threads, weights, found)
    if loose or (problem.offset_index is not None and theta[problem.offset_index] < PRESENT):
        valley, pools = problem.along_offset(theta), [POOL, POOL_LOOSE]
    for pool in pools:
        others = _pool(problem, np.concatenate([found[0].theta[:pool], rivals[:POOL], valley]))
        _each(partial(_from_each_other, problem, others), threads, weights, found)
        if problem.offset_index is not None:
            way = valley if pool == POOL else valley[:0]  # what it does not lead to, in round two
            _each(partial(_with_and_without_offset, problem, way), threads, weights, found)
        _each(partial(_finish, problem), threads, weights, found)
    theta, F, converged = (
        np.concatenate(parts) for parts in zip(*(f[:3] for f in found), strict=True)
    )
    return Bootstrap(theta, problem.values(theta), F, converged, seed)


def _each(job, threads, *blocks):
    """Return the job's results for all blocks."""
    if threads == 1:
        return list(map(job, *blocks))
    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(job, *blocks))


def _from_the_fit(problem, tangent, weights):
    """Minimize the replicates of a block, from where the tangent at the fit leads."""
    start = tangent.minima(weights, SCORING_STEPS)
    if problem.absent_offset(tangent.theta):
        return _without_offset(problem, start, weights, 60)
    return problem.minimize(start, weights=weights, iterations=60)


def _without_offset(problem, start, weights, iterations):
    """Minimize with the constant term gone; its logarithm has no end that Newton could reach."""
    found = problem.without_offset().minimize(start[:, 1:], weights=weights, iterations=iterations)
    theta = np.insert(found.theta, 0, GONE, axis=1)
    return found._replace(theta=theta)


def _is_loose(problem, tangent):
    """Return whether few runs leave the constant term open, so that replicates end far apart."""
    index = problem.offset_index
    if index is None or problem.n >= MANY_RUNS:
        return False
    moves = tangent.influence[:, index]
    if problem.cluster is not None:
        moves = np.bincount(problem.cluster, moves)
    error = np.sqrt((moves**2).sum())
    return bool(tangent.theta[index] < PRESENT or error > LOOSE)


def _from_the_grid(problem, weights, found):
    """Let replicates try the best starting points of a search, as a search of their own would.

    First with a larger delta, which smooths the dents, by steps that need no curvature.
    """
    grid, delta = problem.starts(), WARM_UP * problem.delta
    with np.errstate(all="ignore"):
        height = weights @ np.nan_to_num(problem.losses(grid, delta), nan=np.inf).T
    for start in grid[np.argsort(height, axis=1)[:, :GRID_FOLLOWED].T]:
        rough = {"delta": np.full((len(start), 1), delta), "exact": False, "iterations": 20}
        near = problem.minimize(start, weights=weights, tolerance=TOLERANCE_ROUGH, **rough)
        tried = problem.minimize(near.theta, weights=weights, iterations=60)
        _keep(found, np.arange(len(start)), tried, tried.F < found.F * LOWER)


def _pool(problem, theta):
    losses = problem.losses(theta)
    known = np.isfinite(losses).all(1)
    return _Pool(theta[known], losses[known])


def _from_each_other(problem, pool, weights, found):
    """Let replicates try the lowest other minimum of the pool; then finish what is unfinished."""
    # With many runs only a lower start is worth following; with few, minima are many and close, so
    # that higher starts, up to three times, are followed too, and what they find once more.
    rounds, reach = (1, 1.0) if problem.n >= MANY_RUNS else (2, 3.0)
    for _ in range(rounds):
        offered = weights @ pool.losses.T
        if reach > 1.0:  # not its own minimum again
            distance = np.abs(pool.theta - found.theta[:, None]).max(-1)
            offered[distance < SAME_PLACE] = np.inf
        rows = np.flatnonzero(offered.min(1) < found.F * reach * LOWER)
        start = pool.theta[offered.argmin(1)[rows]]
        tried = problem.minimize(start, weights=weights[rows], iterations=60)
        _keep(found, rows, tried, tried.F < found.F[rows])


def _in_the_valley(problem, valley, weights):
    """Return the lowest point of each replicate among those with the constant term held.

    One scoring step from each of the points of the fit, `valley` (k, p). A step along the valley
    itself would be short: it bends, and is nearly level.
    """
    best, lowest = np.empty((len(weights), problem.p)), np.full(len(weights), np.inf)
    evaluate, rows = problem.evaluator(weights), np.arange(len(weights))
    for point in valley:
        start = point + weights @ Tangent(problem, point, [problem.offset_index]).influence
        F = evaluate(start, rows)[0]
        lower = F < lowest
        best[lower], lowest[lower] = start[lower], F[lower]
    return best


def _with_and_without_offset(problem, valley, weights, found):
    """Take the constant term out or put it back, and keep what ends lower.

    No step leads from a present term to a vanished one, or back: its logarithm has no end, and its
    gradient vanishes with it. With many runs the derivative by the term itself says where it is to
    come back. With few, a term may come or go across a dent, so that all replicates try both; and
    one change can make another worthwhile, so there are two rounds.
    """
    few = problem.n < MANY_RUNS
    for _ in range(2 if few else 1):
        level = found.theta[:, problem.offset_index]
        rows = np.flatnonzero((level > GONE) if few else (level > GONE) & (level < VANISHED))
        tried = _without_offset(problem, found.theta[rows], weights[rows], 200)
        _keep(found, rows, tried, tried.F <= found.F[rows] / LOWER)

        rows = np.flatnonzero(found.theta[:, problem.offset_index] <= GONE)
        if not few:
            rows = rows[problem.offset_pull(found.theta[rows], weights[rows]) < 0]
        if not rows.size:
            break
        start = found.theta[rows]
        start[:, problem.offset_index] = PRESENT
        if not few and len(valley):
            start = _in_the_valley(problem, valley, weights[rows])
        tried = problem.minimize(start, weights=weights[rows])
        _keep(found, rows, tried, tried.F < found.F[rows] * LOWER)


def _finish(problem, weights, found):
    """Follow what is unfinished to its end, or to where steps no longer lower it."""
    for _ in range(3):
        rows = np.flatnonzero(~found.converged)
        more = problem.minimize(found.theta[rows], weights=weights[rows], iterations=LONG)
        settled = more.F >= found.F[rows] * LOWER_MET
        more = more._replace(converged=more.converged | settled)
        _keep(found, rows, more, np.ones(len(rows), bool))


def _keep(found, rows, tried, chosen):
    """Write the `chosen` results of `tried`, which belong to `rows`, into `found`."""
    rows = rows[chosen]
    found.theta[rows], found.F[rows] = tried.theta[chosen], tried.F[chosen]
    found.converged[rows] = tried.converged[chosen]


# Profile ----------------------------------------------------------------------------------------


class Profile(NamedTuple):
    """Ends of the profile intervals in natural coordinates, (p, 2), infinite where unbounded.

    `points` (p, 2, p) are the internal parameters there. `lower_met` says whether a lower objective
    than that of the fit was met on the way: then the search had missed the global minimum.
    """

    ends: np.ndarray
    points: np.ndarray
    lower_met: bool


def profile(problem, theta, F, kappa, level, standard_errors):
    """Return the `Profile` of all natural coordinates.

    For each parameter and side, the value at which the objective, minimized over the others, has
    risen to a deviance 2 kappa (F(t) - F) of the squared quantile. Where it never rises that far
    the interval is unbounded. All 2 p searches go on side by side, beginning at the standard errors
    of the coordinates (p,), by the secant rule on root = sqrt(deviance) / quantile, which is nearly
    linear in the distance from the minimum `theta`, `F`. `kappa` (p,) is the ratio of the inverse
    Hessian to the variance of each.
    """
    p = problem.p
    if F <= problem.rounding:  # no residuals, no width
        eta = problem.eta(theta[None]).T
        return Profile(np.repeat(eta, 2, axis=1), np.tile(theta, (p, 2, 1)), False)
    quantile = student(level, problem.dof)
    which, side = np.repeat(np.arange(p), 2), np.tile([-1.0, 1.0], p)
    centre = problem.eta(theta[None])[0][which]
    bounded = np.array([parameter.bounded for parameter in problem.parameters])[which]
    remote = np.abs(theta[problem.index])[which]
    reach = np.where(bounded, FAR + remote, FAR_PLAIN + FAR_TIMES * np.abs(centre))
    # A coefficient moves with the exponent that it is tied to by the mean of its column.
    others = np.abs(problem.factors) * (np.arange(p) != problem.index[:, None])
    reach += (others @ (FAR_PLAIN + FAR_TIMES * np.abs(theta)))[which]
    # Where a fit ran off, a search must not take the end of the numbers for that of the interval.
    to_overflow = np.maximum(LARGE - side * centre, 1.0)
    reach = np.where(bounded, np.minimum(reach, to_overflow), reach)
    shortest, longest = FIRST_STEP[0] * (1.0 + np.abs(centre)), FIRST_STEP[1]
    step = np.clip(quantile * standard_errors[which], shortest, longest)
    inner, outer = np.zeros(2 * p), np.full(2 * p, np.inf)  # distances with root below / above 1
    root_inner, root_outer = np.zeros(2 * p), np.full(2 * p, np.inf)
    nearest = np.tile(theta, (2 * p, 1))  # the last point met at `inner`
    ends, lowest, absent = np.full(2 * p, np.nan), F, problem.absent(theta)
    active = np.arange(2 * p)
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            t = centre[active] + side[active] * step[active]
            # Start on the straight line through the minimum and the last point of this profile.
            factor = step[active] / np.where(inner[active] > 0, inner[active], np.inf)
            start = theta + (nearest[active] - theta) * np.minimum(factor, EXTENDED)[:, None]
            start[:, absent] = nearest[active][
                :, absent
            ]  # no line leads from or to a logarithm of 0
            found, F_t = problem.minimize_held(which[active], t, start)
            lowest = np.nanmin([lowest, *F_t])
            root = np.sqrt(np.maximum(2.0 * kappa[which[active]] * (F_t - F), 0.0) / quantile**2)
            root = np.where(np.isfinite(root), root, np.inf)
            below = root < 1.0
            rows = active[below]
            inner[rows], root_inner[rows], nearest[rows] = step[rows], root[below], found[below]
            rows = active[~below]
            outer[rows], root_outer[rows] = step[rows], root[~below]
            close = np.abs(root - 1.0) < MET
            close |= outer[active] - inner[active] < BRACKETED * outer[active]
            ends[active[close]] = t[close]
            unbounded = ~close & (step[active] >= reach[active]) & below
            ends[active[unbounded]] = side[active[unbounded]] * np.inf
            active = active[~(close | unbounded)]
            if not active.size:
                break
            bracketed = np.isfinite(outer[active])
            a, b = inner[active], np.where(bracketed, outer[active], 0.0)
            ra, rb = root_inner[active], np.minimum(root_outer[active], HIGHEST_ROOT)
            with np.errstate(all="ignore"):
                secant = a + (b - a) * (1.0 - ra) / (rb - ra)
                grown = a / np.maximum(ra, LOWEST_ROOT)
            secant = np.clip(secant, a + MARGIN * (b - a), b - MARGIN * (b - a))
            grown = np.clip(grown, GROWTH[0] * a, GROWTH[1] * a)
            step[active] = np.where(bracketed, secant, np.minimum(grown, reach[active]))
        # What one search met inside the level belongs into the intervals of all other parameters.
        # Where a search ended short of it, in another valley, it goes on from there.
        met = side * (problem.eta(nearest)[:, which] - centre)
        met[~np.isfinite(met)] = -np.inf
        farthest = met.argmax(0)
        reached = np.fmax(side * (ends - centre), inner)  # a search may have no end yet
        active = np.flatnonzero(met.max(0) > BEYOND * reached)
        if not active.size:
            break
        seeds = farthest[active]
        inner[active], root_inner[active] = met[seeds, active], root_inner[seeds]
        nearest[active] = nearest[seeds]
        outer[active], root_outer[active], ends[active] = np.inf, np.inf, np.nan
        grown = GROWTH[0] * inner[active]
        step[active] = np.minimum(grown, reach[active])
    ends = np.where(np.isnan(ends), centre + side * step, ends)
    lower_met = F > EXACT * problem.rounding and lowest < F * LOWER_MET - problem.rounding
    return Profile(ends.reshape(p, 2), nearest.reshape(p, 2, p), bool(lower_met))
