"""Uncertainty of a fit: bootstrap, profile intervals, and the covariance of a Huber estimate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from scaling_lib.fitting.newton import newton

POOL = 64  # replicates whose minima the others try
BLOCK = 1024  # replicates in one batch, and for one thread
# A constant term, in logarithms of the level of the runs: as good as zero, and well away from it.
VANISHED, PRESENT = -5.0, -3.0
REVIVALS = 2  # with few runs, one change of the constant term can make another worthwhile


def student(level, dof):
    """Two-sided quantile of Student's t, by the Cornish-Fisher series (within 1 % for dof >= 3)."""
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    return z * (
        1.0
        + (z**2 + 1.0) / (4.0 * dof)
        + (5.0 * z**4 + 16.0 * z**2 + 3.0) / (96.0 * dof**2)
        + (3.0 * z**6 + 19.0 * z**4 + 17.0 * z**2 - 15.0) / (384.0 * dof**3)
    )


@dataclass(frozen=True)
class Spread:
    """How the residuals of a Huber fit spread.

    Attributes
    ----------
    bend : float
        Mean of rho'' (the share of residuals within delta), smoothed over a window, because with a
        small delta only a few residuals lie within it.
    pull : float
        Mean of rho'^2, corrected for the fitted parameters.
    """

    bend: float
    pull: float

    @property
    def kappa(self):
        """Factor that turns twice a rise of the objective into a chi-squared deviance."""
        return self.bend / self.pull if self.pull > 0 else np.inf


def spread(problem, residuals):
    """Return the `Spread` of the residuals of a fit."""
    n, p, delta = problem.n, problem.p, problem.delta
    correction = n / (n - p)
    size = np.sort(np.abs(residuals))
    pull = correction * np.mean(np.minimum(size, delta) ** 2)
    # A Huber fit with a small delta goes through about p runs; they say nothing about the density.
    free = size[min(p, n - 2) :] if delta < size[-1] else size
    scale = 1.4826 * np.median(free)
    window = max(delta, 1.06 * scale * n**-0.2)
    if not window < np.inf or window <= delta:
        return Spread(float(np.mean(size <= delta)), float(pull))
    inside = np.mean(free <= window)
    return Spread(float(max(inside, 1.0 / n) * delta / window), float(pull))


def covariance(problem, theta, residuals):
    """Return the asymptotic covariance (p, p) of the internal parameters of a Huber estimate.

    E[rho'^2] / E[rho'']^2 (J'J)^-1: that of least squares when delta is large. A pseudo-inverse is
    not used: a direction that the runs do not determine has an infinite variance.
    """
    J = problem.f.jacobian(theta[None])[0]
    s = spread(problem, residuals)
    return s.pull / s.bend**2 * _invert(J.T @ J)


def _invert(information):
    """Invert an information matrix; directions that the runs leave open get a huge variance."""
    scale = np.maximum(np.sqrt(np.diag(information)), 1e-100)  # its square must not vanish
    values, vectors = np.linalg.eigh(information / (scale[:, None] * scale))
    inverse = (vectors / np.maximum(values, 1e-15)) @ vectors.T
    return inverse / (scale[:, None] * scale)


def bootstrap(problem, theta, rivals, replicates, seed, threads=1):
    """Refit to resampled runs.

    Each replicate weighs the runs by how often a draw with replacement took them. All replicates
    of a block are minimised in one batch, from the minimum of the fit.

    Parameters
    ----------
    problem : Problem
        The fitted problem.
    theta : ndarray, shape (p,)
        Its minimum, where every replicate starts.
    rivals : ndarray, shape (k, p)
        Ends of other starts of the fit, which resampling could make the lowest.
    replicates, seed, threads : int
        Number of replicates; seed of the draw; threads, which change the time and nothing else.

    Returns
    -------
    draws : ndarray, shape (replicates, p)
        Internal parameters of each replicate.
    F : ndarray, shape (replicates,)
        Objectives.
    converged : ndarray of bool, shape (replicates,)
        Whether Newton's method converged.
    """
    n = problem.n
    draw = np.random.default_rng(seed).integers(n, size=(replicates, n), dtype=np.int32)
    blocks = [slice(first, first + BLOCK) for first in range(0, replicates, BLOCK)]

    residuals = problem.f.value(theta[None])[0] - problem.y
    J = problem.f.jacobian(theta[None])[0]
    pull = np.clip(residuals, -problem.delta, problem.delta)
    information = _invert(J.T @ J)
    influence = pull[:, None] * (J @ information) / spread(problem, residuals).bend
    if problem.constant is not None and theta[problem.constant] < VANISHED:
        influence[:, problem.constant] = 0.0  # the runs say nothing about where it goes

    def follow(block):
        rows = draw[block] + n * np.arange(len(draw[block]))[:, None]
        weights = np.bincount(rows.ravel(), minlength=rows.size).reshape(rows.shape).astype(float)
        # One scoring step from the common minimum: all replicates share its residuals.
        start = theta - weights @ influence
        return weights, problem.minimise(start, weights=weights, iterations=60)

    def exchange(job):
        """Try the minima of other replicates: a lower start leads lower still."""
        weights, found = job
        theta, F, converged = found[:3]
        for _ in range(rounds):
            offered = weights @ pool_losses.T
            if visit > 1.0:  # not its own minimum again
                offered[np.abs(pool - theta[:, None]).max(-1) < 1e-4] = np.inf
            choice = offered.argmin(1)
            rows = np.flatnonzero(offered.min(1) < F * visit * (1.0 - 1e-9))
            tried = problem.minimise(pool[choice[rows]], weights=weights[rows], iterations=60)
            lower = tried.F < F[rows]
            rows = rows[lower]
            theta[rows], F[rows] = tried.theta[lower], tried.F[lower]
            converged[rows] = tried.converged[lower]
        rows = np.flatnonzero(~converged)
        more = problem.minimise(theta[rows], weights=weights[rows])
        theta[rows], F[rows], converged[rows] = more[:3]
        if problem.constant is not None:
            for _ in range(REVIVALS if n < 80 else 1):
                revive(weights, theta, F, converged)
        return theta, F, converged

    def revive(weights, theta, F, converged):
        """Move the constant term between vanished and present, and keep what ends lower.

        Where the term has vanished so has its gradient: no step leads back. With few runs the
        opposite happens too, a replicate stays in a dent that a vanished term would leave.
        """
        level = theta[:, problem.constant]
        gone = level < VANISHED
        rows = np.flatnonzero(gone | (n < 80))
        start = theta[rows]
        start[:, problem.constant] = np.where(gone[rows], PRESENT, 6.0 * VANISHED)
        tried = problem.minimise(start, weights=weights[rows])
        lower = tried.F < F[rows] * (1.0 - 1e-9)
        rows = rows[lower]
        theta[rows], F[rows] = tried.theta[lower], tried.F[lower]
        converged[rows] = tried.converged[lower]

    def run(job, arguments):
        if threads == 1:
            return [job(argument) for argument in arguments]
        with ThreadPoolExecutor(threads) as executor:
            return list(executor.map(job, arguments))

    first = run(follow, blocks)
    # With many runs only a lower start is worth following; with few, minima are many and close.
    visit, rounds = (1.0, 1) if n >= 80 else (3.0, 2)
    pool = np.concatenate([first[0][1].theta[:POOL], rivals[:POOL]])
    with np.errstate(all="ignore"):
        pool_losses = problem.f.losses(pool, problem.y, problem.delta)
    pool, pool_losses = (part[np.isfinite(pool_losses).all(1)] for part in (pool, pool_losses))
    found = run(exchange, first)
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def profile(problem, theta, F, kappa, level, standard_errors):
    """Return profile intervals of all natural coordinates.

    For each parameter and side, the value at which the objective, minimised over the others, has
    risen to a deviance 2 kappa (F(t) - F) of the squared quantile. Where it never rises that far
    the interval is unbounded and its end infinite.

    Parameters
    ----------
    problem : Problem
        The fitted problem.
    theta, F : ndarray, shape (p,), and float
        Its minimum.
    kappa : float
        See `Spread.kappa`.
    level : float
        Confidence level.
    standard_errors : ndarray, shape (p,)
        Of the natural coordinates: where the search begins.

    Returns
    -------
    bounds : ndarray, shape (p, 2)
        Ends in natural coordinates, infinite where unbounded.
    lowest : ndarray, shape (p,)
        Internal parameters of the lowest point met, which is `theta` unless the search for the
        global minimum had missed it.
    """
    p = problem.p
    quantile = student(level, problem.n - p)
    target = quantile**2
    which, side = np.repeat(np.arange(p), 2), np.tile([-1.0, 1.0], p)
    centre = problem.eta(theta[None])[0][which]
    positive = np.array([parameter.positive for parameter in problem.law.parameters])[which]
    # How far to look: a factor of 10^11 beyond the level of the runs, where centred logs are zero.
    remote = np.abs(theta[problem.own])[which]
    reach = np.where(positive, 25.0 + remote, 40.0 + 10.0 * np.abs(centre))
    step = np.clip(quantile * standard_errors[which], 1e-9 * (1.0 + np.abs(centre)), 0.5)
    inner, outer = np.zeros(2 * p), np.full(2 * p, np.inf)  # distances with root below / above 1
    root_inner, root_outer = np.zeros(2 * p), np.full(2 * p, np.inf)
    at, end = np.tile(theta, (2 * p, 1)), np.full(2 * p, np.nan)
    distance_at = np.zeros(2 * p)
    lowest, F_lowest = theta, F
    active = np.arange(2 * p)
    for _ in range(40):
        t = centre[active] + side[active] * step[active]
        # Start on the straight line through the minimum and the last point of this profile.
        factor = step[active] / np.where(distance_at[active] > 0, distance_at[active], np.inf)
        start = theta + (at[active] - theta) * np.minimum(factor, 3.0)[:, None]
        found, F_t = _constrained(problem, which[active], t, start)
        deviance = np.maximum(2.0 * kappa * (F_t - F), 0.0)
        root = np.sqrt(deviance / target)
        if np.nanmin(F_t) < F_lowest * (1.0 - 1e-6) - problem.rounding:
            lowest, F_lowest = found[np.nanargmin(F_t)], np.nanmin(F_t)
        root = np.where(np.isfinite(root), root, np.inf)
        below = root < 1.0
        at[active[below]], distance_at[active[below]] = found[below], step[active[below]]
        rows = active[below]
        inner[rows], root_inner[rows] = step[rows], root[below]
        rows = active[~below]
        outer[rows], root_outer[rows] = step[rows], root[~below]
        close = (np.abs(root - 1.0) < 1e-3) | (outer[active] - inner[active] < 1e-7 * outer[active])
        end[active[close]] = t[close]
        open_end = ~close & (step[active] >= reach[active]) & below
        end[active[open_end]] = side[active[open_end]] * np.inf
        active = active[~(close | open_end)]
        if not active.size:
            break
        bracketed = np.isfinite(outer[active])
        a, b = inner[active], np.where(bracketed, outer[active], 0.0)
        ra, rb = root_inner[active], np.minimum(root_outer[active], 1e3)
        with np.errstate(all="ignore"):
            secant = a + (b - a) * (1.0 - ra) / (rb - ra)
            grown = a / np.maximum(ra, 0.4)
        secant = np.clip(secant, a + 0.05 * (b - a), b - 0.05 * (b - a))
        grown = np.clip(grown, 1.3 * a, 2.5 * a)
        step[active] = np.where(bracketed, secant, np.minimum(grown, reach[active]))
    left = np.isnan(end)
    end[left] = (centre + side * step)[left]
    return end.reshape(p, 2), lowest


def _constrained(problem, which, t, start):
    """Minimise with natural coordinate `which` held at `t`, row by row; return theta and F."""
    p, S = problem.p, len(t)
    base, basis = np.zeros((S, p)), np.zeros((S, p, p - 1))
    own = problem.own[which]
    free = np.array([[i for i in range(p) if i != o] for o in own])
    rows = np.arange(S)[:, None]
    for row, (j, value) in enumerate(zip(which, t, strict=True)):
        c, d = problem.constraint(int(j), value)
        base[row, own[row]] = d[0]
        basis[row, own[row]] = -c[0, free[row]]
    basis[rows, free, np.arange(p - 1)] = 1.0

    if p == 1:
        return base, problem.f.objective(base, problem.y, problem.delta)[0]

    def evaluate(phi, active, delta=problem.delta, exact=True):
        M = basis[active % S]
        theta = base[active % S] + (M @ phi[..., None])[..., 0]
        F, g, H = problem.f.objective(theta, problem.y, delta, exact=exact)
        return F, (g[:, None, :] @ M)[:, 0], M.transpose(0, 2, 1) @ H @ M

    def rough(phi, active):
        return evaluate(phi, active, 20.0 * problem.delta, exact=False)

    # Both from the start as it is, and from one brought back into the valley: with a small delta
    # the valley's walls have many kinks at which Newton's method may stay.
    start = start[rows, free]
    near = newton(rough, start, tolerance=1e-3, iterations=20).theta
    found = newton(
        evaluate,
        np.concatenate([start, near]),
        floor=problem.rounding,
        tolerance=1e-8,
        iterations=60,
    )
    best = np.where(found.F[:S] <= found.F[S:], 0, S) + np.arange(S)
    return base + (basis @ found.theta[best][..., None])[..., 0], found.F[best]
