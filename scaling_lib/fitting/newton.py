"""Newton's method on a batch of small problems that share no unknown.

One call minimises S functions of p unknowns at once (starts of one fit, or bootstrap replicates):
p is at most a dozen, S up to thousands, and each step is a few numpy calls on the whole batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Minima(NamedTuple):
    """Where each row of the batch ended.

    `converged` is False where neither the predicted decrease fell below the tolerance nor the steps
    became too small to matter before the iterations ran out.
    """

    theta: np.ndarray  # (S, p)
    F: np.ndarray  # (S,)
    converged: np.ndarray  # (S,)
    iterations: int


def solve_positive(H, g):
    """Solve H x = g for every matrix of a batch by an L D L' factorisation.

    Parameters
    ----------
    H : ndarray, shape (S, p, p)
        Symmetric matrices.
    g : ndarray, shape (S, p)
        Right-hand sides.

    Returns
    -------
    x : ndarray, shape (S, p)
        Solutions; meaningless where `positive` is False.
    positive : ndarray of bool, shape (S,)
        Whether the matrix is positive definite in double precision.
    """
    S, p = g.shape
    if S <= 40:  # for few matrices LAPACK's loop is faster; it refuses all if one is indefinite
        try:
            np.linalg.cholesky(H)
            return np.linalg.solve(H, g[..., None])[..., 0], np.ones(S, bool)
        except np.linalg.LinAlgError:
            pass
    A = np.array(H.transpose(1, 2, 0), order="C")  # the batch last: every operation is contiguous
    b = np.array(g.T, order="C")
    floor = 1e-14 * np.abs(np.einsum("jjs->js", A))
    positive = np.isfinite(b).all(0) & np.isfinite(floor).all(0)
    A[:, :, ~positive] = 0.0
    for j in range(p):
        pivot = A[j, j]
        good = pivot > floor[j]
        positive &= good
        pivot[~good] = 1.0
        if j + 1 < p:
            factor = A[j + 1 :, j] / pivot
            A[j + 1 :, j + 1 :] -= factor[:, None] * A[j, j + 1 :]
            b[j + 1 :] -= factor * b[j]
    for j in range(p - 1, -1, -1):
        if j + 1 < p:
            b[j] -= np.einsum("ks,ks->s", A[j, j + 1 :], b[j + 1 :])
        b[j] /= A[j, j]
    return b.T, positive


@np.errstate(all="ignore")  # a step that overflows is refused
def newton(evaluate, theta, *, tolerance=1e-11, floor=0.0, iterations=200):
    """Minimise a batch of functions by exact Newton steps with Levenberg's damping.

    The stop is *relative*: a row is done when its predicted decrease g' H^-1 g is below
    ``tolerance * F``. An absolute tolerance would depend on whether F is a sum or a mean, and stops
    too early on a mean.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(theta, rows)`` returns F (k,), gradient (k, p) and Hessian (k, p, p) at the k
        parameter vectors `theta`, which belong to the rows `rows` of the batch.
    theta : ndarray, shape (S, p)
        Starts; not changed.
    tolerance : float
        Relative predicted decrease at which a row stops.
    floor : float or ndarray, shape (S,)
        Decrease that is below rounding: rows stop there too (data without noise have F = 0).
    iterations : int
        Upper limit of steps.

    Returns
    -------
    Minima
        End of each row.
    """
    theta = np.array(theta, float)
    S, p = theta.shape
    floor = np.broadcast_to(np.asarray(floor, float), (S,))
    F, g, H = evaluate(theta, np.arange(S))
    F = np.where(np.isfinite(F), F, np.inf)
    result, F_result = theta.copy(), F.copy()
    done = np.zeros(S, bool)
    rows = np.flatnonzero(np.isfinite(F))  # the active set: it shrinks as rows converge
    theta, F, g, H = theta[rows], F[rows], g[rows], H[rows]
    damping = np.zeros(len(rows))
    diagonal = np.arange(p)
    steps = 0
    while len(rows) and steps < iterations:
        steps += 1
        damped = H
        if damping.any():
            scale = np.abs(H[:, diagonal, diagonal])
            scale = np.maximum(scale, 1e-10 * scale.max(1, keepdims=True) + 1e-300)
            damped = H.copy()
            damped[:, diagonal, diagonal] += damping[:, None] * scale
        move, positive = solve_positive(damped, g)
        decrease = np.einsum("sp,sp->s", g, move)
        small = positive & (decrease <= np.maximum(tolerance * F, floor[rows]))
        # With heavy damping a small step proves nothing, unless even a tiny one gains nothing.
        stop = small & ((damping <= 1e-3) | (damping > 1e6))
        stop |= damping > 1e12
        if stop.any():
            # The last step is taken on trust, if it is short: evaluating it would cost as much as
            # any other. (Along a direction that the runs leave open it can be long, and is not.)
            ended = rows[stop]
            last = (small & (damping <= 1e-3) & (np.abs(move).max(1) < 1e-2))[stop]
            result[ended] = theta[stop] - np.where(last[:, None], move[stop], 0.0)
            F_result[ended] = F[stop] - np.where(last, 0.5 * decrease[stop], 0.0)
            done[ended] = True
            keep = ~stop
            rows, theta, F, g, H, damping, move, positive = (
                array[keep] for array in (rows, theta, F, g, H, damping, move, positive)
            )
        trial = theta - np.where(positive[:, None], move, 0.0)
        F_new, g_new, H_new = evaluate(trial, rows)
        better = positive & (F_new < F)
        if better.all():
            theta, F, g, H = trial, F_new, g_new, H_new
        else:
            theta[better], F[better] = trial[better], F_new[better]
            g[better], H[better] = g_new[better], H_new[better]
        damping = np.where(
            better,
            np.where(damping > 1e-6, damping * 0.1, 0.0),
            np.maximum(damping * 8.0, 1e-4),
        )
    result[rows], F_result[rows] = theta, F
    return Minima(result, F_result, done, steps)
